"""Whose rules hold: what a profile changes, and that an input goes before its default."""

import pytest
from tests import tiny

from dreamreel.animation.input import parse
from dreamreel.animation.profile import PROFILES
from dreamreel.errors import InputError


def plan(**raw):
    return tiny.animation(**{"max_frames": 4, "animation_prompts": "0: a red circle", **raw}).plan


def test_a_profile_has_defaults_of_its_own_and_what_is_written_goes_before_them():
    assert parse({"profile": "a1111"})[0].values["noise_type"] == "perlin"
    assert parse({"profile": "a1111", "noise_type": "uniform"})[0].values["noise_type"] == "uniform"
    assert parse({})[0].values["noise_type"] == "gaussian"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_default_of_a_profile_is_a_value_that_its_input_takes(profile):
    assert parse({**PROFILES[profile].defaults, "profile": profile})[0].text("profile") == profile
    assert plan(profile=profile).num_frames == 4


def test_an_even_kernel_is_rounded_up_or_refused_with_the_way_out():
    even = {"amount_schedule": "0:(0.3)", "kernel_schedule": "0:(4)"}
    assert plan(profile="dreamreel", **even)
    with pytest.raises(InputError, match=r"4 at frame 1 is even.* write 5, or take profile dreamreel"):
        plan(profile="a1111", **even)


def test_a_blur_is_asked_for_where_a_picture_is_drawn_over_alone():
    """Both originals read it at the frames that they diffuse, but for the first."""
    for kernel in ("0:(4), 1:(3)", "0:(3), 4:(7)"):
        assert plan(
            profile="a1111", amount_schedule="0:(0.3)", kernel_schedule=kernel, diffusion_cadence=4, max_frames=9
        )
    with pytest.raises(InputError, match="4 at frame 1 is even"):
        plan(profile="a1111", amount_schedule="0:(0.3)", kernel_schedule="0:(3), 4:(7)", max_frames=9)


def test_the_notebook_has_no_threshold_as_it_failed_on_each():
    with pytest.raises(
        InputError, match="2 at frame 2 is above 0, on which the notebook fails; write 0, or take profile"
    ):
        plan(profile="notebook", threshold_schedule="0:(0), 1:(0), 2:(2)")
    assert plan(profile="dreamreel", threshold_schedule="0:(2)", amount_schedule="0:(0.3)")


def test_clouds_that_do_not_fit_a_picture_are_refused_with_how_many_do():
    with pytest.raises(
        InputError, match="of 5 octaves of 8 clouds do not divide the height's 64 pixels; take 4 clouds"
    ):
        plan(noise_type="perlin", perlin_octaves=5)


def test_a_sampler_of_a_schedule_may_have_its_name_in_the_family_and_another_is_refused():
    sampling = plan(sampler_schedule='0: ("Euler a"), 2: ("DDIM")').sampling
    assert [sampling.sampler(idx).name for idx in range(4)] == ["euler_ancestral"] * 2 + ["ddim"] * 2
    with pytest.raises(InputError, match='sampler_schedule: "nope" at column 21 is no sampler here; there are klms,'):
        plan(sampler_schedule='0: ("Euler a"), 2: ("nope")')
    with pytest.raises(InputError, match='"eular a" at column 5 is no sampler here; did you mean "euler_ancestral"'):
        plan(sampler_schedule='0: ("eular a")')


def test_seeds_go_as_their_behaviour_says_and_random_ones_are_the_same_again():
    assert [plan(seed=5, seed_behavior="ladder").seed_of(idx) for idx in range(4)] == [5, 7, 6, 8]
    once, again = (plan(seed=5, seed_behavior="random") for _ in range(2))
    assert [once.seed_of(idx) for idx in range(4)] == [again.seed_of(idx) for idx in range(4)]
    with pytest.raises(InputError, match='seed_behavior "schedule" needs it'):
        plan(seed_behavior="schedule")


def test_where_seeds_are_scheduled_grains_follow_them_but_in_the_extension_chance():
    said = {"seed": 5, "seed_behavior": "schedule", "seed_schedule": "0: (100+t)", "noise_schedule": "0: (0.1)"}
    ours, theirs = (plan(**said, profile=name, noise_type="uniform") for name in ("dreamreel", "a1111"))
    assert ours.seeding.grains.tolist() == [100, 101, 102, 103]
    by_chance = plan(seed=5, seed_behavior="random").seeding.numbers
    assert theirs.seeding.grains.tolist() == by_chance.tolist()
    assert (theirs.seed_of(2), theirs.row(2)["grain_seed"]) == (102, by_chance[2])
    assert "grain_seed" not in ours.row(2)
