"""The timeline under the hand: keyframes on curves, prompts as blocks; by mouse, by touch, by keys."""

import re

import pytest
from tests.e2e.server import wait_for
from tests.studio.desk import Desk


def test_a_dragged_keyframe_edits_the_text_and_typing_moves_the_keyframe(desk):
    desk.text("Zoom").fill("0: (1.0), 50: (1.1)")
    desk.settled()
    desk.drag(desk.key("Zoom", 50), 100, 12)
    found = re.fullmatch(r"0: \(1\.0\), (\d+): \(([\d.]+)\)", desk.text("Zoom").input_value())
    assert int(found[1]) > 55
    assert 1.0 < float(found[2]) < 1.1
    desk.text("Zoom").fill("0: (1.0), 20: (1.1)")
    desk.key("Zoom", 20).wait_for()
    assert desk.key("Zoom", int(found[1])).count() == 0


def test_a_keyframe_that_is_dragged_straight_up_stays_at_its_frame(desk):
    desk.text("Zoom").fill("0: (1.0), 50: (1.1)")
    desk.settled()
    desk.drag(desk.key("Zoom", 50), 0, 8)
    value = re.fullmatch(r"0: \(1\.0\), 50: \(([\d.]+)\)", desk.text("Zoom").input_value())[1]
    assert 1.0 < float(value) < 1.1


def test_keyframes_are_added_and_removed_by_hand(desk):
    lane = desk.page.get_by_role("img", name="Curve of Angle")
    box = lane.bounding_box()
    lane.dblclick(position={"x": box["width"] * 0.505, "y": 4})
    assert re.fullmatch(r"0:\(0\), 50: \(0\.\d+\)", desk.text("Angle").input_value())
    desk.key("Angle", 50).press("Delete")
    assert desk.text("Angle").input_value() == "0:(0)"


def test_by_touch_a_keyframe_is_moved_told_its_numbers_and_removed(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    desk = Desk(context.new_page(), server.url).open()
    zoom = desk.text("Zoom")
    zoom.fill("0: (1.0), 50: (1.1)")
    desk.settled()
    desk.key("Zoom", 50).tap()
    sheet = desk.page.get_by_role("dialog", name="Zoom keyframe")
    assert zoom.input_value() == "0: (1.0), 50: (1.1)"  # the tap itself presses nothing of the sheet
    sheet.get_by_role("spinbutton", name="Frame", exact=True).fill("30")
    sheet.get_by_role("spinbutton", name="Value").fill("1.25")
    sheet.get_by_role("button", name="Keep").tap()
    assert zoom.input_value() == "0: (1.0), 30: (1.25)"
    desk.settled()
    # The stage stays in sight while lanes are edited.
    assert desk.page.locator("#preview").bounding_box()["y"] < 844 * 0.5
    desk.key("Zoom", 30).tap()
    sheet.get_by_role("button", name="Remove").tap()
    assert zoom.input_value() == "0: (1.0)"
    assert desk.errors == []
    context.close()


def test_a_drag_is_one_step_of_undo_however_long_the_hand_rests_and_escape_gives_it_up(desk):
    zoom = desk.text("Zoom")
    zoom.fill("0: (1.0), 50: (1.1)")
    desk.settled()
    desk.page.evaluate(
        """() => {
            window.written = 0
            const write = Storage.prototype.setItem
            Storage.prototype.setItem = function (...given) { window.written += 1; return write.apply(this, given) }
        }"""
    )
    key = desk.key("Zoom", 50)
    x, y = middle(key)
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    desk.page.mouse.move(x + 40, y + 5, steps=5)
    assert zoom.input_value() != "0: (1.0), 50: (1.1)"
    desk.page.keyboard.press("Escape")
    desk.page.mouse.move(x + 80, y + 5, steps=5)
    desk.page.mouse.up()
    assert zoom.input_value() == "0: (1.0), 50: (1.1)"
    desk.settled()
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    desk.page.mouse.move(x + 40, y + 5, steps=20)
    assert desk.page.evaluate("window.written") < 10
    now = desk.page.evaluate("performance.now()")
    desk.page.wait_for_function("since => performance.now() > since + 1000", arg=now)
    desk.page.mouse.move(x + 80, y + 5, steps=5)
    desk.page.mouse.up()
    desk.settled()
    desk.page.locator(".wordmark").focus()
    desk.page.keyboard.press("Control+z")
    assert zoom.input_value() == "0: (1.0), 50: (1.1)"


def middle(element):
    box = element.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_prompts_are_added_told_again_moved_doubled_and_removed(desk):
    prompts = desk.text("Animation prompts")
    prompts.fill("0: a forest | 50: a city")
    desk.page.get_by_role("button", name=re.compile("frames 50 to 99: a city")).click()
    desk.page.get_by_label("Prompt text").fill("a harbour")
    desk.page.keyboard.press("Enter")
    assert prompts.input_value() == "0: a forest | 50: a harbour"
    desk.settled()
    edge = desk.page.locator(".edge").bounding_box()
    desk.page.mouse.move(edge["x"] + 6, edge["y"] + 10)
    desk.page.mouse.down()
    desk.page.mouse.move(edge["x"] - 90, edge["y"] + 10, steps=3)
    desk.page.mouse.up()
    moved = int(re.fullmatch(r"0: a forest \| (\d+): a harbour", prompts.input_value())[1])
    assert moved < 45
    desk.settled()
    desk.page.get_by_role("button", name=re.compile("^Prompt 2")).press("Control+d")
    middle = round((moved + 100) / 2)
    assert prompts.input_value() == f"0: a forest | {moved}: a harbour | {middle}: a harbour"
    desk.settled()
    desk.page.get_by_role("button", name=re.compile("^Prompt 2")).press("Delete")
    assert prompts.input_value() == f"0: a forest | {middle}: a harbour"


@pytest.fixture
def scenes(desk):
    """A draft of three prompts, and the field that holds their text."""
    prompts = desk.text("Animation prompts")
    prompts.fill("0: a forest | 20: a city | 80: a harbour")
    desk.settled()
    return prompts


def block(desk, number):
    return desk.page.get_by_role("button", name=re.compile(f"^Prompt {number},"))


def lane_width(desk):
    return desk.page.get_by_role("list", name="Prompts").bounding_box()["width"]


def test_the_first_block_is_dragged_to_another_place_in_one_step_of_undo(desk, scenes):
    # The middle of the city is 30 frames from the end of the forest, that of the harbour 70.
    desk.drag(block(desk, 1), 0.5 * lane_width(desk))
    assert scenes.input_value() == "0: a city | 60: a forest | 80: a harbour"
    assert desk.page.get_by_label("Prompt text").count() == 0  # a drag is no click
    # It has the focus where it is now, and no other drag has to wait for the server.
    assert desk.page.evaluate("document.activeElement.ariaLabel") == "Prompt 2, frames 60 to 79: a forest"
    desk.drag(block(desk, 2), 0.2 * lane_width(desk))
    assert scenes.input_value() == "0: a city | 60: a harbour | 80: a forest"
    desk.drag(block(desk, 3), -lane_width(desk))
    assert scenes.input_value() == "0: a forest | 20: a city | 80: a harbour"
    desk.settled()
    for before in ("0: a city | 60: a harbour | 80: a forest", "0: a city | 60: a forest | 80: a harbour"):
        desk.page.get_by_role("button", name="Undo", exact=True).click()
        assert scenes.input_value() == before
    desk.page.get_by_role("button", name="Undo", exact=True).click()
    assert scenes.input_value() == "0: a forest | 20: a city | 80: a harbour"


def test_a_block_that_is_carried_shows_where_it_goes_and_escape_puts_it_back(desk, scenes):
    text = scenes.input_value()
    x, y = middle(block(desk, 1))
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    desk.page.mouse.move(x + 0.5 * lane_width(desk), y, steps=5)
    assert desk.page.locator(".block.carried").inner_text() == "a forest"
    assert scenes.input_value() != text
    left = desk.page.locator(".block", has_text="a city").evaluate("block => block.style.left")
    assert left == "0%"  # the city has made room
    desk.page.keyboard.press("Escape")
    assert scenes.input_value() == text
    desk.page.mouse.up()
    assert desk.page.locator(".block.carried").count() == 0
    assert scenes.input_value() == text
    assert desk.page.get_by_label("Prompt text").count() == 0


def test_the_first_block_alone_stays_at_frame_0_and_it_is_said_why(desk, scenes):
    text = scenes.input_value()
    desk.drag(block(desk, 1), 0.1 * lane_width(desk))
    desk.page.get_by_text("The first prompt begins at frame 0.").wait_for()
    assert scenes.input_value() == text
    scenes.fill("a forest")
    desk.settled()
    block(desk, 1).press("ArrowRight")
    desk.page.get_by_text("One prompt holds for the whole film.").wait_for()
    assert scenes.input_value() == "a forest"


def test_blocks_are_moved_by_keyboard_alone(desk, scenes):
    block(desk, 1).press("Alt+ArrowRight")
    assert scenes.input_value() == "0: a city | 60: a forest | 80: a harbour"
    desk.page.keyboard.press("Alt+ArrowRight")  # the focus went along
    assert scenes.input_value() == "0: a city | 60: a harbour | 80: a forest"
    desk.page.keyboard.press("Alt+ArrowRight")
    assert scenes.input_value() == "0: a city | 60: a harbour | 80: a forest"
    desk.page.keyboard.press("ArrowLeft")
    assert scenes.input_value() == "0: a city | 60: a harbour | 79: a forest"


def test_blocks_are_moved_by_touch_dragged_or_by_their_buttons(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    desk = Desk(context.new_page(), server.url).open()
    prompts = desk.text("Animation prompts")
    prompts.fill("0: a forest | 50: a city")
    desk.settled()
    prompts.blur()
    block(desk, 1).scroll_into_view_if_needed()
    desk.drag_by_touch(block(desk, 1), 0.45 * lane_width(desk))
    wait_for(lambda: prompts.input_value() == "0: a city | 50: a forest", "the blocks in another order")
    assert desk.page.get_by_label("Prompt text").count() == 0
    desk.settled()
    block(desk, 2).focus()

    def is_moved_back():
        """The lane may still be scrolling into view: a tap that misses its button is made again."""
        if prompts.input_value() == "0: a forest | 50: a city":
            return True
        desk.page.get_by_role("button", name="Move prompt 2 forward").tap()
        desk.settled()
        return False

    wait_for(is_moved_back, "the blocks in their old order")
    assert desk.errors == []
    context.close()


def test_a_block_is_typed_on_without_damage(desk):
    prompts = desk.text("Animation prompts")
    prompts.fill("0: a forest | 50: a city")
    desk.settled()
    second = desk.page.get_by_role("button", name=re.compile("^Prompt 2"))
    second.click()
    desk.page.keyboard.type(" by day, old  dd")
    desk.page.keyboard.press("Enter")
    assert prompts.input_value() == "0: a forest | 50: a city by day, old  dd"
    desk.settled()
    # Whoever came by Tab begins with a letter, and none of those that follow at once is lost.
    second.focus()
    desk.page.keyboard.type("!?d")
    desk.page.keyboard.press("Enter")
    assert prompts.input_value() == "0: a forest | 50: a city by day, old  dd!?d"
    desk.settled()
    second.press("Backspace")
    assert prompts.input_value() == "a forest"


def test_a_new_prompt_is_typed_at_once_and_enter_of_an_input_method_does_not_end_it(desk):
    desk.page.locator(".wordmark").focus()
    for _ in range(6):
        desk.page.keyboard.press("Shift+ArrowRight")
    desk.page.get_by_role("button", name="Add a prompt at the playhead").click()
    editor = desk.page.get_by_label("Prompt text")
    editor.wait_for()
    editor.evaluate(
        "field => field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    desk.page.keyboard.type(", 夢")
    assert editor.count() == 1
    desk.page.keyboard.press("Enter")
    assert desk.text("Animation prompts").input_value().endswith("| 60: a new scene, 夢")
