"""The motion preview: it moves as the renderer does, costs little, and says when it cannot be drawn."""

import re

import pytest
from tests.studio.desk import Desk


def test_the_preview_moves_as_the_schedules_say(desk):
    desk.page.emulate_media(reduced_motion="no-preference")
    still = desk.picture()
    desk.text("Zoom").fill("0: (1.0), 50: (1.08)")
    desk.wait_for_new_picture(still)
    desk.page.wait_for_function("() => performance.getEntriesByName('edit to preview').length > 0")
    desk.page.get_by_role("button", name="Pause").click()
    first = desk.picture()
    desk.page.keyboard.press("ArrowRight")
    desk.wait_for_new_picture(first)


def test_the_previews_matrix_is_the_renderers(desk):
    from dreamreel.imaging.warp2d import build_matrix

    moves = [
        (512, 512, 12.5, 1.04, 3.0, -7.0, 0.5, 0.5),
        (64, 96, -170.0, 0.7, 0.25, 11.0, 0.1, 0.75),
        (255, 257, 0.0, 2.5, -40.0, 0.0, 0.5, -2.0),
    ]
    script = """async ([width, height, angle, zoom, translation_x, translation_y, right, down]) => {
        const { buildMatrix } = await import("/studio/affine.js")
        const center = { center_x: right, center_y: down }
        const move = { turn: angle, scale: zoom, shift_x: translation_x, shift_y: translation_y, ...center }
        return buildMatrix(width, height, move)
    }"""
    for width, height, angle, zoom, tx, ty, right, down in moves:
        matrix = build_matrix(width, height, angle, zoom, tx, ty, (right * width, down * height))
        found = desk.page.evaluate(script, [width, height, angle, zoom, tx, ty, right, down])
        expected = [matrix[row][column] for column in range(3) for row in range(2)]
        assert found == pytest.approx(expected, abs=1e-9)


WARPED = """async ([width, height, border, angle, zoom, translation_x, translation_y]) => {
    const { buildMatrix, onCanvas } = await import("/studio/affine.js")
    const { warp } = await import("/studio/preview.js")
    const [from, to] = [document.createElement("canvas"), document.createElement("canvas")]
    for (const canvas of [from, to]) [canvas.width, canvas.height] = [width, height]
    const move = { turn: angle, scale: zoom, shift_x: translation_x, shift_y: translation_y }
    const picture = new ImageData(width, height)
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++)
        picture.data.set([60 + 2 * x, 60 + 3 * y, 128, 255], 4 * (y * width + x))
    from.getContext("2d").putImageData(picture, 0, 0)
    const context = to.getContext("2d", { willReadFrequently: true })
    context.fillStyle = "#000"  // what an earlier frame left: nothing of it may shine through
    context.fillRect(0, 0, width, height)
    warp(context, from, onCanvas(buildMatrix(width, height, move), 1), border)
    return [...context.getImageData(0, 0, width, height).data]
}"""


@pytest.mark.parametrize("border", ["replicate", "wrap"])
def test_the_previews_pictures_are_the_renderers_at_the_border_too(desk, border):
    import numpy as np

    from dreamreel.imaging.warp2d import build_matrix, warp

    width, height = 96, 64
    y, x = np.mgrid[:height, :width]
    image = np.stack([60 + 2 * x, 60 + 3 * y, np.full_like(x, 128)], axis=-1).clip(0, 255).astype(np.uint8)
    for move in ((0.0, 0.6, 0.0, 0.0), (25.0, 0.8, 7.0, -5.0), (-100.0, 1.1, -30.0, 12.0), (0.0, 0.04, 900.0, 0.0)):
        pixels = desk.page.evaluate(WARPED, [width, height, border, *move])
        found = np.array(pixels, np.uint8).reshape(height, width, 4)[..., :3].astype(int)
        off = np.abs(found - warp(image, build_matrix(width, height, *move), border).astype(int)).max(axis=-1)
        assert off.max() <= 8, move  # they round differently; a seam would be off by dozens


DRAWN = """async () => {
    const { Preview } = await import("/studio/preview.js")
    const preview = new Preview(document.createElement("canvas"))
    const still = { turn: [0, 0, 0], scale: [1, 2, 2], shift_x: [0, 0, 0], shift_y: [0, 0, 0] }
    preview.setPlan({ width: 64, height: 64, border: "replicate", total: 3, series: still })
    const { drawImage } = CanvasRenderingContext2D.prototype
    let count = 0
    CanvasRenderingContext2D.prototype.drawImage = function (...given) {
        count += 1
        return drawImage.apply(this, given)
    }
    const counts = [1, 1, 1, 2, 1].map((at) => { count = 0; preview.show(at); return count })
    CanvasRenderingContext2D.prototype.drawImage = drawImage
    return counts
}"""


def test_a_frame_that_the_preview_shows_is_not_drawn_again(desk):
    first, second, third, other, back = desk.page.evaluate(DRAWN)
    assert (second, third) == (0, 0)  # a screen has more pictures a second than a film
    assert 0 < first <= 3  # where the picture covers the stage no rim of it is drawn
    assert other > 0
    assert back == first


def test_the_preview_plays_200_keys_without_filling_the_main_thread(desk):
    """Processor time of scripts, styles and layout for each frame painted; 5 ms are 30 % at 60 frames a second.

    What a browser without a graphics card spends on drawing a canvas is not ours, and not measured.
    """
    desk.page.get_by_label("Max frames", exact=True).fill("1000")
    for name in ("Angle", "Zoom", "Translation x", "Translation y"):
        rest = "1" if name == "Zoom" else "0"
        desk.text(name).fill(", ".join(f"{5 * idx}: ({rest}.00{idx % 9})" for idx in range(50)))
    desk.settled()
    cdp = desk.page.context.new_cdp_session(desk.page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy():
        found = {each["name"]: each["value"] for each in cdp.send("Performance.getMetrics")["metrics"]}
        return found["ScriptDuration"] + found["LayoutDuration"] + found["RecalcStyleDuration"]

    desk.page.get_by_role("button", name="Play", exact=True).click()
    before = busy()
    frames = desk.page.evaluate(
        """() => new Promise(done => {
            let frames = 0
            const turn = () => (++frames < 180 ? requestAnimationFrame(turn) : done(frames))
            requestAnimationFrame(turn)
        })"""
    )
    spent_ms = 1000 * (busy() - before) / frames
    assert spent_ms < 5, spent_ms
    # End is there at once: the moves up to each frame are one matrix.
    desk.page.keyboard.press("End")
    assert desk.shown() == 999


@pytest.mark.parametrize("fault", ["it never comes", "it stumbles over what it is told"])
def test_a_preview_that_cannot_be_drawn_is_said_and_films_are_composed_all_the_same(context, server, fault):
    page = context.new_page()

    def worker(route):
        if fault == "it never comes":
            route.abort()
        else:
            answer = route.fetch()
            route.fulfill(response=answer, body=answer.text() + "\nonmessage = () => preview.none()\n")

    page.route(re.compile(r"/previewworker\.js$"), worker)
    desk = Desk(page, server.url).open()
    page.get_by_role("alert").get_by_text("The motion preview cannot be drawn here.").wait_for()
    assert not page.locator("#preview").is_visible()
    desk.text("Zoom").fill("0: (1.0), 50: (1.1)")
    desk.key("Zoom", 50).wait_for()
    desk.settled()
