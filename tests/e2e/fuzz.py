"""Requests by the thousand, made from OpenAPI documents by schemathesis: `./run fuzz [--examples 100]`.

Ours is held to everything that it says. The original's is held to it in two forms: as it was published (its answers
are typed so loosely that only server errors and statuses mean something), and with the answers that are really sent.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.server import Server, serving

DATA = Path(__file__).parents[1] / "data"
UNLIMITED = ("--requests-per-minute", "0", "--creates-per-minute", "0", "--max-unfinished", "0", "--require-auth")
SOUND = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
SOUND += "response_schema_conformance,unsupported_method,allow_header_conformance,negative_data_rejection,"
SOUND += "missing_required_header,ignored_auth"
LIMIT_S = 3000


@dataclass(frozen=True)
class Result:
    """What a run found. statuses: how often each was answered. report: schemathesis' own, for people."""

    passed: bool
    statuses: Counter[int]
    report: str

    @property
    def cases(self) -> int:
        """How many requests were made."""
        return sum(self.statuses.values())


@contextmanager
def victim(folder: Path) -> Iterator[Server]:
    """A server that asks for a token and draws nothing, so that what is queued costs no time."""
    command = [sys.executable, "-m", "dreamreel", "token", "create", "--name", "fuzz", "--data", str(folder)]
    token = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    with serving(folder, *UNLIMITED, "--executor", "none", token=token) as server:
        yield server


# A worker that is stopped makes the server say that none is ready; OpenAPI 3.1 cannot describe the method QUERY.
CONFIG = """
[[operations]]
include-path = "/health/ready"
enabled = false

[[operations]]
include-path = "/models"
enabled = false
"""


def fuzz(
    server: Server,
    document: dict[str, Any],
    checks: str,
    examples: int,
    phases: str,
    known: Mapping[str, str] | None = None,
) -> Result:
    """Makes requests from a document and judges the answers. known: parameters to fill in with what exists."""
    with tempfile.TemporaryDirectory() as folder:
        described, har = Path(folder) / "document.json", Path(folder) / "all.har"
        described.write_text(json.dumps(document), "utf-8")
        config = CONFIG if "/models" in document["paths"] else ""
        given = "".join(f'"{name}" = "{value}"\n' for name, value in (known or {}).items())
        (Path(folder) / "schemathesis.toml").write_text(f"[parameters]\n{given}{config}", "utf-8")
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(described), "--url", server.url, "--no-color"]
        command += ["--header", f"Authorization: Bearer {server.token}", "--checks", checks, "--phases", phases]
        command += ["--max-examples", str(examples), "--continue-on-failure", "--report-har-path", str(har)]
        command += ["--generation-database", "none", "--suppress-health-check", "all"]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S)
        # Not parsed: some requests are so odd that the report of them is no JSON.
        text = har.read_text("utf-8", "replace") if har.exists() else ""
    statuses = Counter(int(status) for status in re.findall(r'"status": ?(\d{3})\b', text))
    return Result(ran.returncode == 0, statuses, ran.stdout + ran.stderr)


def ours(server: Server) -> dict[str, Any]:
    """Our document, which says of `seed` what the original's said; that null means none is a kindness beyond it."""
    document = server.http.get("/openapi.json").json()
    for operation in (each for path in document["paths"].values() for each in path.values()):
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        if seed := schema.get("properties", {}).get("input", {}).get("properties", {}).get("seed"):
            seed["type"] = ["integer", "null"]
    return document


def existing(server: Server) -> dict[str, str]:
    """Parameters of a prediction that has ended, of its files and its model."""
    prediction = server.cancel(server.create()["id"])
    owner, name = prediction["model"].split("/")
    *_, until, tag, _ = prediction["urls"]["video"].split("/")
    return {
        "path.prediction_id": prediction["id"],
        "path.model_owner": owner,
        "path.model_name": name,
        "path.version_id": prediction["version"],
        "path.until": until,
        "path.tag": tag,
        "path.token": prediction["urls"]["stream"].rsplit("/", 1)[1],
    }


def original(name: str) -> dict[str, Any]:
    """The original's document, as seed_openapi.json or seed_openapi_served.json."""
    return json.loads((DATA / name).read_text("utf-8"))


def fuzz_all(server: Server, examples: int, phases: str) -> Iterator[tuple[str, Result]]:
    """All documents, one after another, each as it is done."""
    ours_again = ours(server)
    yield (
        "the original's with real answers",
        fuzz(server, original("seed_openapi_served.json"), SOUND, examples, phases),
    )
    yield "the original's", fuzz(server, original("seed_openapi.json"), "not_a_server_error", examples, phases)
    yield "ours", fuzz(server, ours_again, SOUND, examples, phases)
    yield "ours, of what exists", fuzz(server, ours_again, SOUND, examples, phases, existing(server))


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run fuzz", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--examples", type=int, default=100, help="requests for each operation, beside the systematic ones"
    )
    options = parser.parse_args()
    passed = True
    with tempfile.TemporaryDirectory() as folder, victim(Path(folder) / "data") as server:
        for name, result in fuzz_all(server, options.examples, "examples,coverage,fuzzing"):
            passed = passed and result.passed
            print("" if result.passed else result.report)
            print(f"{name}: {result.cases} requests, {dict(sorted(result.statuses.items()))}", flush=True)
    sys.exit(not passed)


if __name__ == "__main__":
    main()
