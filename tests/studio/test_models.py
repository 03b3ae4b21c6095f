"""Several models: the page offers each, and everything about an input comes from the schema of its model."""

import re

import pytest
from tests.e2e.server import VERSION, wait_for
from tests.studio.desk import Desk

SEED, ANIMATE = "deforum/deforum_stable_diffusion", "dreamreel/animate"
OTHER = "deforum-art/deforum-stable-diffusion"


def choose(desk: Desk, model: str) -> None:
    desk.page.get_by_label("Inputs of").select_option(model)
    desk.settled()


def find(desk: Desk, words: str) -> None:
    desk.page.get_by_label("Find an input").fill(words)


@pytest.fixture
def animate(desk: Desk) -> Desk:
    """The page with a draft of dreamreel/animate; nothing has the focus."""
    choose(desk, ANIMATE)
    desk.page.get_by_label("Inputs of").blur()
    return desk


def sent(desk: Desk, act) -> dict:
    """The body of the prediction that act() asks for."""
    is_create = lambda request: request.method == "POST" and request.url.endswith("/predictions")  # noqa: E731
    with desk.page.expect_request(is_create) as asked:
        act()
    return asked.value.post_data_json


def test_every_input_of_the_larger_model_is_found_by_its_name_in_the_api(animate, server):
    document = server.http.get(f"/v1/models/{ANIMATE}").json()
    fields = document["latest_version"]["openapi_schema"]["components"]["schemas"]["Input"]["properties"]
    animate.page.keyboard.press("/")
    for name in fields:
        animate.page.get_by_label("Find an input").fill(name)
        first = animate.page.locator(".found .wire-name").first
        assert first.inner_text() == name


def test_the_first_models_bodies_are_what_they_were(desk):
    body = sent(desk, desk.run)
    assert body["version"] == VERSION
    assert body["input"].keys() == {"animation_prompts", "max_frames", "seed"}
    desk.page.get_by_role("button", name="Cancel", exact=True).click()


def test_a_film_of_the_larger_model_is_composed_run_copied_and_remixed(animate, server):
    page = animate.page
    page.get_by_label("Max frames", exact=True).fill("4")
    page.get_by_role("button", name="Negative prompts").click()
    page.keyboard.type("fog")
    find(animate, "noise type")
    page.get_by_label("Noise type", exact=True).select_option("uniform")
    find(animate, "strength_schedule")
    page.get_by_role("button", name=re.compile("^Strength: edit it")).click()
    page.wait_for_function("() => document.activeElement.ariaLabel === 'Strength, as text'")
    page.keyboard.press("Control+a")
    page.keyboard.type("0: (0.5), 3: (0.7)")
    animate.key("Strength", 3).press("ArrowLeft")
    animate.settled()
    body = sent(animate, animate.run)
    version = server.http.get(f"/v1/models/{ANIMATE}").json()["latest_version"]["id"]
    assert body["version"] == version
    chosen = {name: body["input"][name] for name in ("profile", "noise_type", "negative_prompts", "max_frames")}
    assert chosen == {"profile": "dreamreel", "noise_type": "uniform", "negative_prompts": "fog", "max_frames": 4}
    assert body["input"]["strength_schedule"].startswith("0: (0.5), 2: (0.7")
    # What the profile has by itself is not said.
    assert "zoom" not in body["input"]
    film = server.wait(page.url.rsplit("/", 1)[1])
    assert film["status"] == "succeeded"
    animate.wait_for_status("succeeded")
    animate.film_tab()
    page.get_by_role("tab", name="Code").click()
    for client in ("curl", "Python", "JavaScript"):
        page.get_by_role("button", name=client, exact=True).click()
        wanted = version if client == "curl" else f"{ANIMATE}:{version}"
        assert wanted in page.locator(".copyable pre").inner_text()
    # A draft of the other model: remixing makes it one of the film's.
    page.get_by_role("tab", name="Compose").click()
    page.get_by_label("Find an input").fill("")
    choose(animate, SEED)
    animate.film_tab()
    page.get_by_role("button", name="Remix").click()
    page.get_by_role("tab", name="Compose").click()
    animate.settled()
    assert page.get_by_label("Inputs of").input_value() == ANIMATE
    assert sent(animate, animate.run)["input"] == film["input"]
    animate.wait_for_status("succeeded")


def test_a_choice_among_numbers_is_sent_as_a_number(desk):
    choose(desk, OTHER)
    find(desk, "width")
    desk.page.get_by_label("Width", exact=True).select_option("128")
    desk.settled()
    assert desk.page.get_by_label("Width", exact=True).input_value() == "128"
    assert sent(desk, desk.run)["input"]["width"] == 128
    desk.page.get_by_role("button", name="Cancel", exact=True).click()


def test_what_is_shown_is_what_a_profile_draws(desk):
    """A profile has defaults of its own: the texts on the timeline are those."""
    desk.page.get_by_role("region", name="run", exact=True).get_by_role("button").first.click()
    desk.page.get_by_label("Profile", exact=True).select_option("dreamreel")
    desk.settled()
    shown = desk.text("Zoom").input_value()
    asked = desk.page.evaluate(
        """async () => (await (await fetch("/v1/validate?frames=false", { method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ input: { profile: "dreamreel" } }) })).json()).input.zoom"""
    )
    assert shown == asked != "0: (1.04)"
    desk.page.get_by_role("button", name="Undo", exact=True).click()
    assert desk.text("Zoom").input_value() == "0: (1.04)"


def test_an_input_that_only_another_model_has_is_offered_with_that_model(desk):
    desk.text("Angle").fill("0: (2)")
    desk.text("Angle").blur()
    find(desk, "perlin octaves")
    desk.page.get_by_role("button", name=f"Use {ANIMATE}").click()
    desk.page.get_by_label("Perlin octaves", exact=True).first.wait_for()
    assert desk.text("Angle").input_value() == "0: (2)"  # what was chosen went along
    desk.page.get_by_role("button", name="Undo", exact=True).click()
    assert desk.page.get_by_label("Inputs of").input_value() == SEED


def test_a_group_that_is_folded_shows_what_differs_from_its_default(animate):
    page = animate.page
    group = page.get_by_role("region", name="coherence")
    group.get_by_role("button", name="Coherence").click()
    page.get_by_label("Perlin clouds along the width", exact=True).fill("12")
    group.get_by_role("button", name="Coherence").click()
    assert group.locator("[data-input]").evaluate_all("all => all.map(each => each.dataset.input)") == ["perlin_w"]
    assert "1 set" in group.get_by_role("button", name="Coherence").inner_text()


def test_a_draft_keeps_its_model_over_a_reload_and_in_other_tabs(animate):
    page = animate.page
    page.get_by_label("Max frames", exact=True).fill("7")
    animate.settled()
    page.reload()
    animate.settled()
    assert page.get_by_label("Inputs of").input_value() == ANIMATE
    assert page.get_by_label("Max frames", exact=True).input_value() == "7"
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("button", name="Undo", exact=True).click()
    assert page.get_by_label("Inputs of").input_value() == SEED
    animate.settled()
    # A draft is written down when the hand has rested for a while.
    page.wait_for_function(
        'model => Object.values(localStorage).some(text => text.includes(`"model":"${model}"`))', arg=SEED
    )
    other = Desk(page.context.new_page(), animate.url).open()
    assert other.page.get_by_label("Inputs of").input_value() == SEED
    other.page.get_by_label("Inputs of").select_option(ANIMATE)
    other.settled()
    assert page.get_by_label("Inputs of").input_value() == SEED


def test_a_schedule_without_a_text_begins_with_what_the_model_has(animate):
    find(animate, "cfg_scale_schedule")
    animate.page.get_by_role("button", name=re.compile("^Cfg scale: edit it")).click()
    field = animate.text("Cfg scale")
    wait_for(lambda: field.count() == 1, "the lane")
    animate.page.get_by_role("button", name="Add a keyframe of Cfg scale at the playhead").click()
    scale = animate.page.evaluate("fetch('/v1/models').then(r => r.json()).then(a => a.results[0].served_by.cfg_scale)")
    assert re.fullmatch(r"0: \(([\d.]+)\)", field.input_value())[1] == f"{scale:g}"
    animate.key("Cfg scale", 0).wait_for()
    field.fill("")
    animate.settled()
    assert animate.key("Cfg scale", 0).count() == 0


def test_alternation_in_brackets_outlives_edits_by_hand(animate):
    prompts = animate.text("Animation prompts")
    prompts.fill("0: a [cow|horse] | 50: a city")
    animate.settled()
    animate.page.get_by_role("button", name=re.compile("^Prompt 2")).press("ArrowRight")
    assert prompts.input_value() == "0: a [cow|horse] | 51: a city"
