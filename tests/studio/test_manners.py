"""Faults that strangers found in the studio, each as what is right instead; the larger ones stand by their subject."""

import json
import re

from tests.studio.desk import Desk

SCREEN_READER = """() => {
    window.spoken = []
    const status = document.querySelector(".situation [role=status]")
    const told = new MutationObserver(() => window.spoken.push(status.textContent))
    told.observe(status, { childList: true, characterData: true, subtree: true })
}"""


def test_undo_while_a_film_is_open_is_of_the_draft_that_is_seen(desk, film):
    desk.text("Zoom").fill("0: (1.11)")
    desk.settled()
    desk.page.locator(f".card[data-id='{film}']").first.click()
    desk.page.wait_for_url("**/p/*")
    assert desk.text("Zoom").is_visible()
    desk.page.locator("#stage").click(position={"x": 5, "y": 5})
    desk.page.keyboard.press("Control+z")
    assert desk.text("Zoom").input_value() != "0: (1.11)"
    assert desk.page.url.endswith(film)


def test_an_example_fills_the_prompt_under_the_playhead_and_no_other(context, server):
    def with_examples(route):
        answer = route.fetch()
        document = answer.json()
        for model in document["results"]:
            model["served_by"]["examples"] = ["0: a windmill | 30: a barn"]
        route.fulfill(response=answer, body=json.dumps(document))

    page = context.new_page()
    page.route("**/v1/models", with_examples)
    desk = Desk(page, server.url).open()
    desk.text("Animation prompts").fill("0: a forest | 50: a city")
    desk.settled()
    page.locator(".wordmark").focus()
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    page.get_by_label("Example prompts").select_option(index=1)
    assert desk.text("Animation prompts").input_value() == "0: a forest | 50: a windmill"


def test_ruler_transport_and_keys_count_the_same_playhead_from_0(desk):
    assert desk.shown() == 0
    desk.page.locator(".wordmark").focus()
    desk.page.keyboard.press("Shift+ArrowRight")
    assert desk.shown() == 10
    for slider in desk.page.get_by_role("slider", name=re.compile("playhead", re.IGNORECASE)).all():
        assert slider.get_attribute("aria-valuenow") == "10"
    desk.page.keyboard.press("End")
    assert desk.shown() == 99


def test_a_leading_0_that_would_be_drawn_has_a_button_that_mends_it(desk):
    desk.text("Animation prompts").fill("0: a lone tree")
    desk.page.get_by_role("button", name=re.compile("^Turn on: ")).click()
    desk.settled()
    assert desk.page.locator("#animation_prompts-says .warning").count() == 0


def test_a_long_message_does_not_push_the_lanes_apart(desk):
    desk.text("Zoom").fill("0: (1 + nosuch(t))")
    desk.page.get_by_role("button", name=re.compile("^Turn on: ")).first.click()
    desk.page.locator("#zoom-says .problem").wait_for()
    desk.page.wait_for_selector(".timeline[aria-busy=false]")
    lane = desk.page.locator(".lane.curve.broken")
    assert lane.bounding_box()["height"] < 140


def test_an_address_that_can_be_no_films_says_so(desk):
    for strange in ("abc-_x", "%E2%98%83", "a" * 200):
        desk.page.goto(f"{desk.url}/p/{strange}")
        desk.page.get_by_text("There is no such film.").wait_for()
        assert desk.page.locator(".transport").count() == 0
    desk.errors.clear()  # the browser's own line for a 404


def test_tabs_are_left_and_right_of_each_other_and_keep_the_focus(desk, film):
    desk.page.goto(f"{desk.url}/p/{film}")
    desk.page.get_by_role("tab", name="Film").focus()
    desk.page.keyboard.press("ArrowLeft")
    compose = desk.page.get_by_role("tab", name="Compose")
    assert compose.get_attribute("aria-selected") == "true"
    assert compose.evaluate("tab => tab === document.activeElement")
    desk.page.keyboard.press("End")
    assert desk.page.get_by_role("tab", name="Film").get_attribute("aria-selected") == "true"


def test_a_film_is_saved_under_what_it_shows_and_its_seed(desk, film):
    desk.page.goto(f"{desk.url}/p/{film}")
    # What shows first may know the film alone, and not yet which of its inputs are the prompts.
    desk.page.wait_for_selector("a[download='a-circle-7.mp4']")
    assert desk.page.get_by_role("link", name="Download").get_attribute("download") == "a-circle-7.mp4"


def test_its_subtitles_are_saved_beside_a_film(desk, film):
    desk.page.goto(f"{desk.url}/p/{film}")
    with desk.page.expect_download() as saved:
        desk.page.get_by_role("link", name="Subtitles").click()
    assert saved.value.suggested_filename == "a-circle-7.srt"
    assert re.match(r"1\n00:00:00,000 --> \S+\n.*a circle", saved.value.path().read_text())


def test_states_are_spoken_and_frames_are_not(desk):
    desk.run()
    desk.page.wait_for_selector(".situation [role=status]", state="attached")
    desk.page.evaluate(SCREEN_READER)
    desk.wait_for_status("succeeded")
    desk.page.wait_for_function("() => window.spoken.at(-1) === 'The film is done'")
    spoken = desk.page.evaluate("window.spoken")
    assert len(spoken) <= 6
    assert not any("of 100" in words for words in spoken)


def test_who_is_offline_is_told_and_goes_on_by_itself(desk, context):
    context.set_offline(True)
    desk.page.get_by_role("alert").get_by_text("You are offline.").wait_for(timeout=5000)
    assert desk.page.locator(".run").is_disabled()
    context.set_offline(False)
    desk.page.wait_for_selector(".run:not(:disabled)")
    assert desk.page.get_by_role("alert").get_by_text("You are offline.").count() == 0
    desk.errors.clear()  # the browser's own lines


def test_on_a_phone_the_stage_stays_in_sight_while_lanes_are_edited(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_selector(".run:not(:disabled)")
    page.get_by_label("Translation y, as text").scroll_into_view_if_needed()
    box = page.locator("#preview").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] < 844
    context.close()


def test_a_lane_stays_while_its_text_is_for_a_moment_the_default_after_another_model_too(desk):
    page = desk.page
    page.get_by_label("Inputs of").select_option("dreamreel/animate")
    desk.settled()
    page.get_by_label("Find an input").fill("contrast_schedule")
    page.locator(".found .row-link").first.click()
    page.get_by_label("Find an input").fill("")
    lane = desk.text("Contrast")
    usual = lane.input_value()
    lane.fill("0: (1.05)")
    desk.settled()
    page.get_by_label("Inputs of").select_option("deforum-art/deforum-stable-diffusion")
    desk.settled()
    page.get_by_label("Inputs of").select_option("dreamreel/animate")
    desk.settled()
    assert lane.input_value() == "0: (1.05)"
    lane.fill(usual)
    desk.settled()
    assert lane.is_visible()


def test_a_module_that_does_not_come_is_said_and_a_reload_mends_it(context, server):
    page = context.new_page()
    page.route(re.compile(r"/curve\.js$"), lambda route: route.abort())
    page.goto(server.url)
    page.get_by_role("alert").get_by_text("Reload it to try again").wait_for()
    page.unroute(re.compile(r"/curve\.js$"))
    page.reload()
    page.wait_for_selector(".run:not(:disabled)")


DESCRIBED = """field => field.getAttribute("aria-describedby").split(" ")
    .map(id => document.getElementById(id).innerText).join(" ")"""


def test_what_an_input_does_is_shown_by_a_key_and_hidden_by_a_click_and_told_with_its_field(desk, server):
    document = server.http.get("/v1/models/deforum/deforum_stable_diffusion").json()
    fields = document["latest_version"]["openapi_schema"]["components"]["schemas"]["Input"]["properties"]
    page = desk.page
    for name, label, field in (
        ("fps", "Frame rate", page.get_by_label("Frame rate", exact=True)),
        ("zoom", "Zoom", desk.text("Zoom")),
    ):
        assert fields[name]["description"] in field.evaluate(DESCRIBED)
        asked, said = page.get_by_role("button", name=f"{label}: what it does"), page.locator(f"#{name}-help")
        assert said.bounding_box()["width"] <= 1
        asked.focus()
        page.keyboard.press("Enter")
        assert said.bounding_box()["width"] > 50
        assert asked.get_attribute("aria-expanded") == "true"
        asked.click()
        assert said.bounding_box()["width"] <= 1


def test_what_an_input_does_is_shown_and_hidden_by_a_tap(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    desk = Desk(context.new_page(), server.url).open()
    for name, label in (("fps", "Frame rate"), ("zoom", "Zoom")):
        asked = desk.page.get_by_role("button", name=f"{label}: what it does")
        said = desk.page.locator(f"#{name}-help")
        asked.tap()
        assert asked.get_attribute("aria-expanded") == "true"
        box = said.bounding_box()
        assert box["x"] >= 0
        assert 50 < box["width"] <= 390 - box["x"]  # all of its lines are on the screen
        asked.tap()
        assert asked.get_attribute("aria-expanded") == "false"
        assert said.bounding_box()["width"] <= 1
    assert desk.errors == []
    context.close()
