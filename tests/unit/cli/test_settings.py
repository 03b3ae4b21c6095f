"""Settings from variables and flags: what is none, and what cannot be one, is said with its source."""

import pytest

from dreamreel.errors import InputError
from dreamreel.settings import Settings, load, to_environment


def test_flags_win_over_variables_and_both_over_defaults():
    settings = load({"DREAMREEL_SLOTS": "3", "DREAMREEL_STEPS": "9"}, slots="2")
    assert (settings.slots, settings.steps, settings.port) == (2, 9, Settings().port)


@pytest.mark.parametrize(
    ("variables", "flags", "said"),
    [
        ({"DREAMREEL_SLOTZ": "1"}, {}, "did you mean DREAMREEL_SLOTS"),
        ({"DREAMREEL_SLOTS": "two"}, {}, 'DREAMREEL_SLOTS: must be a whole number, got "two"'),
        ({"DREAMREEL_SLOTS": "-1"}, {}, "DREAMREEL_SLOTS: must be 0 or more, got -1"),
        ({}, {"slots": "-2"}, "--slots: must be 0 or more, got -2"),
        ({}, {"slots": -2}, "--slots: must be 0 or more, got -2"),
        ({}, {"lease_s": "nan"}, "--lease-s: must be 0 or more, got nan"),
        ({}, {"keep_hours": "inf"}, "--keep-hours: must be 0 or more, got inf"),
    ],
)
def test_what_cannot_be_is_one_sentence(variables, flags, said):
    with pytest.raises(InputError) as caught:
        load(variables, **flags)
    assert said in str(caught.value)


def test_a_worker_gets_what_the_server_has():
    settings = load({}, slots=2, lease_s=1.5, presign=True, model="tiny-sd")
    assert load(to_environment(settings)) == settings
