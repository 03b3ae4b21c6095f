"""Answers that hold many documents."""

from typing import Any

from starlette.responses import JSONResponse


class PageResponse(JSONResponse):
    """A page of a list: results, and what else it says before them.

    json.dumps lets no other thread run until it is done: 30 ms for a page of 2 MB, and a client who asks for something
    small waits for several such turns. So results are written one by one.
    """

    def render(self, content: dict[str, Any]) -> bytes:
        """The bytes that JSONResponse makes of it, if results come last."""
        before = super().render({name: value for name, value in content.items() if name != "results"})
        results = b",".join([super(PageResponse, self).render(each) for each in content["results"]])
        return before[:-1] + b',"results":[' + results + b"]}"
