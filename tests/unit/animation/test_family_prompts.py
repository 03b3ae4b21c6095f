"""Weights, negatives, AND and what changes within a picture reach the network, at the right steps."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from tests import tiny

from dreamreel.animation.feature import Context
from dreamreel.animation.state import State, resume
from dreamreel.animation.stretch import next_stretch
from dreamreel.diffusion.calls import Denoise
from dreamreel.diffusion.sampling import SAMPLERS
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.drive import drive


def animation(prompts, grammar="dreamreel", steps=6, **raw):
    return tiny.animation(
        steps, animation_prompts=prompts, prompt_grammar=grammar, max_frames=raw.pop("frames", 2), **raw
    )


def calls_of(made, state=None):
    """Every evaluation of the next frame."""
    backend, found = backend_of(tiny.bundle()), []
    answer = backend.answer

    def watched(call):
        if isinstance(call, Denoise):
            found.append(call)
        return answer(call)

    backend.answer = watched
    drive(next_stretch(made.plan, made.space, state or State()), backend)
    return found


def condition(*phrase, skip=0):
    with torch.inference_mode():
        return tiny.bundle().read(list(phrase) or [("", 1.0)], 6, skip)[0]


def test_weights_negatives_and_and_are_conditions_and_their_strengths():
    calls = calls_of(animation("a (cat:1.3) AND a dog :0.5 --neg blue", cfg_scale=4.0))
    assert [call.weights for call in calls] == [(4.0, 2.0)] * len(calls)
    away, cat, dog = calls[0].conds
    assert torch.equal(away.rows, condition(("blue", 1.0)))
    assert torch.equal(cat.rows, condition(("a ", 1.0), ("cat", 1.3)))
    assert torch.equal(dog.rows, condition((" a dog", 1.0)))


def test_the_answer_is_away_and_each_way_from_it():
    made = animation("a cat AND a dog :0.5 --neg blue", cfg_scale=4.0)
    call = calls_of(made)[0]
    backend = backend_of(tiny.bundle())
    rows = [
        backend.answer(Denoise(call.x, call.t, (cond, cond), (1.0,), call.c_skip, call.c_in, call.c_out))
        for cond in call.conds
    ]
    wanted = rows[0] + 4.0 * (rows[1] - rows[0]) + 2.0 * (rows[2] - rows[0])
    assert torch.allclose(backend.answer(call), wanted, atol=1e-4)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_prompt_changes_at_its_step_with_every_sampler(sampler):
    made = animation("a [cat:dog:2]", steps=5, sampler=sampler)
    cat, dog = condition(("a cat", 1.0)), condition(("a dog", 1.0))
    shown = ["cat" if torch.equal(call.conds[1].rows, cat) else "dog" for call in calls_of(made)]
    assert all(
        torch.equal(call.conds[1].rows, dog) for call, name in zip(calls_of(made), shown, strict=True) if name == "dog"
    )
    changes = sum(one != other for one, other in pairwise(shown))
    assert (shown[0], shown[-1], changes) == ("cat", "dog", 1)
    share = shown.count("cat") / len(shown)
    # 2 of 5 steps; heun's second look at a level is with what leads from there on, and dpm_fast and dpm_adaptive look
    # up to three times within one.
    assert 0.25 <= share <= (0.7 if sampler in ("dpm_fast", "dpm_adaptive") else 0.5)


def test_prompts_in_turns_change_at_every_step():
    calls = calls_of(animation("[cat|dog]", steps=4, sampler="euler"))
    found = [torch.equal(call.conds[1].rows, condition(("cat", 1.0))) for call in calls]
    assert found == [True, False, True, False]


def test_shares_are_of_the_steps_that_a_frame_runs_or_of_all_in_a1111():
    for grammar, wanted in (("dreamreel", 2), ("a1111", 4)):
        made = animation("[cat:dog:0.5]", grammar, steps=10, sampler="euler", strength_schedule="0: (0.6)")
        backend = backend_of(tiny.bundle())
        state = drive(next_stretch(made.plan, made.space, State()), backend).state
        calls = calls_of(made, state)
        assert len(calls) == 4
        assert sum(torch.equal(call.conds[1].rows, condition(("cat", 1.0))) for call in calls) == wanted


def test_the_notebook_mixes_conditions_by_their_weights():
    calls = calls_of(animation("cat:3 dog:`t+1` fog:-2", "notebook"))
    away, towards = calls[0].conds
    with torch.inference_mode():
        wanted = 0.75 * condition(("cat", 1.0)) + 0.25 * condition(("dog", 1.0))
    assert torch.allclose(towards.rows, wanted, atol=1e-6)
    assert torch.equal(away.rows, condition(("fog", 1.0)))


def test_prompts_of_different_lengths_share_a_pass_and_lead_as_if_alone():
    long = "a red circle, " * 30
    made = animation(f"{long} --neg blue", cfg_scale=4.0)
    call = calls_of(made)[0]
    short, longer = (cond.rows.shape[1] for cond in call.conds)
    assert (short, longer > short, longer % short) == (77, True, 0)
    backend = backend_of(tiny.bundle())
    rows = [
        backend.answer(Denoise(call.x, call.t, (cond, cond), (1.0,), call.c_skip, call.c_in, call.c_out))
        for cond in call.conds
    ]
    assert torch.allclose(backend.answer(call), rows[0] + 4.0 * (rows[1] - rows[0]), atol=1e-4)


@pytest.mark.parametrize("mode", ["linear", "slerp", "text"])
def test_a_crossing_frame_is_between_its_prompts_and_the_key_is_its_own(mode):
    made = animation("0: a cat | 4: a dog", frames=5, prompt_blend=4, prompt_blend_mode=mode)
    assert made.plan.words.script.around(3) == (0, 1, 0.75)
    assert made.plan.prompt(4) == "a dog"
    guidance = drive(made.plan.words.run(Context(made.plan, 3, made.space, {}, {})), backend_of(tiny.bundle()))
    if mode == "text":
        assert guidance.weights == (0.25 * made.plan.canvas.cfg_scale, 0.75 * made.plan.canvas.cfg_scale)
        return
    cat, dog = condition(("a cat", 1.0)), condition(("a dog", 1.0))
    line = 0.25 * cat + 0.75 * dog
    assert torch.allclose(guidance.conds[1].rows, line, atol=1e-5) == (mode == "linear")


def test_a_resumed_film_is_the_same_to_the_bit():
    made = animation(
        "0: a [cat|dog] (red:1.2) | 3: a tree AND fog :0.4 --neg blue", frames=4, prompt_blend=2, sampler="heun"
    )
    images = [frame.image for frame in made]
    state = resume(made.plan, 2, lambda name: images[name[1]])
    again = [frame.image for frame in made.frames(state)]
    assert all(np.array_equal(one, other) for one, other in zip(images[2:], again, strict=True))


def test_what_the_original_does_not_know_is_named_when_it_has_no_effect():
    made = tiny.animation(animation_prompts="a cat", negative_prompts="blue")
    assert [note.field for note in made.plan.notes if note.ignored] == ["negative_prompts"]
