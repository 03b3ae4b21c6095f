"""Makes docs/images/studio.webp, a short film of the studio at work: `./run screenfilm` (needs chromium).

A prompt is typed, a keyframe dragged, the motion looked at, the film run and watched while it comes. Each picture is
taken when the page has reached the next moment, however long that takes, and is shown as long as a person's hand would
take: so the film is the same on a slow machine, and may be made anew whenever the built-in model has changed.
"""

import argparse
import io
import re
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright
from tools.chromium import CHROMIUM
from tools.screenshots import IMAGES, PATIENCE_MS, serving

PATH = IMAGES / "studio.webp"
MOST_BYTES = 1_500_000
WIDTH, HEIGHT = 1120, 700
TYPE_MS, DRAG_MS, PLAY_MS, DRAW_MS, REST_MS = 90, 70, 100, 140, 900
PROMPTS = "0: a castle by the sea at dusk | 50: a castle by the sea at night"


class Recorder:
    """Pictures of a page, each with the milliseconds that it stays."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self.pictures: list[Image.Image] = []
        self.times: list[int] = []

    def take(self, milliseconds: int) -> None:
        """The page as it is now. What is not different from the picture before lengthens that one."""
        picture = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        if self.pictures and picture.tobytes() == self.pictures[-1].tobytes():
            self.times[-1] += milliseconds
            return
        self.pictures.append(picture)
        self.times.append(milliseconds)

    def keep(self, path: Path, quality: int) -> int:
        """Writes all of it as one WebP that loops; its size in bytes."""
        first, *others = self.pictures
        first.save(path, save_all=True, append_images=others, duration=self.times, loop=0, quality=quality, method=2)
        return path.stat().st_size


def compose(page: Any, recorder: Recorder, prompts: str) -> None:
    """Types the prompts and drags a keyframe of the zoom."""
    field = page.get_by_label("Animation prompts, as text")
    field.fill("")
    for end in range(6, len(prompts) + 6, 6):
        field.fill(prompts[:end])
        recorder.take(TYPE_MS)
    page.get_by_label("Zoom, as text").fill("0: (1.0), 60: (1.0)")
    key = page.get_by_role("button", name=re.compile("^Zoom keyframe at frame 60:"))
    box = key.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for part in range(1, 9):
        page.mouse.move(x, y - 2.2 * part)
        recorder.take(DRAG_MS)
    page.mouse.up()
    page.wait_for_selector(".timeline[aria-busy=false]")
    recorder.take(REST_MS)


def preview(page: Any, recorder: Recorder) -> None:
    """Plays the motion, every fourth frame of it."""
    page.locator(".wordmark").focus()
    for _ in range(16):
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        recorder.take(PLAY_MS)


def draw(page: Any, recorder: Recorder, frames: int) -> None:
    """Runs the film, shows its frames as they come, and stops it."""
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/p/*")
    recorder.take(REST_MS)
    for count in range(1, frames + 1):
        script = "count => Number(document.querySelector('.situation').dataset.done ?? 0) >= count"
        page.wait_for_function(script, arg=count)
        page.wait_for_selector(".film canvas:not(.hidden)")
        recorder.take(DRAW_MS)
    page.get_by_role("button", name="Cancel", exact=True).first.click()
    page.wait_for_selector(".situation[data-status=canceled]", state="attached")


def play(page: Any, recorder: Recorder, frames: int) -> None:
    """Plays the first frames of the film that is open."""
    page.wait_for_selector(".film canvas:not(.hidden)")
    page.keyboard.press("Home")
    for idx in range(frames):
        # Whoever rests at a frame gets it as it was drawn.
        page.wait_for_selector(f".film canvas[data-fine='{idx}']")
        recorder.take(PLAY_MS)
        page.keyboard.press("ArrowRight")
    recorder.take(REST_MS)


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run screenfilm", description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--prompts", default=PROMPTS)
    parser.add_argument("--frames", type=int, default=30, help="so many are drawn and shown")
    parser.add_argument("--url", default="", help="of a server that runs already")
    parser.add_argument("--film", default="", help="id of a film that it has, instead of a new one")
    chosen, options = parser.parse_known_args()
    with sync_playwright() as driver, serving(chosen.url, chosen.model, options) as url:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark", reduced_motion="reduce"
        )
        page.set_default_timeout(PATIENCE_MS)
        page.goto(url)
        page.wait_for_selector(".run:not(:disabled)")
        recorder = Recorder(page)
        compose(page, recorder, chosen.prompts)
        preview(page, recorder)
        if chosen.film:
            page.goto(f"{url}/p/{chosen.film}")
        else:
            draw(page, recorder, chosen.frames)
        play(page, recorder, chosen.frames)
        browser.close()
    for quality in (60, 40, 20):
        size = recorder.keep(PATH, quality)
        if size <= MOST_BYTES:
            break
    else:
        raise SystemExit(f"{PATH.name} has {size} bytes, more than {MOST_BYTES}")
    seconds = sum(recorder.times) / 1000
    print(f"{PATH.name}: {size // 1000} kB, {len(recorder.pictures)} pictures, {seconds:.0f} s")


if __name__ == "__main__":
    main()
