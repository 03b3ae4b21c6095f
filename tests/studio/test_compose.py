"""Composing: the text is the truth, the server reads it, the page only writes it."""

import re

import pytest
from tests.e2e.server import wait_for
from tests.studio.desk import Desk

BROKEN = "0: (1.0), 50: (fast)"


def test_the_page_is_made_from_the_schema(desk, server):
    properties = server.http.get("/openapi.json").json()["paths"]["/validate"]["post"]["requestBody"]["content"]
    fields = properties["application/json"]["schema"]["properties"]["input"]["properties"]
    desk.page.get_by_role("button", name="3 more lanes").click()
    for group in desk.page.locator(".input-group h3 button").all():
        group.click()
    for name, field in fields.items():
        label = f"{field['x-label']}, as text" if "x-syntax" in field else field["x-label"]
        assert desk.page.get_by_label(label, exact=True).count() == 1, name


def test_a_broken_schedule_shows_the_error_at_its_column(desk, server):
    desk.text("Zoom").fill(BROKEN)
    problem = desk.page.locator("#zoom-says .problem")
    problem.wait_for()
    answer = server.http.post("/v1/validate", json={"input": {"zoom": BROKEN}})
    (expected,) = answer.json()["invalid_fields"]
    assert problem.get_attribute("data-column") == str(expected["column"]) == "16"
    assert expected["description"].replace(" at column 16", "") in problem.inner_text()
    assert problem.locator("mark").inner_text() == "f"
    assert desk.page.get_by_role("button", name="Run", exact=True).is_disabled()
    problem.click()
    assert desk.text("Zoom").evaluate("field => field.selectionStart") == 15


def test_all_broken_schedules_show_their_errors_at_once(desk):
    desk.text("Zoom").fill(BROKEN)
    desk.text("Angle").fill("what")
    for name in ("zoom", "angle"):
        desk.page.locator(f"#{name}-says .problem").wait_for()


def test_columns_count_characters_as_the_server_does(desk):
    desk.text("Animation prompts").fill("0: 🌲🌲 forest | 40: a city")
    desk.settled()
    desk.page.get_by_role("button", name=re.compile("^Prompt 2")).press("ArrowRight")
    assert desk.text("Animation prompts").input_value() == "0: 🌲🌲 forest | 41: a city"
    desk.text("Zoom").fill("🌲 0: (1.0), 50: (1.1)")
    desk.key("Zoom", 50).press("ArrowRight")
    assert desk.text("Zoom").input_value().startswith("🌲 0: (1.0), 51: (")


def test_edits_are_undone_redone_and_survive_a_reload(desk):
    desk.text("Angle").fill("0: (2)")
    desk.settled()
    desk.page.locator(".wordmark").focus()
    desk.page.keyboard.press("Control+z")
    assert desk.text("Angle").input_value() == "0:(0)"
    desk.page.keyboard.press("Control+Shift+z")
    assert desk.text("Angle").input_value() == "0: (2)"
    desk.page.reload()
    desk.settled()
    assert desk.text("Angle").input_value() == "0: (2)"


def test_a_film_is_composed_and_sent_by_keyboard_alone(desk, server):
    page = desk.page
    focus_by_tab(page, "Animation prompts, as text")
    page.keyboard.press("Control+a")
    page.keyboard.type("0: a red circle | 30: a blue ring")
    desk.settled()
    focus_by_tab(page, "Zoom, as text")
    page.keyboard.press("Control+a")
    page.keyboard.type("0: (1.0), 60: (1.05)")
    desk.key("Zoom", 60).wait_for()
    focus_by_tab(page, "Zoom keyframe at frame 60")
    page.keyboard.press("ArrowLeft")
    desk.settled()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/p/*")
    sent = server.get(page.url.rsplit("/", 1)[1])["input"]
    assert sent["animation_prompts"] == "0: a red circle | 30: a blue ring"
    assert sent["zoom"].startswith("0: (1.0), 59: (1.05")
    page.keyboard.press("Escape")
    page.wait_for_selector(".timeline")


def focus_by_tab(page, label):
    """Presses Tab until what has the focus begins with label, as who cannot use a mouse does."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.ariaLabel ?? '')").startswith(label):
            return
    pytest.fail(f"{label} cannot be reached by Tab")


def test_drafts_that_cannot_be_read_are_left_alone(desk):
    script = "Object.keys(localStorage).filter(key => key.startsWith('dreamreel.draft.'))"
    desk.text("Angle").fill("0: (3)")
    wait_for(lambda: desk.page.evaluate(script), "the draft that is kept")
    (own,) = desk.page.evaluate(script)
    # Leaving the page writes the draft, so it is spoiled when the page is on its way back.
    desk.page.add_init_script(f"localStorage.setItem('{own}', '{{'); localStorage.setItem('dreamreel.draft.x', '7')")
    desk.page.reload()
    desk.settled()
    assert desk.text("Angle").input_value() == "0:(0)"


def test_each_tab_has_a_draft_of_its_own_and_a_reload_keeps_its_history(desk, context, server):
    angle = desk.text("Angle")
    angle.fill("0: (2)")
    desk.settled()
    other = Desk(context.new_page(), server.url)
    desk.page.wait_for_function("() => Object.keys(localStorage).some(key => key.startsWith('dreamreel.draft.'))")
    other.open()
    assert other.text("Angle").input_value() == "0: (2)"  # a new tab begins where one was
    other.text("Angle").fill("0: (5)")
    other.settled()
    other.page.reload()
    other.settled()
    assert other.text("Angle").input_value() == "0: (5)"
    desk.page.reload()
    desk.settled()
    assert angle.input_value() == "0: (2)"
    desk.page.get_by_role("button", name="Undo", exact=True).click()
    assert angle.input_value() == "0:(0)"
    # Each can be opened from any tab.
    desk.page.get_by_role("button", name="Drafts").click()
    dialog = desk.page.get_by_role("dialog", name="Drafts in this browser")
    dialog.get_by_role("listitem").nth(1).wait_for()
    dialog.locator(".draft:not(:disabled)").click()
    assert angle.input_value() == "0: (5)"


def test_a_message_offers_the_switch_that_it_names(desk):
    desk.text("Zoom").fill("0: (1 + 0.1*sin(t))")
    problem = desk.page.locator("#zoom-says .problem")
    problem.wait_for()
    assert problem.inner_text().count("olumn") == 1
    desk.page.get_by_role("button", name="Turn on: Formulas").click()
    desk.settled()
    assert desk.page.locator("#zoom-says .problem").count() == 0
