import numpy as np
import pytest

from dreamreel.animation.canvas import Canvas
from dreamreel.animation.input import parse
from dreamreel.animation.plan import build, table
from dreamreel.animation.profile import PROFILES
from dreamreel.errors import InputError

CANVAS = Canvas(64, 64, 50, 7.0)


def plan(seed=1, canvas=CANVAS, **raw):
    return build(parse(raw)[0], canvas, seed)


def test_a_hundred_frames_cost_what_the_original_cost():
    costs = {sampler: int(plan(sampler=sampler).evaluations.sum()) for sampler in ("klms", "heun", "dpm2")}
    assert costs == {"klms": 1733, "heun": 99 + 33 * 99, "dpm2": 100 + 34 * 99}
    assert int(plan(sampler="klms", max_frames=1000).evaluations.sum()) == 17033


def test_plms_becomes_klms_and_the_source_profile_makes_everything_klms():
    assert plan(sampler="plms").sampling.sampler(0).name == "klms"
    assert plan(sampler="heun").sampling.sampler(0).name == "heun"
    assert plan(sampler="heun", profile="replicate-source").sampling.sampler(0).name == "klms"


def test_seeds_count_up_and_wrap_at_32_bits():
    assert [plan(seed=2**32 - 1).seed_of(idx) for idx in (0, 1, 2)] == [2**32 - 1, 0, 1]


def test_strength_is_clipped_and_frame_zero_keeps_nothing():
    made = plan(strength_schedule="0: (2.0), 50: (-1)", max_frames=60)
    assert [made.row(idx)["strength"] for idx in (0, 1, 59)] == [0.0, 1.0, 0.0]
    assert [made.sampling.steps[idx] for idx in (0, 1, 59)] == [50, 0, 50]


def test_a_default_is_the_same_series_whether_it_is_written_or_left_out():
    written, left_out = plan(zoom="0:(1.04)"), plan()
    assert np.array_equal(written.series["zoom"], left_out.series["zoom"])
    assert plan(seed=2).series["zoom"] is left_out.series["zoom"]


def test_a_series_that_plans_share_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        plan().series["zoom"][0] = 2


def test_what_nobody_touches_is_planned_once_and_what_decides_it_is_told_apart():
    one, other = plan(zoom="0: (1.1)"), plan(seed=2, animation_prompts="a fox")
    assert one.sampling is other.sampling
    assert one.words is not other.words
    assert [step for step in one.before if step in other.before] == list(one.before[1:])  # all but the warp
    for different in (
        plan(canvas=Canvas(64, 64, 20, 7.0)),
        plan(max_frames=99),
        plan(profile="notebook"),
        plan(interp="cubic"),
    ):
        assert different.sampling is not one.sampling


@pytest.mark.parametrize("profile", PROFILES)
def test_a_plan_and_its_notes_are_the_same_the_second_time(profile):
    first, second = (plan(profile=profile, animation_prompts="0: a fox | 90: an owl") for _ in range(2))
    assert first.notes == second.notes
    assert [first.row(idx) for idx in range(100)] == [second.row(idx) for idx in range(100)]


def test_what_plans_share_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        plan().sampling.counts[0] = 2


def test_the_table_has_a_row_for_each_frame():
    rows = list(table(plan(animation_prompts="0: a | 2: b", max_frames=4, zoom="0: (1), 3: (4)")))
    assert [(row["frame"], row["prompt"], row["zoom"]) for row in rows] == [
        (0, "a", 1),
        (1, "a", 2),
        (2, "b", 3),
        (3, "b", 4),
    ]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"zoom": "0: (0)"}, "zoom: must be above 0, is 0 at frame 0; 1.0 stands still"),
        ({"zoom": "0: (1), 9: (-1)", "max_frames": 10}, "zoom: must be above 0, is -0.111111 at frame 5"),
        ({"zoom": "0: (1e-9)"}, "zoom: 1e-09 at frame 0 is below the smallest, 1e-06"),
        ({"zoom": "0: (1e300)"}, "zoom: 1e+300 at frame 0 is beyond 1e+06"),
        ({"zoom": "0: (nan)"}, 'zoom: "nan" at column 5 is not a finite number'),
        ({"zoom": "0: (1e400)"}, 'zoom: "1e400" at column 5 is not a finite number'),
        ({"translation_x": "0: (-inf)"}, "translation_x"),
        ({"translation_y": "0: (1e12)"}, "translation_y: 1e+12 at frame 0 is beyond 1e+06"),
        ({"contrast_schedule": "0: (1e9)"}, "contrast_schedule"),
        ({"sampler": "ddim", "strength_schedule": "0: (0.5), 50: (0)"}, "strength_schedule: 0 at frame 50"),
    ],
)
def test_motion_that_would_draw_garbage_is_refused_with_its_frame(raw, sentence):
    with pytest.raises(InputError) as caught:
        plan(**raw)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("canvas", "sentence"),
    [
        (Canvas(65, 64, 50, 7), "size: width 65 is not a multiple of 8; use 64 or 72"),
        (Canvas(64, 8, 50, 7), "size: height must be between 16 and 4096 pixels, got 8"),
        (Canvas(64, 99999, 50, 7), "size: height"),
        (Canvas(64, 64, 0, 7), "steps: must be between 1 and 1000, got 0"),
        (Canvas(64, 64, 50, float("nan")), "cfg_scale: must be between -1000 and 1000, got nan"),
    ],
)
def test_a_canvas_that_cannot_be_drawn_on_is_refused(canvas, sentence):
    with pytest.raises(InputError) as caught:
        plan(canvas=canvas)
    assert sentence in str(caught.value)


def test_ddim_steps_that_ran_off_the_originals_table_are_refused_with_a_number_that_works():
    with pytest.raises(InputError, match=r"ddim has no 9 steps: .* use 8"):
        plan(canvas=Canvas(64, 64, 9, 7), sampler="ddim")
    assert plan(canvas=Canvas(64, 64, 30, 7), sampler="ddim").sampling.steps[0] == 31


def test_what_only_a_frame_between_two_drawings_would_take_is_neither_refused_nor_noted():
    said = {"sampler": "ddim", "steps_schedule": "0: (8), 1: (9), 2: (8)", "max_frames": 4, "diffusion_cadence": 2}
    assert plan(**said).sampling.totals.tolist() == [8, 9, 8, 8]
    with pytest.raises(InputError, match="ddim has no 9 steps"):
        plan(**said | {"diffusion_cadence": 1})
    kept = {"strength_schedule": "0: (0.5), 1: (1), 2: (0.5)", "max_frames": 4}
    assert plan(**kept).notes
    assert not plan(**kept, diffusion_cadence=2).notes


def test_ten_thousand_prompts_are_planned_at_once():
    text = "|".join(f"{idx}: {idx % 7}" for idx in range(10_000))
    made = plan(animation_prompts=text, max_frames=100_000)
    assert len(made.words.prompts) == 7
    assert np.array_equal(made.words.shown, np.arange(100_000).clip(max=9_999) % 7)


def test_strict_refuses_what_is_otherwise_noted():
    assert plan(zoom="0: (1), 5 (2)").notes[-1].field == "zoom"
    with pytest.raises(InputError, match=r"zoom: .* \(strict\)"):
        plan(zoom="0: (1), 5 (2)", strict=True)
    assert plan(animation_prompts="0: a cat", strict=True).notes


def strength_notes(text, **more):
    plan = build(parse({"animation_prompts": "a", "strength_schedule": text, "max_frames": 60, **more})[0], CANVAS, 5)
    return [note.message for note in plan.notes]


def test_each_clipped_strength_is_noted_with_its_column():
    assert strength_notes("0: (-3), 20: (0.9), 30: (65), 40: (0.5)")[:2] == [
        "-3 at column 5 becomes 0: a strength lies between 0 and 1",
        "65 at column 26 becomes 1: a strength lies between 0 and 1; write 0.65 for 65 %",
    ]
    (formula, _) = strength_notes("0: (0.6 + t/100)", math=True)
    assert formula == "1.19 at column 5 becomes 1: a strength lies between 0 and 1"
    with pytest.raises(InputError, match="65 at column 5 becomes 1"):
        strength_notes("0: (65)", strict=True)


def test_frames_without_a_step_are_noted():
    (note,) = strength_notes("0: (0.99)")
    assert note.startswith(f"59 frames, 1 to 59, take 0 of {CANVAS.steps} steps at a strength of 0.99")
    assert strength_notes("0: (0.65)") == strength_notes("0: (0.5), 30: (0.9)") == []


def test_nothing_is_noted_where_nothing_was_written():
    assert plan().notes == ()
    assert [note.field for note in plan(animation_prompts="0: a cat").notes] == ["animation_prompts"]


def test_with_cadence_only_drawings_are_evaluated_and_the_rest_is_saved():
    every, sparse = plan(max_frames=9), plan(max_frames=9, diffusion_cadence=4)
    assert sparse.is_diffused.nonzero()[0].tolist() == [0, 4, 8]
    assert sparse.evaluations.tolist() == [50, 0, 0, 0, 17, 0, 0, 0, 17]
    assert int(sparse.evaluations.sum()) + sparse.saved == int(every.evaluations.sum())
    assert sparse.row(4)["strength"] == 0.65
    assert "strength" not in sparse.row(5)
    assert [sparse.row(idx)["tween"] for idx in range(9)] == [1, 1, 1, 1, 0.25, 0.5, 0.75, 1, 0.25]


def test_with_cadence_seeds_and_prompts_go_on_with_each_drawing():
    sparse = plan(max_frames=7, diffusion_cadence=3, animation_prompts="0: a | 2: b | 4: c", seed_behavior="iter")
    assert [sparse.seed_of(idx) - sparse.seed for idx in range(7)] == [0, 0, 0, 1, 1, 1, 2]
    assert [sparse.prompt(idx) for idx in range(7)] == ["a", "a", "a", "b", "b", "b", "c"]


def test_the_family_drops_the_tail_of_a_film_with_cadence_and_says_so_and_dreamreel_does_not():
    made = {profile: plan(max_frames=12, diffusion_cadence=5, profile=profile) for profile in PROFILES}
    assert {name: each.num_frames for name, each in made.items()} == {
        **dict.fromkeys(("replicate", "replicate-source", "dreamreel"), 12),
        **dict.fromkeys(("a1111", "notebook"), 10),
    }
    said = [str(note) for note in made["a1111"].notes if note.field == "diffusion_cadence"]
    sentence = (
        "the film has 10 of 12 frames, as the original ends with the last whole group before the last frame; profile "
        "dreamreel draws all"
    )
    assert said == [f"diffusion_cadence: {sentence}"]
    assert not [note for note in made["dreamreel"].notes if note.field == "diffusion_cadence"]


def test_a_cadence_that_leaves_no_frame_is_refused_where_the_original_left_none():
    with pytest.raises(InputError, match=r"5 leaves none of 5 frames .* take max_frames 6 or more, or prof"):
        plan(max_frames=5, diffusion_cadence=5, profile="a1111")
    assert plan(max_frames=5, diffusion_cadence=5, profile="dreamreel").num_frames == 5


def test_a_prompt_that_is_over_before_the_next_drawing_is_named():
    texts = {"animation_prompts": "0: a | 2: b | 4: c | 7: d", "max_frames": 9, "diffusion_cadence": 4}
    said = [str(note) for note in plan(**texts).notes if note.field == "animation_prompts"]
    assert said == ["animation_prompts: the prompt at frame 2 is never drawn: frames 0 and 4 are, by cadence"]
    assert not plan(**{**texts, "diffusion_cadence": 1}).notes
    with pytest.raises(InputError, match=r"the prompt at frame 2 is never drawn: .* \(strict\)"):
        plan(**texts, strict=True)
