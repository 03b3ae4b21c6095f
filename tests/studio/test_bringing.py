"""What is brought to the page: files of other programs, LoRAs, names for each frame; and what it knows by itself."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from tests import loras, tiny
from tests.e2e.server import serving
from tests.studio.desk import Desk

from dreamreel.animation.views import MODELS

STUDIO = Path(str(files("dreamreel") / "studio"))
SETTINGS = {
    "W": 512,
    "H": 512,
    "animation_mode": "2D",
    "max_frames": 48,
    "prompts": {"0": "a mill", "24": "a barn"},
    "zoom": "0: (1.02), 30: (1.05)",
    "sampler": "DPM++ 2M Karras",
    "use_parseq": False,
    "hybrid_composite": "Normal",
}
DROP = """([name, text]) => {
    const data = new DataTransfer()
    data.items.add(new File([text], name, { type: "text/plain" }))
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }))
}"""


def test_no_input_is_known_to_the_page_by_its_name_but_prompts_and_seed():
    """As a property or a text. What the API itself calls so beside inputs, and what the DOM does, may be said."""
    said_otherwise = {"seed", "width", "height", "model", "steps", "hue", "prompt_grammar", "border"}
    said_otherwise |= {"loras", "controlnets"}
    names = {name for model in MODELS for name in model.view.fields} - said_otherwise
    known = {}
    for path in STUDIO.glob("*.js"):
        code = re.sub(r"^\s*(?://|\*|/\*).*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
        known[path.name] = set(re.findall(r"""(?<=[."'`])(\w+)\b""", code)) & names
    assert {name: found for name, found in known.items() if found} == {}


def test_a_file_that_is_dropped_becomes_the_draft_says_what_became_of_it_and_undo_takes_it_back(desk):
    before = desk.text("Animation prompts").input_value()
    desk.page.evaluate(DROP, ["20230812_settings.txt", json.dumps(SETTINGS)])
    dialog = desk.page.get_by_role("dialog", name="Imported")
    dialog.wait_for()
    assert "20230812_settings.txt" in dialog.inner_text()
    for heading in ("Not supported here", "Used as it is"):
        assert dialog.get_by_text(heading).is_visible()
    assert dialog.locator("dt", has_text="hybrid_composite").is_visible()
    dialog.get_by_role("button", name="Go on").click()
    desk.settled()
    assert desk.page.get_by_label("Inputs of").input_value() == "dreamreel/animate"
    assert "a barn" in desk.text("Animation prompts").input_value()
    assert desk.page.get_by_label("Max frames", exact=True).input_value() == "48"
    desk.page.get_by_role("button", name="Undo", exact=True).click()
    desk.settled()
    assert desk.text("Animation prompts").input_value() == before
    assert desk.page.get_by_label("Inputs of").input_value() == "deforum/deforum_stable_diffusion"


def test_the_button_imports_too_the_dialog_takes_it_back_and_a_file_of_no_kind_is_said(desk):
    page = desk.page
    before = desk.text("Zoom").input_value()
    request = {"input": {"animation_prompts": "a lake", "zoom": "0: (1.5)", "nonsense": 1}}
    file = {"name": "request.json", "mimeType": "application/json", "buffer": json.dumps(request).encode()}
    page.set_input_files("#import-file", file)
    dialog = page.get_by_role("dialog", name="Imported")
    dialog.wait_for()
    assert desk.text("Zoom").input_value() == "0: (1.5)"
    dialog.get_by_role("button", name="Undo the import").click()
    desk.settled()
    assert desk.text("Zoom").input_value() == before
    page.set_input_files("#import-file", {"name": "cat.txt", "mimeType": "text/plain", "buffer": b"no settings"})
    refused = page.get_by_role("dialog", name="This file cannot be imported")
    refused.wait_for()
    assert len(refused.get_by_role("alert").inner_text()) > 20
    refused.get_by_role("button", name="Close").click()
    assert desk.text("Zoom").input_value() == before


def test_a_name_for_each_frame_is_chosen_moved_and_removed_on_a_lane_of_its_own(desk):
    page = desk.page
    page.get_by_label("Inputs of").select_option("dreamreel/animate")
    page.get_by_label("Find an input").fill("sampler_schedule")
    page.get_by_role("button", name=re.compile("^Sampler by frame: edit it")).click()
    page.get_by_role("button", name="Add a keyframe of Sampler by frame at the playhead").click()
    desk.settled()
    page.get_by_label("Sampler by frame from frame 0", exact=True).select_option("euler")
    desk.settled()
    assert desk.text("Sampler by frame").input_value() == '0: ("euler")'
    desk.text("Sampler by frame").fill('0: ("euler"), 30: ("klms")')
    edge = page.get_by_role("button", name="Keyframe of Sampler by frame at frame 30")
    edge.press("Shift+ArrowRight")
    desk.settled()
    page.get_by_label("Sampler by frame from frame 40", exact=True).select_option("ddim")
    desk.settled()
    assert desk.text("Sampler by frame").input_value() == '0: ("euler"), 40: ("ddim")'
    page.get_by_role("button", name="Remove: Sampler by frame from frame 40").click()
    desk.settled()
    assert desk.text("Sampler by frame").input_value() == '0: ("euler")'


@pytest.fixture(scope="module")
def drawer(tmp_path_factory):
    """A server with a LoRA."""
    folder = tmp_path_factory.mktemp("loras")
    loras.write(folder / "detail.safetensors", tiny.bundle().modules.adaptable, "kohya", only="attn|mlp", seed=1)
    with serving(tmp_path_factory.mktemp("drawer") / "data", "--steps", "2", "--loras", str(folder)) as server:
        yield server


def opened(context, server, words):
    """The studio of a server that has some of them, with their list open."""
    shop = Desk(context.new_page(), server.url).open()
    shop.page.get_by_role("button", name=re.compile(f"^{words}")).click()
    return shop, shop.page, shop.page.get_by_role("dialog", name=f"{words} on this server")


def test_loras_of_the_server_are_listed_and_added_to_the_input_or_to_the_prompt(desk, drawer, context):
    assert desk.page.get_by_role("button", name=re.compile("^LoRAs")).count() == 0  # this server has none
    shop, page, dialog = opened(context, drawer, "LoRAs")
    dialog.get_by_label("Strength").fill("0.6")
    dialog.get_by_role("button", name="Add detail").click()
    dialog.get_by_role("button", name="Close").click()
    shop.settled()
    first, _ = shop.text("Animation prompts").input_value().split("|")
    assert first.strip().endswith("<lora:detail:0.6>")  # the prompt under the playhead, and no other
    page.get_by_label("Inputs of").select_option("dreamreel/animate")
    shop.settled()
    page.get_by_role("button", name=re.compile("^LoRAs")).click()
    dialog.get_by_role("button", name="Add detail").click()
    dialog.get_by_role("button", name="Close").click()
    shop.settled()
    page.get_by_label("Find an input").fill("loras")
    assert page.locator("#input-loras").input_value() == "detail: 0.8"
    assert shop.errors == []


@pytest.fixture(scope="module")
def led(tmp_path_factory):
    """A server with two ControlNets."""
    with serving(tmp_path_factory.mktemp("led") / "data", "--controlnets", str(tiny.controlnet_folder())) as server:
        yield server


def test_controlnets_of_the_server_are_listed_and_added_where_the_model_has_the_input(desk, led, context):
    assert desk.page.get_by_role("button", name=re.compile("^ControlNets")).count() == 0  # this server has none
    shop, page, dialog = opened(context, led, "ControlNets")
    assert dialog.get_by_role("button", name="Add canny").is_disabled()  # the original has no such input
    dialog.get_by_role("button", name="Use dreamreel/animate").click()
    shop.settled()
    page.get_by_role("button", name=re.compile("^ControlNets")).click()
    dialog.get_by_label("Weight").first.fill("0.7")
    dialog.get_by_role("button", name="Add canny").click()
    dialog.get_by_role("button", name="Add tile").click()
    dialog.get_by_role("button", name="Close").click()
    shop.settled()
    page.get_by_label("Find an input").fill("controlnets")
    assert page.locator("#input-controlnets").input_value() == "canny: 0.7 | tile: 1"
    assert shop.errors == []
