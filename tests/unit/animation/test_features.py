"""What holds for every feature, whoever writes it: one case for each line of the table."""

import json
from collections.abc import Mapping

import pytest
from tests import tiny
from tests.every_feature import FEATURES, INPUTS

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.checked import AnimationInput
from dreamreel.animation.field import schedule
from dreamreel.animation.fields import FIELDS
from dreamreel.animation.given import Given
from dreamreel.animation.input import parse
from dreamreel.animation.motion.warp2d import Warp2D
from dreamreel.animation.profile import PROFILES
from dreamreel.errors import InputError
from dreamreel.schedule.schedules import Grammar

NUM_FRAMES = 5


class Watched(Mapping):
    """The values of all inputs, such that feature is wanted. read: the names that were asked for."""

    def __init__(self, feature=Warp2D):
        self.read, self._values = set(), parse({"max_frames": NUM_FRAMES, **INPUTS[feature]})[0].values
        self.profile = PROFILES[self._values["profile"]]

    def __getitem__(self, name):
        self.read.add(name)
        return self._values[name]

    def __iter__(self):
        return iter(self._values)

    def __len__(self):
        return len(self._values)


def given(values, fields):
    profile = PROFILES[values.get("profile", "replicate")] if isinstance(values, dict) else values.profile
    canvas, grammar = Canvas(64, 64, 10, 7.0), Grammar(NUM_FRAMES)
    return Given(AnimationInput(values), canvas, grammar, {}, profile=profile).only(fields)


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_reads_all_of_its_own_fields_and_no_other(feature):
    values = Watched(feature)
    assert feature.plan(given(values, feature.FIELDS)) is not None
    assert values.read == {field.name for field in feature.FIELDS}


@pytest.mark.parametrize("feature", FEATURES)
def test_a_features_row_is_json_for_every_frame(feature):
    planned = feature.plan(given(Watched(feature), feature.FIELDS))
    rows = [planned.row(idx) for idx in range(NUM_FRAMES)]
    assert json.loads(json.dumps(rows)) == rows


@pytest.mark.parametrize("feature", FEATURES)
def test_a_picture_that_a_frame_needs_was_needed_by_the_frame_before_or_is_made_by_it(feature):
    planned = feature.plan(given(Watched(feature), feature.FIELDS))
    assert planned.needs(0) == frozenset()
    for idx in range(1, NUM_FRAMES):
        assert planned.needs(idx) <= planned.needs(idx - 1) | {(kind, idx - 1) for kind in ("frame", "exact", "key")}


def test_every_field_belongs_to_a_feature_or_to_the_core_and_no_name_means_two_things():
    named = [field for feature in FEATURES for field in feature.FIELDS]
    assert {field.name for field in named} < set(FIELDS)
    assert all(FIELDS[field.name] is field for field in named)


def test_asking_for_another_features_field_is_an_error():
    with pytest.raises(LookupError, match="sampler is none of the feature's fields: angle"):
        given(Watched(), Warp2D.FIELDS).text("sampler")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("0: (3), 4: (-3)", "shear: must be above 0, is 0 at frame 2; 1.0 stands still"),
        ("0: (11)", "shear: 11 at frame 0 is beyond 10; 1e-06 to 10 can be drawn"),
        ("0: (1e-7)", "shear: 1e-07 at frame 0 is below the smallest, 1e-06; 1e-06 to 10 can be drawn"),
    ],
)
def test_a_schedules_limits_stand_on_its_field_and_name_the_first_frame_that_passes_them(value, sentence):
    shear = schedule("shear", "0: (1)", "A field of no feature", limit=10, is_factor=True)
    with pytest.raises(InputError) as caught:
        given({"shear": value}, (shear,)).series("shear")
    assert str(caught.value) == sentence


def test_a_plan_names_the_pictures_and_the_numbers_of_all_its_features():
    plan = tiny.animation(max_frames=NUM_FRAMES).plan
    assert plan.needs(3) == {("frame", 2), ("frame", 0)}
    assert list(plan.row(1)) == [
        *("seed", "prompt", "angle", "zoom", "translation_x", "translation_y", "strength", "noise", "contrast")
    ]
