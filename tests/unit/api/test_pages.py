"""Pages of lists: written so that no turn of a thread lasts for long."""

import json
import threading
import time

import pytest
from starlette.responses import JSONResponse

from dreamreel.api.http.pages import PageResponse
from dreamreel.api.wire import page

RESULTS = [{"id": "a", "input": {"prompt": "käse \u2028 \U0001f600"}, "output": None}, {}, {"results": [1, 2.5]}]


@pytest.mark.parametrize("results", [[], RESULTS[:1], RESULTS])
@pytest.mark.parametrize("older", [None, "b"])
def test_a_page_is_what_the_framework_would_have_written(results, older):
    content = page(results, older, None, "http://127.0.0.1/{}".format)
    answer = PageResponse(content)
    assert answer.body == JSONResponse(content).body
    assert json.loads(answer.body) == content
    assert answer.headers["content-length"] == str(len(answer.body))


def test_other_threads_run_while_a_long_page_is_written(monkeypatch):
    turns, over = [], threading.Event()

    def look():
        while not over.is_set():
            time.sleep(0)
            turns.append(None)

    written = []
    render = JSONResponse.render
    monkeypatch.setattr(JSONResponse, "render", lambda self, each: written.append(len(turns)) or render(self, each))
    other = threading.Thread(target=look)
    other.start()
    PageResponse(page([{"text": "x" * 200_000}] * 200, None, None, str))
    over.set()
    other.join()
    assert len(set(written)) > 10
