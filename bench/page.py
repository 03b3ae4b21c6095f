"""What the studio costs a browser: `./run bench page`. Needs Chromium.

Tells the share of the page's main thread (its processor time by the clock) while a preview of 200 keyframes plays 60
frames a second, while a film is drawn and watched, and while it plays; and the page's heap, rubbish collected, at
several moments of it. On a busy machine the page shows fewer frames: what each of them costs stands beside the share.
"""

import argparse
import time
from contextlib import ExitStack
from typing import Any

from tools.chromium import CHROMIUM

from bench.service import serving

KEYS, FAST = 200, 60
SHOWN = """async () => {
    const at = document.querySelector("script[type=module]").src
    const [{ frame }, { effect }] = await Promise.all([import(new URL("state.js", at)), import(new URL("html.js", at))])
    window.shown = 0
    effect(() => { void frame.value; window.shown += 1 })
}"""


class Gauge:
    """Processor time and memory of a page."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.evaluate(SHOWN)

    def _busy(self) -> float:
        found = {each["name"]: each["value"] for each in self._devtools.send("Performance.getMetrics")["metrics"]}
        return float(found["TaskDuration"])

    def heap_mb(self) -> float:
        """Megabytes in use after the rubbish is collected."""
        self._devtools.send("HeapProfiler.collectGarbage")
        return float(self._devtools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def watch(self, what: str, seconds: float) -> None:
        """Tells the share of the main thread for so long from now on."""
        busy, shown, since = self._busy(), self._page.evaluate("shown"), time.monotonic()
        self._page.wait_for_timeout(1000 * seconds)
        took = time.monotonic() - since
        share, pace = (self._busy() - busy) / took, (self._page.evaluate("shown") - shown) / took
        each = f"{1000 * share / pace:.1f} ms for each" if pace else "none shown"
        print(f"{what}: {100 * share:.1f} % of the main thread at {pace:.1f} frames a second, {each}", flush=True)


def compose(page: Any) -> None:
    """A draft of a thousand frames with keyframes on every curve."""
    page.get_by_label("Max frames", exact=True).fill("1000")
    for name in ("Angle", "Zoom", "Translation x", "Translation y"):
        rest = "1" if name == "Zoom" else "0"
        keys = ", ".join(f"{1000 * idx * 4 // KEYS}: ({rest}.00{idx % 9})" for idx in range(KEYS // 4))
        page.get_by_label(f"{name}, as text").fill(keys)
    page.get_by_label("Frame rate", exact=True).fill(str(FAST))
    page.wait_for_selector(".timeline[aria-busy=false]")


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="./run bench page", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--frames", type=int, default=1000, help="of the film that is watched")
    parser.add_argument("--url", default="", help="of a server that runs already")
    options = parser.parse_args()
    with ExitStack() as stack:
        url = options.url or stack.enter_context(serving(steps=2)).url
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page.set_default_timeout(600_000)
        page.goto(url)
        page.wait_for_selector(".run:not(:disabled)")
        compose(page)
        gauge = Gauge(page)
        page.get_by_role("button", name="Play", exact=True).click()
        gauge.watch(f"preview, {KEYS} keys", options.seconds)
        page.get_by_role("button", name="Pause", exact=True).click()
        page.get_by_label("Max frames", exact=True).fill(str(options.frames))
        page.get_by_label("Frame rate", exact=True).fill("15")
        page.wait_for_selector(".timeline[aria-busy=false]")
        page.get_by_role("button", name="Run", exact=True).click()
        for part in (0.02, 0.1, 0.5, 0.9):
            count = int(part * options.frames)
            page.wait_for_function(
                "count => Number(document.querySelector('.situation')?.dataset.done ?? 0) >= count", arg=count
            )
            print(f"heap at frame {count}: {gauge.heap_mb():.1f} MB", flush=True)
            if part < 0.9:
                gauge.watch("a film that is drawn, watched", options.seconds)
        page.wait_for_selector(".situation[data-status=succeeded]", state="attached")
        page.get_by_role("button", name="Play", exact=True).click()
        gauge.watch("the film played", options.seconds)
        print(f"heap at the end: {gauge.heap_mb():.1f} MB")
        browser.close()


if __name__ == "__main__":
    main()
