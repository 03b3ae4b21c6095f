"""How soon the studio is there: `./run bench paint`. Needs Chromium.

Draws a film, copies it so many times with its pictures, then opens the page in a fresh browser context and tells when
the browser painted first, when the library had a picture, when Run could be pressed (milliseconds after the visit
began, median and best), and how much came over the line: at a first visit, and at one after it.
Then it scrolls through the library: processor time of the page's main thread for each frame painted.
"""

import argparse
import time
from statistics import median
from typing import Any

import httpx2
from tools.chromium import CHROMIUM

from bench.copies import copy_film
from bench.http import UNLIMITED, create
from bench.service import Server, serving

PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
SHOWN = "() => document.querySelector('.card img')?.complete && document.querySelector('.card img').naturalWidth > 0"
READY = ".run:not(:disabled)"
SCROLL = """() => new Promise(done => {
    const box = document.querySelector(".cards")
    let frames = 0
    const turn = () => {
        box.scrollTop += 60
        frames += 1
        if (frames < 300) requestAnimationFrame(turn)
        else done(frames)
    }
    requestAnimationFrame(turn)
})"""
LINE = "performance.getEntries().reduce((sum, each) => sum + (each.transferSize ?? 0), 0) / 1000"


def visit(context: Any, url: str) -> tuple[float, ...]:
    """Milliseconds to the first paint, to a picture in the library, and to a page that is ready; then kB that came."""
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.wait_for_function(SHOWN)
    cards = page.evaluate("performance.now()")
    page.wait_for_selector(READY)
    ready, paint, line = page.evaluate("performance.now()"), page.evaluate(PAINT), page.evaluate(LINE)
    page.close()
    return paint, cards, ready, line


def scrolled(context: Any, url: str) -> float:
    """Milliseconds of processor time of the main thread for each frame painted while the library scrolls."""
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(SHOWN)
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        return {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}[
            "TaskDuration"
        ]

    before = busy()
    frames = page.evaluate(SCROLL)
    spent_ms = 1000 * (busy() - before) / frames
    page.close()
    return spent_ms


def fill(server: Server, count: int) -> None:
    """Draws a film and stores so many like it."""
    prediction_id = create(server, seed=7)
    address = f"{server.url}/v1/predictions/{prediction_id}"
    while httpx2.get(address).json()["status"] not in ("succeeded", "failed", "canceled"):
        time.sleep(0.5)
    copy_film(server.data, prediction_id, count - 1)


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="./run bench paint", description=__doc__.split("\n")[0])
    parser.add_argument("--predictions", type=int, default=200)
    parser.add_argument("--visits", type=int, default=5)
    options = parser.parse_args()
    with serving(*UNLIMITED) as server, sync_playwright() as playwright:
        fill(server, options.predictions)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        first, later = [], []
        for _ in range(options.visits):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            first.append(visit(context, server.url))
            later.append(visit(context, server.url))
            spent_ms = scrolled(context, server.url)
            context.close()
        browser.close()
    for words, times in (("first visit", first), ("later visit", later)):
        columns = zip(("first paint", "pictures", "ready to run"), zip(*times, strict=True), strict=False)
        told = ", ".join(f"{name} {median(column):.0f} ms (best {min(column):.0f})" for name, column in columns)
        print(f"{words}: {told}; {median(each[3] for each in times):.0f} kB")
    print(f"scrolling {options.predictions} films: {spent_ms:.1f} ms of the main thread for each frame")


if __name__ == "__main__":
    main()
