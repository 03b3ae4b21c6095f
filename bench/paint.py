"""How soon the studio is there: `./run bench paint`. Needs Chromium.

Stores so many predictions, then opens the page in a fresh browser context and tells when the browser painted first,
when the library's cards were there, and when Run could be pressed: milliseconds after the visit began, best and median.
"""

import argparse
import shutil
from statistics import median
from typing import Any

import httpx2

from bench.http import UNLIMITED, create
from bench.service import Server, serving

PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
CARDS, READY = ".card", ".run:not(:disabled)"


def visit(browser: Any, url: str) -> tuple[float, float, float]:
    """Milliseconds to the first paint, to the library's cards, and to a page that is ready."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(CARDS)
    cards = page.evaluate("performance.now()")
    page.wait_for_selector(READY)
    ready, paint = page.evaluate("performance.now()"), page.evaluate(PAINT)
    context.close()
    return paint, cards, ready


def fill(server: Server, count: int) -> None:
    """Stores so many predictions that have ended."""
    for number in range(count):
        prediction_id = create(server, seed=number)
        httpx2.post(f"{server.url}/v1/predictions/{prediction_id}/cancel").raise_for_status()


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="./run bench paint", description=__doc__.split("\n")[0])
    parser.add_argument("--predictions", type=int, default=200)
    parser.add_argument("--visits", type=int, default=5)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with serving(*UNLIMITED, draws=False) as server, sync_playwright() as playwright:
        fill(server, options.predictions)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        times = [visit(browser, server.url) for _ in range(options.visits)]
        browser.close()
    for name, column in zip(("first paint", "library", "ready to run"), zip(*times, strict=True), strict=True):
        print(f"{name:14} best {min(column):6.0f} ms, median {median(column):6.0f} ms")


if __name__ == "__main__":
    main()
