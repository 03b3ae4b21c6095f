"""What holds for the page as a whole: its size, its policy, its manners, who may use it."""

import gzip
import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from tests.e2e.server import serving

STUDIO = Path(str(files("dreamreel") / "studio"))
OWN, VENDORED = STUDIO.glob("*.js"), STUDIO.glob("vendor/*.js")


def test_our_own_modules_are_small():
    own = list(OWN)
    # As a first visit is sent them, each compressed by itself.
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in own) < 110_000
    long = {path.name for path in own if path.read_text("utf-8").count("\n") >= 300}
    assert long == set()


def test_vendored_libraries_are_small_licensed_and_the_ones_written_down():
    listed = json.loads((STUDIO / "vendor" / "versions.json").read_text("utf-8"))
    hashes = {name: digest for package in listed for name, digest in package["sha256"].items()}
    found = {path.name: path.read_bytes() for path in VENDORED}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in found.items()} == hashes
    assert sum(len(data) for data in found.values()) < 150_000
    for package in listed:
        name = package["name"].removeprefix("@").replace("/", "-")
        assert (STUDIO / "vendor" / f"LICENSE-{name}").is_file()


def test_the_page_loads_every_module_at_once():
    page = (STUDIO / "index.html").read_text("utf-8")
    listed = set(re.findall(r'(?:href|src)="/studio/([\w/-]+\.js)"', page))
    assert listed == {path.relative_to(STUDIO).as_posix() for path in STUDIO.rglob("*.js")}


def test_the_policy_lets_nothing_in_but_our_own_files(server):
    for path, accept in (("/", "text/html"), ("/p/abc", "text/html"), ("/studio/main.js", "*/*")):
        answer = server.http.get(path, headers={"Accept": accept})
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"https?:|\*", policy)
    page = server.http.get("/", headers={"Accept": "text/html"}).text
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page) == []


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720), (390, 844)])
def test_axe_finds_nothing_dark_or_light(browser, server, film, width, height):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is missing: ./run test-studio")
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = context.new_page()

    def look(what):
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = axe.Axe().run(page).response["violations"]
            shown = [(each["id"], [node["html"][:160] for node in each["nodes"]][:3]) for each in found]
            assert shown == [], (what, scheme)

    page.goto(server.url)
    page.wait_for_selector(".run:not(:disabled)")
    page.wait_for_selector(".card")
    look("composing")
    page.get_by_label("Inputs of").select_option("dreamreel/animate")
    page.wait_for_selector(".timeline[aria-busy=false]")
    page.get_by_label("Find an input").fill("sampler")
    look("searching")
    file = {"name": "request.json", "mimeType": "application/json", "buffer": b'{"input": {"fps": 12, "nonsense": 1}}'}
    page.set_input_files("#import-file", file)
    page.get_by_role("dialog", name="Imported").wait_for()
    look("importing")
    page.goto(f"{server.url}/p/{film}")
    page.wait_for_selector(".situation[data-status=succeeded]", state="attached")
    look("watching")
    context.close()


def test_it_fits_from_380_to_2560_pixels(context, server, film):
    page = context.new_page()
    for path, ready in (("/", ".run:not(:disabled)"), (f"/p/{film}", ".situation[data-status=succeeded]")):
        page.goto(server.url + path)
        page.wait_for_selector(ready, state="attached")
        for width, height in ((380, 700), (600, 900), (900, 700), (1200, 800), (1440, 900), (2560, 1440)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("#preview, .film").bounding_box()["width"] >= 0.2 * width


def test_nothing_that_a_finger_presses_is_smaller_than_24_pixels(browser, server, film):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    pressed = "button, a, input, select, textarea, [role=slider], [role=tab], .edge"
    small = """pressed => [...document.querySelectorAll(pressed)]
        .filter(each => {
            const { width, height } = each.closest("label")?.getBoundingClientRect() ?? each.getBoundingClientRect()
            return width > 0 && (width < 24 || height < 24)
        })
        .map(each => each.outerHTML.slice(0, 120))"""
    for path, ready in (("/", ".run:not(:disabled)"), (f"/p/{film}", ".situation[data-status=succeeded]")):
        page.goto(server.url + path)
        page.wait_for_selector(ready, state="attached")
        page.wait_for_selector(".timeline .key")
        assert page.evaluate(small, pressed) == []
    context.close()


def test_nothing_jumps_while_the_page_loads(context, server, film):  # noqa: ARG001 - a card
    page = context.new_page()
    page.add_init_script(
        """window.shift = 0; new PerformanceObserver(list => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value
        }).observe({ type: "layout-shift", buffered: true })"""
    )
    page.goto(server.url)
    page.wait_for_selector(".run:not(:disabled)")
    page.wait_for_selector(".card")
    # 0.1 is where "good" ends for the web's own measure (Core Web Vitals).
    assert page.evaluate("window.shift") < 0.1


def test_a_server_that_wants_a_token_is_given_it_once_and_never_in_an_address(context, tmp_path):
    with serving(tmp_path / "data", "--host", "0.0.0.0", token=token(tmp_path / "data")) as server:
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        page = context.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        page.get_by_role("textbox", name="Token").fill("wrong")
        page.get_by_role("button", name="Go on").click()
        page.get_by_text("The server does not accept that token").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Enter a token").click()
        page.get_by_role("textbox", name="Token").fill(server.token)
        page.get_by_role("button", name="Go on").click()
        page.wait_for_selector(".run:not(:disabled)")
        page.reload()
        page.wait_for_selector(".run:not(:disabled)")
        page.get_by_label("Max frames", exact=True).fill("1000")  # no machine ends it before it is canceled
        page.wait_for_selector(".timeline[aria-busy=false]")
        page.get_by_role("button", name="Run", exact=True).click()
        page.wait_for_function("() => Number(document.querySelector('.situation')?.dataset.done ?? 0) >= 2")
        assert page.evaluate("sessionStorage.getItem('dreamreel.token')") == server.token
        assert [address for address in asked if server.token in address] == []
        page.get_by_role("button", name="Cancel", exact=True).click()
        page.wait_for_selector(".situation[data-status=canceled]", state="attached")


def token(data):
    """A token of a server on that folder that is still to be started."""
    import subprocess
    import sys

    command = [sys.executable, "-m", "dreamreel", "token", "create", "--name", "me", "--data", str(data)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
