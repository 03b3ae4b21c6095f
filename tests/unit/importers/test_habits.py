"""What people's files do, and what becomes of it."""

import json
import tempfile
from pathlib import Path

import pytest
from tests.unit.importers.corpus import UNREADABLE, extension, manifest, notebook

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.fields import FIELDS
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build
from dreamreel.animation.views import ANIMATE
from dreamreel.errors import InputError
from dreamreel.importers.migration import migrated
from dreamreel.importers.reading import MOST_BYTES, MOST_SIGNS
from dreamreel.importers.recognise import import_document, import_file, is_request
from dreamreel.video.provenance import append_manifest


def plan_of(document):
    """The plan of a file's request, on a small canvas."""
    animation_input, _ = parse(import_document(document, ANIMATE.view).input)
    return build(animation_input, Canvas(64, 64, 25, 7.0), animation_input.seed or 0)


def series(document, name):
    return plan_of(document).series[name].tolist()


def film(manifest):
    """The bytes of an mp4 with that manifest."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        path.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0")
        append_manifest(path, {"input": {}})
        data = path.read_bytes()
    head, old = data[:16], data[16:]
    return head + (24 + len(manifest)).to_bytes(4, "big") + old[4:24] + manifest


def lists(document):
    return import_document(document, ANIMATE.view).document()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0: 0: (1.04)", {0: 1.04, 59: 1.04}),
        ("0:(1.02) | 30:(1.05)", {0: 1.02, 30: 1.05, 59: 1.05}),
        (" 0: (1.02)", {0: 1.02}),
        ("0: (.5)", {0: 0.5}),
        ("1.5", {0: 1.5, 59: 1.5}),
        ("0: (1), 500: (9)", {0: 1, 59: 1}),
        ("0: (1), 60: (9)", {59: 1}),
        ("10: (2), 20: (3)", {0: 2, 15: 2.5}),
        ("0: (1.01),", {59: 1.01}),
        ("0: (where(t<30, 1, 2))", {29: 1, 30: 2}),
        ("0: (1+sqrt(t-10))", {10: 1, 11: 2}),
    ],
)
@pytest.mark.parametrize("settings", [extension, notebook], ids=["extension", "notebook"])
def test_schedules_end_well_however_they_are_written(settings, text, values):
    found = series(settings(zoom=text), "zoom")
    assert {frame: found[frame] for frame in values} == pytest.approx(values)


@pytest.mark.parametrize(
    "prompts",
    [
        {"0": "a fox", "30": "a cat"},
        {"a fox": 0, "a cat": 30},
        {"a fox": "0", "a cat": "30"},
        '{"0": "a fox", "30": "a cat"}',
        "0: a fox | 30: a cat",
        {"0": "a fox", "(max_f+1)/2": "a cat"},
    ],
)
def test_prompts_are_read_in_any_shape(prompts):
    plan = plan_of(extension(prompts=prompts, negative_prompts=""))
    assert [plan.prompt(frame) for frame in (0, 29, 30, 59)] == ["a fox", "a fox", "a cat", "a cat"]


def test_the_first_prompt_is_shown_before_its_frame():
    assert plan_of(notebook(prompts={"50": "a fox"})).prompt(0) == "a fox"


def test_no_prompts_draw_an_empty_one():
    assert plan_of(notebook(prompts={})).prompt(0) == ""


def test_a_key_that_says_null_has_a_fate_alone_and_beside_a_manifest():
    assert lists({**extension(), "prompts": None})["inert"]["prompts"] == "null: the default holds"
    beside = {**extension(parseq_manifest=json.dumps(manifest(20))), "zoom": None, "prompts": None}
    inert = lists(beside)["inert"]
    assert inert["zoom"] == inert["prompts"] == "the Parseq manifest says it"


def test_boxes_that_the_prompts_hold_already_are_not_put_in_twice():
    merged = lists(extension(prompts={"0": "a fox --neg fog"}, negative_prompts="fog"))
    assert merged["inert"]["negative_prompts"] == "the prompts hold it already"
    apart = lists(extension(prompts={"0": "a fox"}, negative_prompts="fog"))
    assert "negative_prompts" in apart["used"]


def test_defaults_and_what_is_off_are_never_called_unsupported():
    assert lists(extension())["unsupported"] == {}
    assert lists(notebook())["unsupported"] == {}
    off = extension(init_image="mine.png", mask_file="m.png", cn_1_module="canny", rotation_3d_x="0: (3)")
    assert lists(off)["unsupported"] == {}


def test_what_would_show_is_named():
    named = lists(extension(animation_mode="3D", rotation_3d_x="0: (3)", cn_2_enabled=True, tiling=True))["unsupported"]
    assert set(named) == {"animation_mode", "rotation_3d_x", "cn_2_enabled", "tiling"} - set(FIELDS)


def test_old_names_are_changed():
    answer = lists(extension(enable_perspective_flip=None, flip_2d_perspective=True, border="warp", FPS=20, fps=None))
    assert {"flip_2d_perspective", "border", "FPS"} <= set(answer["changed"])
    inputs = answer["input"]
    assert (inputs["enable_perspective_flip"], inputs["border"], inputs["fps"]) == (True, "wrap", 20)


def test_of_an_old_and_a_new_name_in_one_file_the_old_one_counts_as_in_the_extension_and_that_is_said():
    both = extension(enable_perspective_flip=False, flip_2d_perspective=True, use_zoe_depth=True, depth_algorithm="x")
    found, changes, _ = migrated(both)
    assert (found["enable_perspective_flip"], found["depth_algorithm"]) == (True, "Zoe+AdaBins (old)")
    assert changes["flip_2d_perspective"].endswith(
        "counts in place of the enable_perspective_flip that the file has, too"
    )
    assert changes["use_zoe_depth"].endswith("counts in place of the depth_algorithm that the file has, too")
    assert lists(both)["input"]["enable_perspective_flip"] is True
    del both["enable_perspective_flip"]
    assert migrated(both)[1]["flip_2d_perspective"] == "is called enable_perspective_flip now"


def test_files_without_a_key_have_the_program_s_default():
    inputs = lists({"prompts": {"0": "a"}, "W": 512, "H": 512, "animation_mode": "2D"})["input"]
    assert (inputs["max_frames"], inputs["sampler"], inputs["legacy_colormatch"]) == (120, "euler_ancestral", True)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        *UNREADABLE.values(),
        (b'{"W": 512, "H": 512,}', 'remove the comma before "}"'),
        (b'{"W": 512 "H": 512}', "write a comma before it"),
        (b"{'W': 512}", "write \" for '"),
        (b"[1, 2]", "must hold a JSON object: a request, settings, or a Parseq manifest"),
        (b" " * (MOST_BYTES + 1), "has more than 8 MiB"),
        (b"[" * 100_000, "too deep"),
        (b"", "it is empty"),
        (b'{"W": 512, "prompts": {"a": 1' + b"0" * 400 + b"}}", "a number too long"),
        (b'{"W": 512, "prompts": {"0": "a fox \\ud83d"}}', "holds half a surrogate pair"),
        (film(b"[" * 100_000), "too deep"),
        (film(b"[0" + b",0" * MOST_SIGNS + b"]"), "holds more than"),
        (film(b'{"input": {"seed": 1' + b"0" * 400 + b"}}"), "a number too long"),
    ],
    ids=[
        *(*UNREADABLE, "comma", "no comma", "quotes", "list", "large", "deep", "empty"),
        *("number", "half a pair", "deep film", "film of many values", "number in a film"),
    ],
)
def test_what_cannot_be_read_says_where_and_what_to_do(content, sentence):
    with pytest.raises(InputError) as caught:
        import_file(content)
    assert sentence in str(caught.value)


def test_a_sampler_s_number_may_have_any_length():
    assert lists(extension(sampler=15))["input"]["sampler"] == "dpmpp_2m"
    assert "sampler" in lists(extension(sampler="9" * 5000))["unsupported"]


def test_what_stands_beside_the_input_of_a_manifest_is_tried_too():
    document = {"input": {"seed": 3}, "model": "builtin", "width": 256, "height": 256, "steps": -5, "cfg_scale": 1e999}
    answer = lists(document)
    assert answer["input"] == {"seed": 3, "width": 256, "height": 256}
    assert set(answer["unsupported"]) == {"steps", "cfg_scale"}


def test_frames_that_a_manifest_leaves_out_are_interpolated():
    entries = [{"frame": frame, "zoom_delta": 1 + frame / 10} for frame in (0, 4)]
    settings = extension(
        parseq_manifest={"rendered_frames": entries, "options": {}}, parseq_non_schedule_overrides=False
    )
    assert series(settings, "zoom")[:6] == pytest.approx([1, 1.1, 1.2, 1.3, 1.4, 1.4])


def test_a_manifest_wins_over_the_schedules_and_prompts_beside_it():
    settings = extension(zoom="0: (9)", parseq_manifest=json.dumps(manifest(20)), negative_prompts="rain")
    answer = lists(settings)
    assert answer["inert"]["zoom"] == answer["inert"]["negative_prompts"] == "the Parseq manifest says it"
    plan = plan_of(settings)
    assert (plan.num_frames, plan.input.fps, plan.seed_of(19)) == (20, 24, 101)
    assert plan.series["zoom"].tolist() == [1.01] * 20
    assert plan.prompt(0) == "a fox --neg fog"


def test_what_stands_beside_wrapped_settings_counts():
    document = {"deforum_settings": extension(prompts=None), "prompts": {"0": "a fox"}}
    document["options_overrides"] = {"CLIP_stop_at_last_layers": 2}
    plan = plan_of(document)
    assert plan.prompt(0).startswith("a fox")
    assert plan.series["clipskip_schedule"][0] == 2


def test_a_checkpoint_s_name_makes_no_request_of_the_second_model():
    assert lists(notebook(model_checkpoint="sd-v1-4.ckpt"))["kind"] == "settings of the notebook"


def test_very_small_numbers_of_a_manifest_stay_numbers():
    assert series(manifest(12), "translation_x") == [1e-5] * 12


def test_requests_are_known_from_settings():
    assert is_request({"zoom": "0: (1.04)", "max_frames": 30, "animation_mode": "2D", "width": 512})
    assert is_request({"version": "e22e", "input": {"zoom": "0: (1)"}, "id": "x", "status": "succeeded"})
    assert not any(map(is_request, (extension(), notebook(), manifest(2), {"deforum_settings": {}}, [extension()])))
    assert not is_request({"input": {"zoom": "0: (1)"}, "model": "builtin", "width": 256, "height": 256, "steps": 8})


@pytest.mark.parametrize("value", [True, 1, "on", "0: (1)"])
def test_an_old_switch_of_depth_has_a_fate_whatever_it_says(value):
    answer = lists(extension(use_zoe_depth=value))
    assert sum("use_zoe_depth" in answer[fate] for fate in ("used", "changed", "unsupported", "inert")) == 1


def test_a_prompt_before_frame_0_is_left_out_and_the_others_are_drawn():
    document = extension(prompts={"-1": "a fox", "0": "a cat"}, negative_prompts="")
    assert plan_of(document).prompt(0) == "a cat"
    assert lists(document)["changed"]["prompts"].startswith('the frame "-1" is before frame 0')
