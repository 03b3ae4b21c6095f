"""What watching one film costs on the line: `./run bench watching`. Needs Chromium.

Opens the studio, runs a film, and tells bytes a second while it is drawn, by kind: pictures, the stream of events, and
all that is asked beside them; with and without the film on the stage. Bytes are those of answers, with their headers.
"""

import argparse
import time
from collections import Counter
from typing import Any

from tools.chromium import CHROMIUM

from bench.service import serving

KINDS = (("/previews/", "pictures"), ("/video", "pictures"), ("/events", "events"))


class Meter:
    """Counts the bytes that come to a page, by kind, from the moment it is made."""

    def __init__(self, page: Any) -> None:
        self.bytes: Counter[str] = Counter()
        self._kinds: dict[str, str] = {}
        devtools = page.context.new_cdp_session(page)
        devtools.on("Network.requestWillBeSent", self._asked)
        devtools.on("Network.responseReceived", self._answered)
        devtools.on("Network.dataReceived", self._came)
        devtools.send("Network.enable")

    def _asked(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        self._kinds[event["requestId"]] = next((kind for part, kind in KINDS if part in url), "asked beside them")

    def _answered(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            return
        self.bytes[self._kinds[event["requestId"]]] += event["response"]["encodedDataLength"]

    def _came(self, event: dict[str, Any]) -> None:
        self.bytes[self._kinds[event["requestId"]]] += event["encodedDataLength"]


def frames_done(page: Any) -> int:
    """Frames of the film that is open."""
    return int(page.locator(".situation").get_attribute("data-done") or 0)


def watched(page: Any, meter: Meter, seconds: float) -> tuple[dict[str, float], float]:
    """Bytes a second by kind, and frames a second, for so long from now on."""
    bytes_before, frames_before, since = Counter(meter.bytes), frames_done(page), time.monotonic()
    page.wait_for_timeout(1000 * seconds)
    took = time.monotonic() - since
    rates = {kind: (count - bytes_before[kind]) / took for kind, count in meter.bytes.items()}
    return rates, (frames_done(page) - frames_before) / took


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="./run bench watching", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    with serving(steps=options.steps, model=options.model) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        meter = Meter(page)
        page.goto(server.url)
        page.wait_for_selector(".run:not(:disabled)")
        page.get_by_label("Max frames", exact=True).fill("1000")
        page.wait_for_selector(".timeline[aria-busy=false]")
        page.get_by_role("button", name="Run", exact=True).click()
        page.wait_for_function("() => Number(document.querySelector('.situation').dataset.done ?? 0) > 2")
        _tell("on the stage", *watched(page, meter, options.seconds))
        page.get_by_role("button", name="Motion preview").click()
        _tell("not on the stage", *watched(page, meter, options.seconds))
        page.get_by_role("button", name="Cancel", exact=True).first.click(force=True)
        browser.close()


def _tell(where: str, rates: dict[str, float], pace: float) -> None:
    told = ", ".join(f"{kind} {rate:.0f}" for kind, rate in sorted(rates.items()))
    print(f"{where}: {sum(rates.values()):.0f} bytes a second at {pace:.2f} frames a second ({told})")
    if pace:
        print(", ".join(f"{kind} {rate / pace:.0f}" for kind, rate in sorted(rates.items())) + " bytes for each frame")


if __name__ == "__main__":
    main()
