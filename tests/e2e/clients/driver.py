"""Runs the checks of a script, one for each line on stdin, in the environment of one client library.

A line is JSON: the check's name and the facts it may need. The answer is a line of JSON: null, or what went wrong.
"""

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any


def drive(checks: Mapping[str, Any]) -> None:
    """checks: a script's globals; its public functions that take facts are the checks."""
    for line in sys.stdin:
        call = json.loads(line)
        check: Callable[[dict[str, Any]], None] = checks[call["check"]]
        try:
            check(call["facts"])
            answer = None
        except Exception:  # noqa: BLE001 - whatever it was, the test says it
            answer = traceback.format_exc()
        print(json.dumps(answer), flush=True)
