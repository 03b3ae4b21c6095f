"""Whatever settings or a manifest say, each key has one fate and the request is read, or a sentence refuses it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.importers.corpus import extension, manifest, notebook

from dreamreel.animation.input import parse
from dreamreel.animation.views import ANIMATE
from dreamreel.errors import InputError
from dreamreel.importers.fates import FATES
from dreamreel.importers.recognise import import_document

ODD = ["0: (1)", "0: 0: (t)", "0: (1) | 5: (2)", "-5: (1)", "0", ".5", "Euler a", "0: (", '0: ("a")', "on"]
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(ODD)
)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner))
FIELDS = ("zoom", "zoom_delta", "angle_delta", "seed", "subseed", "strength", "sampler", "deforum_prompt", "scale", "x")
FRAMES = st.integers(-5, 40) | st.floats(allow_nan=True) | st.none()
ENTRIES = st.lists(
    st.fixed_dictionaries({"frame": FRAMES}, optional=dict.fromkeys(FIELDS, PLAIN)) | st.dictionaries(st.text(), PLAIN),
    max_size=4,
)


def fates_of(document):
    """Each key's fates; empty where one sentence refuses the document."""
    refused = ""
    try:
        answer = import_document(document, ANIMATE.view).document()
    except InputError as error:
        refused = str(error)
    assert "\n" not in refused
    if refused:
        return {}
    parse(answer["input"], ANIMATE.view)
    return {key: [fate for fate in FATES if key in answer[fate]] for fate in FATES for key in answer[fate]}


@pytest.mark.parametrize("program", [extension, notebook])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_value_of_any_key_of_settings_has_one_fate(program, data):
    document = program()
    document |= data.draw(st.dictionaries(st.sampled_from(sorted(document)) | st.text(max_size=8), VALUES, max_size=4))
    fates = fates_of(document)
    assert not fates or {key: len(fates.get(key, [])) for key in document} == dict.fromkeys(document, 1)


@given(entries=ENTRIES, options=st.dictionaries(st.sampled_from(["output_fps", "cadence", "bpm"]), PLAIN) | PLAIN)
@settings(max_examples=100, deadline=None)
def test_any_manifest_is_a_request_or_a_sentence(entries, options):
    fates = fates_of({"rendered_frames": entries, "options": options})
    assert not fates or all(len(found) == 1 for found in fates.values())


def _many_frames():
    return {"rendered_frames": [{"frame": idx, "zoom_delta": 1 + idx % 7 / 10} for idx in range(5000)], "options": {}}


@pytest.mark.parametrize(
    "document",
    [
        _many_frames(),
        manifest(2) | {"rendered_frames": [{"frame": 0, **{f"field_{idx}": idx for idx in range(20_000)}}]},
        manifest(2) | {"rendered_frames": [{"frame": 0, "deforum_prompt": "(" * 250_000}]},
        manifest(2) | {"rendered_frames": [{"frame": 0, "sampler": '")' * 125_000}]},
        extension(prompts={"0": "[a:" * 85_000}),
        extension(zoom="0:(" * 85_000),
        extension(zoom="0:(1)|" * 43_000),
        extension(seed_schedule="0: (s+" * 40_000, seed_behavior="schedule"),
    ],
    ids=["frames", "fields", "prompt", "names", "editing", "unclosed", "bars", "seeds"],
)
def test_a_quarter_of_a_mebibyte_is_read_within_a_second(document):
    started = time.thread_time()
    fates_of(document)
    # A second is the bar; among other tests the collector has more to look through.
    assert time.thread_time() - started < 2
