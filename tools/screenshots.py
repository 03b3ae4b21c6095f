"""Makes the pictures in docs/images from a server with the built-in model: `./run screenshots` (needs chromium).

A film is composed and drawn, and the composer and the film are photographed wide and narrow, light and dark.
"""

import argparse
import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from tools.chromium import CHROMIUM

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIZES = {1440: 900, 390: 844}
PATIENCE_MS = 1_800_000
MODEL, FRAMES = "dreamreel/animate", 36
SCHEDULES = {
    "zoom": "0: (1.0), 40: (1.035), 99: (1.01)",
    "angle": "0: (0), 30: (0.8), 70: (-0.8), 99: (0)",
    "translation_x": "0: (0), 50: (2), 99: (-1)",
}
RUNNING = "() => document.querySelector('.situation[data-status=succeeded], .situation[data-status=canceled]')"


def main() -> None:
    """Draws the films and takes the pictures."""
    parser = argparse.ArgumentParser(prog="./run screenshots", description=__doc__)
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--prompts", default="", help="prompts; the model's own if empty")
    parser.add_argument("--url", default="", help="of a server that runs already")
    parser.add_argument("--film", default="", help="id of a film that it has")
    chosen, options = parser.parse_known_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver, serving(chosen.url, chosen.model, options) as url:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        film = chosen.film or _draw(browser, url, chosen.prompts)
        for width, height in SIZES.items():
            for scheme in ("dark", "light"):
                _photograph(browser, url, film, chosen.prompts, width, height, scheme)
        browser.close()


@contextmanager
def serving(url: str, model: str, options: list[str]) -> Iterator[str]:
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as data:
        command = [
            sys.executable,
            "-m",
            "dreamreel",
            "serve",
            "--port",
            "0",
            "--model",
            model,
            "--data",
            data,
            *options,
        ]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if found := re.search(r"http://\S+", line):
                    yield found.group()
                    break
        finally:
            process.terminate()
            process.wait(60)


def _draw(browser: Browser, url: str, prompts: str) -> str:
    """The id of a film that was drawn to its end."""
    page = browser.new_page(reduced_motion="reduce")
    page.set_default_timeout(PATIENCE_MS)
    # The original's films have 100 frames at least: of ours a few are enough to be looked at.
    _compose(page, url, prompts, {"Max frames": FRAMES}, MODEL)
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/p/*")
    page.wait_for_function(RUNNING)
    film = page.url.rsplit("/", 1)[1]
    page.close()
    return film


def _compose(page: Any, url: str, prompts: str, inputs: Mapping[str, object], model: str = "") -> None:
    """Opens the studio and fills inputs, by their labels. model: chosen first, where it is not the page's own."""
    page.goto(url)
    page.wait_for_selector(".run:not(:disabled)")
    if model:
        page.get_by_label("Inputs of").select_option(model)
    said = {"Animation prompts, as text": prompts} if prompts else {}
    for label, value in {**said, **inputs}.items():
        page.get_by_label(label, exact=True).fill(str(value))
    page.wait_for_selector(".timeline[aria-busy=false]")


def _photograph(browser: Browser, url: str, film: str, prompts: str, width: int, height: int, scheme: Any) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    schedules = {f"{name.replace('_', ' ').capitalize()}, as text": text for name, text in SCHEDULES.items()}
    _compose(page, url, prompts, schedules)
    page.locator(".wordmark").focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_function("() => document.querySelectorAll('.thumb img').length > 0")
    page.wait_for_timeout(1500)
    _keep(page.screenshot(), f"studio-compose-{width}-{scheme}")
    page.goto(f"{url}/p/{film}")
    page.wait_for_selector(".film canvas:not(.hidden)")
    page.get_by_role("button", name="First frame").click()
    for _ in range(FRAMES // 10):
        page.keyboard.press("Shift+ArrowRight")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)
    _keep(page.screenshot(), f"studio-film-{width}-{scheme}")
    context.close()


def _keep(png: bytes, name: str) -> None:
    """As WebP: a palette made patches of a film's soft colours, and a PNG of all of them is ten times as large."""
    path = IMAGES / f"{name}.webp"
    Image.open(io.BytesIO(png)).convert("RGB").save(path, quality=92, method=6)
    print(f"{path.name}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
