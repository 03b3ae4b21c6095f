"""What a person does at the studio, in words that tests can use."""

import re
from collections.abc import Callable
from typing import Any

from tests.e2e.server import wait_for

# 422 is an answer that the page asks for while a text is typed.
_EXPECTED = re.compile(r"status of (422|401)|ERR_ABORTED")


def module(name: str) -> str:
    """JavaScript for one of the page's own modules, under the revision that the page has: a promise."""
    return f'import(new URL("{name}", document.querySelector("script[type=module]").src))'


class Desk:
    """One page. errors: what its console complained of. strangers: requests to anybody but the server."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        self.strangers: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)
        page.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and not _EXPECTED.search(message.text):
            self.errors.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.strangers.append(request.url)

    def open(self, path: str = "/") -> "Desk":
        self.page.goto(self.url + path)
        if path == "/":
            self.page.wait_for_selector(".run:not(:disabled)")
        return self

    def text(self, name: str) -> Any:
        """A schedule's or the prompts' field."""
        return self.page.get_by_label(f"{name}, as text")

    def key(self, name: str, frame: int) -> Any:
        """A keyframe on a curve."""
        return self.page.get_by_role("button", name=re.compile(f"^{name} keyframe at frame {frame}:"))

    def drag(self, element: Any, dx: float, dy: float = 0) -> None:
        """Takes an element at its middle and lets go of it so many pixels further."""
        box = element.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + dx, y + dy, steps=4)
        self.page.mouse.up()

    def drag_by_touch(self, element: Any, dx: float, dy: float = 0) -> None:
        """The same with a finger; the browser may take it for scrolling."""
        box = element.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        touch = self.page.context.new_cdp_session(self.page)

        def put(kind: str, *points: dict[str, float]) -> None:
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

        put("touchStart", {"x": x, "y": y})
        for part in (0.25, 0.5, 0.75, 1):
            put("touchMove", {"x": x + part * dx, "y": y + part * dy})
        put("touchEnd")
        touch.detach()

    def settled(self) -> None:
        """Waits until the server has read what is in the fields."""
        self.page.wait_for_selector(".timeline[aria-busy=false]")
        self.page.wait_for_selector(".run:not(:disabled)")

    def picture(self) -> str:
        """The preview's pixels."""
        return self.page.evaluate("document.getElementById('preview').toDataURL()")

    def wait_for_new_picture(self, before: str) -> None:
        script = "before => document.getElementById('preview').toDataURL() !== before"
        self.page.wait_for_function(script, arg=before)

    def run(self) -> str:
        """Presses Run; returns the id of the prediction that opens."""
        before = self.page.url
        self.page.get_by_role("button", name="Run", exact=True).click()
        self.page.wait_for_function("before => location.href !== before", arg=before)
        return self.page.url.rsplit("/", 1)[1]

    def film_tab(self) -> None:
        """Shows what there is to know of the film that is open."""
        self.page.get_by_role("tab", name="Film").click()

    def shown(self) -> int:
        """The frame at the playhead of the stage, counted from 0."""
        return int(self.page.locator(".transport .clock b").inner_text())

    def sample_frames(self) -> None:
        """From now on the page notes each frame that is shown, for `sampled`."""
        script = f"""async () => {{
            const [{{ frame }}, {{ effect }}] = await Promise.all([{module("state.js")}, {module("html.js")}])
            window.sampled = []
            effect(() => window.sampled.push(frame.value))
        }}"""
        self.page.evaluate(script)

    def sampled(self) -> list[int]:
        """The frames at the playhead since sample_frames, in order."""
        return self.page.evaluate("window.sampled")

    def hold(self, pattern: str, act: Callable[[], None]) -> Any:
        """The request that act() makes to an address of that pattern, which now waits for the test to answer it."""
        held: list[Any] = []
        self.page.route(pattern, lambda route: held.append(route))
        act()
        # Asking the page lets playwright hand the request over.
        wait_for(lambda: self.page.evaluate("true") and held, pattern)
        return held[0]

    def wait_for_frames(self, count: int) -> None:
        script = "count => Number(document.querySelector('.situation')?.dataset.done ?? 0) >= count"
        self.page.wait_for_function(script, arg=count)

    def wait_for_status(self, status: str) -> None:
        """status: a word of the API."""
        self.page.wait_for_selector(f".situation[data-status={status}]", state="attached")

    def ids(self) -> list[str]:
        """The predictions in the library, newest first."""
        return self.page.eval_on_selector_all(".card", "cards => cards.map(card => card.dataset.id)")
