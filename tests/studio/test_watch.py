"""Watching: something moves from the first moment, frames play while they come, the whole plays and loops."""

import os
import re
import signal

import pytest
from tests.e2e.server import serving, wait_for
from tests.studio.desk import Desk

VIDEO = "document.querySelector('.film video')"
LEADS = f"() => {VIDEO} && !{VIDEO}.classList.contains('behind')"
FRAMES = 60  # of which at least two seconds are in the video: the encoder looks some frames ahead


@pytest.fixture
def lively(context, server):
    """The studio for somebody who likes motion."""
    page = context.new_page()
    page.emulate_media(reduced_motion="no-preference")
    desk = Desk(page, server.url)
    yield desk.open()
    assert desk.errors == []
    assert desk.strangers == []


@pytest.fixture
def paused(server):
    """A prediction that is half done and does not go on before its worker is let go."""
    prediction = server.create(seed=3, fps=15, max_frames=150)
    server.wait_for_frames(prediction["id"], FRAMES)
    worker = server.worker_pids()[0]
    os.kill(worker, signal.SIGSTOP)
    yield prediction, worker
    os.kill(worker, signal.SIGCONT)


@pytest.fixture
def halted(server, held):
    """A worker that begins nothing before it is let go."""
    server.wait(server.create(seed=5)["id"])  # it is idle
    os.kill(held, signal.SIGSTOP)
    return held


@pytest.fixture
def held(server):
    """A worker that a test may stop; it goes on afterwards, however the test ends."""
    server.wait_until_ready()
    worker = server.worker_pids()[0]
    yield worker
    os.kill(worker, signal.SIGCONT)


def test_from_run_on_something_moves_and_at_the_end_the_whole_plays_and_loops(lively, halted):
    lively.sample_frames()
    lively.run()
    lively.page.wait_for_selector("#preview")
    lively.page.wait_for_function("() => window.sampled.length > 3")
    os.kill(halted, signal.SIGCONT)
    lively.page.wait_for_selector(".film canvas:not(.hidden)")
    lively.wait_for_status("succeeded")
    lively.page.get_by_role("button", name="Pause").wait_for()
    lively.page.wait_for_function(LEADS)
    lively.page.evaluate("window.sampled.length = 0")
    # Twice past its end.
    lively.page.wait_for_function(
        "() => window.sampled.filter((at, idx, all) => idx && at < all[idx - 1] - 50).length > 1"
    )
    assert lively.page.locator(".timeline").is_visible()


def test_finished_frames_play_at_once_and_the_playhead_never_falls_back(lively, paused):
    prediction, worker = paused
    lively.open(prediction["urls"]["web"].removeprefix(lively.url))
    lively.wait_for_frames(FRAMES)
    lively.page.wait_for_selector(".film canvas:not(.hidden)")
    lively.page.get_by_role("button", name="First frame").click()
    lively.sample_frames()
    lively.page.get_by_role("button", name="Play", exact=True).click()
    lively.page.wait_for_function(LEADS)
    lively.page.wait_for_function(f"() => window.sampled.at(-1) >= {FRAMES - 1}")
    os.kill(worker, signal.SIGCONT)
    lively.page.wait_for_function(f"() => window.sampled.some(at => at > {FRAMES + 20})")
    before_the_end = lively.sampled()
    cut = next((idx for idx, at in enumerate(before_the_end) if at >= 149), len(before_the_end))
    assert before_the_end[:cut] == sorted(before_the_end[:cut])
    assert len(set(range(5, 40)) & set(before_the_end)) > 20  # it played, it did not jump
    lively.wait_for_status("succeeded")


def test_the_video_grows_to_the_whole_film_and_its_address_is_given_back(lively, paused):
    prediction, worker = paused
    lively.page.add_init_script(
        """window.held = new Set()
        const [create, revoke] = [URL.createObjectURL, URL.revokeObjectURL]
        URL.createObjectURL = (what) => { const at = create.call(URL, what); window.held.add(at); return at }
        URL.revokeObjectURL = (at) => { window.held.delete(at); revoke.call(URL, at) }"""
    )
    lively.open(prediction["urls"]["web"].removeprefix(lively.url))
    lively.page.wait_for_selector(".film canvas:not(.hidden)")
    lively.page.get_by_role("button", name="First frame").click()
    lively.page.get_by_role("button", name="Play", exact=True).click()
    lively.page.wait_for_function(f"() => {VIDEO}.currentTime > 0.5")
    assert lively.page.evaluate(f"{VIDEO}.buffered.end(0)") < 5
    assert lively.page.evaluate("window.held.size") == 1
    os.kill(worker, signal.SIGCONT)
    lively.page.wait_for_function(f"() => {VIDEO}.buffered.length && {VIDEO}.buffered.end(0) > 9.9")
    lively.wait_for_status("succeeded")
    lively.page.get_by_role("button", name="Motion preview").click()
    lively.page.wait_for_function("() => window.held.size === 0")


def test_the_playhead_stays_where_it_is_when_a_film_is_paused_and_stepped(desk, film):
    desk.open(f"/p/{film}")
    desk.page.wait_for_selector(".film canvas:not(.hidden)")
    desk.page.get_by_role("button", name="Play", exact=True).click()
    desk.page.wait_for_function(LEADS)
    desk.page.keyboard.press("Space")
    desk.page.get_by_role("button", name="Play", exact=True).wait_for()
    at = desk.shown()
    desk.page.keyboard.press("ArrowRight")
    assert desk.shown() == at + 1
    # Whoever rests gets the frame as it was drawn.
    desk.page.wait_for_selector(f".film canvas[data-fine='{at + 1}']")
    desk.page.keyboard.press("Home")
    assert desk.shown() == 0
    desk.page.keyboard.press("End")
    assert desk.shown() == 99


def test_marks_bound_what_plays_and_speed_changes_it(desk, film):
    desk.open(f"/p/{film}")
    desk.page.wait_for_selector(".film canvas:not(.hidden)")
    desk.page.keyboard.press("Home")
    for _ in range(2):
        desk.page.keyboard.press("Shift+ArrowRight")
    desk.page.keyboard.press("i")
    for _ in range(2):
        desk.page.keyboard.press("Shift+ArrowRight")
    desk.page.keyboard.press("o")
    desk.page.get_by_label("Speed").select_option("2")
    desk.sample_frames()
    desk.page.keyboard.press("Space")
    desk.page.wait_for_function("() => window.sampled.filter((at, idx, all) => idx && at < all[idx - 1]).length > 2")
    desk.page.keyboard.press("Space")
    played = desk.sampled()[1:]
    assert min(played) >= 20
    assert max(played) <= 41
    desk.page.get_by_role("button", name=re.compile("20–40")).click()
    assert desk.page.get_by_role("button", name=re.compile("20–40")).count() == 0


def test_the_stage_fills_the_screen_and_its_scrubber_comes_with_it(desk, film):
    desk.open(f"/p/{film}")
    desk.page.wait_for_selector(".film canvas:not(.hidden)")
    assert desk.page.get_by_role("slider", name=re.compile("Frame|Playhead")).count() == 1
    desk.page.keyboard.press("f")
    desk.page.wait_for_function("() => document.fullscreenElement?.id === 'stage'")
    desk.page.locator(".stage .scrubber").wait_for()
    desk.page.keyboard.press("f")
    desk.page.wait_for_function("() => !document.fullscreenElement")


@pytest.mark.parametrize("size", ["96x64", "64x128"])
def test_a_growing_film_has_its_true_shape(context, tmp_path, size):
    width, height = map(int, size.split("x"))
    with serving(tmp_path / "data", "--steps", "2", "--size", size) as server:
        made = server.create(max_frames=100)
        server.wait_for_frames(made["id"], FRAMES)
        worker = server.worker_pids()[0]
        os.kill(worker, signal.SIGSTOP)
        try:
            desk = Desk(context.new_page(), server.url).open(made["urls"]["web"].removeprefix(server.url))
            desk.page.wait_for_selector(".film canvas:not(.hidden)")
            desk.page.get_by_role("button", name="Play", exact=True).click()
            desk.page.wait_for_function(f"() => {VIDEO}.videoWidth > 0")
            assert desk.page.evaluate(f"[{VIDEO}.videoWidth, {VIDEO}.videoHeight]") == [width, height]
            drawn = "[document.querySelector('.film canvas').width, document.querySelector('.film canvas').height]"
            assert desk.page.evaluate(drawn) == [width, height]
        finally:
            os.kill(worker, signal.SIGCONT)


def test_run_keeps_the_timeline_and_the_preview_is_a_switch_of_the_same_stage(desk, held):
    # Long, and its worker stands still: no machine is so fast that it ends before the test has looked.
    desk.page.get_by_label("Max frames", exact=True).fill("1000")
    desk.settled()
    desk.run()
    desk.wait_for_frames(3)
    os.kill(held, signal.SIGSTOP)
    desk.text("Angle").fill("0: (3)")
    desk.page.get_by_role("button", name="Motion preview").click()
    assert desk.page.locator("#preview").is_visible()
    desk.page.get_by_role("button", name="Film", exact=True).click()
    assert desk.page.locator(".film canvas").is_visible()
    # What is undone is what one sees: the draft.
    desk.page.locator(".wordmark").focus()
    desk.page.keyboard.press("Control+z")
    assert desk.text("Angle").input_value() == "0:(0)"
    os.kill(held, signal.SIGCONT)
    desk.page.get_by_role("button", name="Cancel", exact=True).click()
    desk.wait_for_status("canceled")


def test_the_prompt_at_the_playhead_stands_beside_the_stage_and_is_edited_there(desk):
    desk.text("Animation prompts").fill("0: a forest | 50: a city")
    desk.settled()
    box = desk.page.get_by_role("textbox", name="Prompt at the playhead")
    assert box.input_value() == "a forest"
    box.fill("a wide forest")
    box.press_sequentially(" at night")
    prompts = desk.text("Animation prompts")
    wait_for(lambda: prompts.input_value() == "0: a wide forest at night | 50: a city", "what was typed in the text")
    desk.settled()
    desk.page.get_by_role("button", name="To the next prompt").click()
    wait_for(lambda: box.input_value() == "a city", "the next prompt in the box")
    box.fill("")
    box.fill("a harbour")
    wait_for(lambda: prompts.input_value() == "0: a wide forest at night | 50: a harbour", "what was typed in the text")


def test_the_preview_has_something_to_see_at_every_zoom(desk):
    """The share of the picture that is one colour never grows past what it is at rest, by far."""
    desk.page.get_by_label("Max frames", exact=True).fill("1000")
    desk.settled()
    flattest = """() => {
        // A worker has the canvas itself.
        const canvas = document.getElementById("preview")
        const context = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d")
        context.drawImage(canvas, 0, 0)
        const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height)
        const [count, side] = [new Map(), Math.round(width / 4)]
        for (let y = height / 2 - side; y < height / 2 + side; y += 4)
            for (let x = width / 2 - side; x < width / 2 + side; x += 4) {
                const at = 4 * (Math.round(y) * width + Math.round(x))
                const colour = `${data[at] >> 4},${data[at + 1] >> 4},${data[at + 2] >> 4}`
                count.set(colour, (count.get(colour) ?? 0) + 1)
            }
        return Math.max(...count.values()) / [...count.values()].reduce((sum, each) => sum + each)
    }"""
    for zoom in ("0: (1.04)", "0: (1.5)", "0: (1.04), 999: (1.2)"):
        desk.text("Zoom").fill(zoom)
        desk.settled()
        for presses in (4, 5, 30, 60):
            desk.page.keyboard.press("Home")
            desk.page.locator(".wordmark").focus()
            for _ in range(presses - 1):
                desk.page.keyboard.press("Shift+ArrowRight")
            before = desk.picture()
            desk.page.keyboard.press("Shift+ArrowRight")
            desk.wait_for_new_picture(before)
            assert desk.page.evaluate(flattest) < 0.6, (zoom, presses)
    assert "anew" in desk.page.locator(".situation-note").inner_text()


def test_every_film_has_a_title_of_its_own(desk, film):
    assert desk.page.title() == "studio · dreamreel"
    desk.open(f"/p/{film}")
    desk.wait_for_status("succeeded")
    assert desk.page.title() == "a circle · dreamreel"


FAST = """async id => {
    const at = document.querySelector("script[type=module]").src
    const load = name => import(new URL(name, at))
    const [{ FilmPlayer }, { signal }, state] = await Promise.all(["filmplayer.js", "html.js", "state.js"].map(load))
    const film = { ...(await (await fetch(`/v1/predictions/${id}`)).json()), status: "processing" }
    const run = signal({ prediction: film, done: 1, total: 100 })
    Object.assign(state.frame, { value: 0 })
    state.following.value = true
    const elements = { canvas: document.createElement("canvas"), video: document.createElement("video") }
    const player = new FilmPlayer({ ...elements, run, says: () => {}, isCalm: { matches: true } })
    performance.clearResourceTimings()
    const since = performance.now()
    for (let done = 2; done <= 80; done++) {
        run.value = { ...run.value, done }
        await new Promise(resolve => setTimeout(resolve, 50))
    }
    const seconds = (performance.now() - since) / 1000
    const came = performance.getEntriesByType("resource").filter(each => each.name.includes("/previews/"))
    window.isNewest = () => player.shown.idx === 79
    return { seconds, count: came.length, bytes: came.reduce((sum, each) => sum + each.transferSize, 0) }
}"""


def test_however_fast_a_film_is_drawn_its_pictures_take_no_more_than_their_share_and_the_newest_is_shown(desk, film):
    found = desk.page.evaluate(FAST, film)
    largest = 1500  # bytes of one picture of a film as small as this one, with its headers
    assert 2 <= found["count"] < 60, found
    assert found["bytes"] <= 1500 * found["seconds"] + largest, found
    desk.page.wait_for_function("() => window.isNewest()")


STEP = """async id => {
    const at = document.querySelector("script[type=module]").src
    const load = name => import(new URL(name, at))
    const [{ StepPlayer }, { known }, state] = await Promise.all(["stepplayer.js", "films.js", "state.js"].map(load))
    const film = await (await fetch(`/v1/predictions/${id}`)).json()
    const tell = frames => {
        const drawn = { ...film, id: "drawn", status: "processing", metrics: { frames } }
        known.value = new Map([["whole", { ...film, id: "whole" }], ["drawn", drawn]])
    }
    tell(1)
    state.frame.value = 99
    window.screens = [0, 1].map(() => document.createElement("canvas"))
    new StepPlayer(["whole", "drawn"], window.screens)
    performance.clearResourceTimings()
    const since = performance.now()
    for (let done = 2; done <= 80; done++) {
        tell(done)
        await new Promise(resolve => setTimeout(resolve, 50))
    }
    const seconds = (performance.now() - since) / 1000
    const came = performance.getEntriesByType("resource").filter(each => each.name.includes("/previews/"))
    window.isNewest = () => performance.getEntriesByType("resource").some(each => each.name.includes("/00079."))
    return { seconds, count: came.length, bytes: came.reduce((sum, each) => sum + each.transferSize, 0) }
}"""


def test_a_film_that_is_drawn_beside_a_whole_one_takes_no_more_than_its_share_and_the_newest_is_shown(desk, film):
    found = desk.page.evaluate(STEP, film)
    assert 2 <= found["count"] < 60, found
    assert found["bytes"] <= 1500 * found["seconds"] + 2 * 1500, found  # the whole one's picture comes beside them
    desk.page.wait_for_function("() => window.isNewest()")
    desk.errors.clear()  # the library asks for a film of that id, which there is none of


HANGS = """async id => {
    const at = document.querySelector("script[type=module]").src
    const load = name => import(new URL(name, at))
    const [{ FilmPlayer }, { signal }, state] = await Promise.all(["filmplayer.js", "html.js", "state.js"].map(load))
    const film = { ...(await (await fetch(`/v1/predictions/${id}`)).json()), status: "processing" }
    window.run = signal({ prediction: film, done: 5, total: 100 })
    state.frame.value = 0
    state.following.value = true
    const elements = { canvas: document.createElement("canvas"), video: document.createElement("video") }
    window.player = new FilmPlayer({ ...elements, run: window.run, says: () => {}, isCalm: { matches: true } })
}"""


def test_a_picture_that_was_on_its_way_when_addresses_were_renewed_holds_no_later_one_up(desk, film):
    waiting = []
    desk.page.route("**/previews/00004.*", lambda route: waiting.append(route))
    with desk.page.expect_request("**/previews/00004.*"):
        desk.page.evaluate(HANGS, film)
    desk.page.evaluate("() => { window.player.retry(); window.run.value = { ...window.run.value, done: 9 } }")
    desk.page.wait_for_function("() => window.player.shown.idx === 8")
    for route in waiting:
        route.abort()
    desk.errors.clear()  # the browser's own line
