"""The backend on a bundle of ours that is a few sums: what is asked, padded, and answered."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from dreamreel.diffusion.calls import Cond, Decode, Denoise, Embed, Encode, Host, embed
from dreamreel.diffusion.denoiser import Guidance, denoised_at, predicted_at
from dreamreel.diffusion.sigmas import NoiseSchedule
from dreamreel.engine.batcher import Batcher
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.network import Later
from dreamreel.engine.rows import Buckets
from dreamreel.errors import EngineError, NumbersError
from dreamreel.models.bundle import ModelFacts
from dreamreel.models.guidance import guided


class Sums:
    """A bundle whose network gives x * (t + 1) + mean(cond), guided. room: rows that its memory holds."""

    def __init__(self, room=1000, device="cpu"):
        self.room, self.passes, self.prompts = room, [], []
        self.facts = ModelFacts("sums", "sums", 4, 8, np.ones(1000, np.float32), device, "float32")

    def _take(self, kind, num_rows):
        if num_rows > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.passes.append((kind, num_rows))

    def embed(self, prompts):
        self.prompts += prompts
        return torch.full((len(prompts), 77, 4), float(len(prompts[0])))

    def encode(self, samples, noise):
        self._take("encode", len(samples))
        return noise + samples.mean()

    def denoise(self, x, scales, cond, *_):
        self._take("denoise", len(cond))
        return guided(lambda x, t, cond: x * each(t + 1) + each(cond.mean((1, 2))), x, scales, cond)

    def decode(self, latents):
        self._take("decode", len(latents))
        return latents[:, :3]


def each(values):
    """One number for each row."""
    return values.view(-1, 1, 1, 1)


def denoise(value, t=1.0, cfg_scale=7.0, sigma=2.0):
    x = torch.full((1, 4, 2, 2), value)
    return Denoise(x, t, (cond(1.0), cond(3.0)), (cfg_scale,), c_skip=1.0, c_in=0.5, c_out=-sigma)


def cond(value):
    return Cond(torch.full((1, 77, 4), value))


def by_hand(call):
    def row(mean):
        return call.c_skip * call.x + call.c_out * (call.c_in * call.x * (call.t + 1) + mean)

    first, *others = [row(float(each.rows.mean())) for each in call.conds]
    return first + sum(weight * (other - first) for weight, other in zip(call.weights, others, strict=True))


def on_gpu_rules(room=1000, rows=None):
    """A backend with the buckets that a CUDA device would have."""
    bundle = Sums(room, device="cuda")
    return backend_of(bundle, rows), bundle


def buckets(backend):
    """Of the one network that the backend has."""
    return backend._networks.get("").buckets


def test_rows_at_any_step_time_and_scale_are_answered_as_each_alone():
    calls = [denoise(0.5, t=10.0), denoise(-1.0, t=900.5, cfg_scale=1.0), denoise(2.0, sigma=14.6)]
    backend, bundle = on_gpu_rules()
    for answer, call in zip(backend.forward(calls), calls, strict=True):
        assert torch.equal(answer, by_hand(call))
    assert bundle.passes == [("denoise", 8)]


def test_a_fixed_bucket_is_padded_to_its_size_and_never_exceeded():
    backend, bundle = on_gpu_rules(rows=4)
    answers = backend.forward([denoise(value) for value in (0.0, 1.0, 2.0)])
    assert [float(answer.flatten()[0]) for answer in answers] == [
        float(by_hand(denoise(v)).flatten()[0]) for v in (0.0, 1.0, 2.0)
    ]
    assert bundle.passes == [("denoise", 4), ("denoise", 4)]


def test_without_memory_the_bucket_shrinks_and_every_row_is_answered(caplog):
    backend, bundle = on_gpu_rules(room=4)
    calls = [denoise(float(value)) for value in range(16)]
    for answer, call in zip(backend.forward(calls), calls, strict=True):
        assert torch.equal(answer, by_hand(call))
    assert bundle.passes == [("denoise", 4)] * 8
    assert buckets(backend)[Denoise] == Buckets(4, fixed=False)
    assert "no memory on cuda for 32 rows of denoise; going on with 16" in caplog.text


@pytest.mark.parametrize(("rows", "room", "left"), [(6, 5, 2), (10, 5, 4), (12, 3, 2)])
def test_a_bucket_that_shrinks_keeps_whole_evaluations_of_two_rows(rows, room, left):
    backend, _ = on_gpu_rules(room, rows)
    call = denoise(0.5)
    assert torch.equal(backend.forward([call])[0], by_hand(call))
    assert buckets(backend)[Denoise] == Buckets(left, fixed=True)


def test_each_kind_of_work_shrinks_on_its_own():
    backend, _ = on_gpu_rules(room=4)
    backend.forward([Decode(torch.ones(1, 4, 8, 8)) for _ in range(8)])
    assert (buckets(backend)[Decode].most, buckets(backend)[Denoise].most) == (4, 32)


def test_no_memory_for_a_single_row_is_an_error_of_that_call():
    backend, _ = on_gpu_rules(room=1)
    with pytest.raises(EngineError, match="no memory on cuda for a single denoise call"):
        backend.forward([denoise(1.0)])


def test_pictures_and_samples_are_batched_where_rows_are_free():
    backend, bundle = on_gpu_rules()
    sample, noise = torch.zeros(1, 3, 8, 8), torch.ones(1, 4, 1, 1)
    assert [tuple(answer.shape) for answer in backend.forward([Encode(sample, noise)] * 3)] == [(1, 4, 1, 1)] * 3
    assert bundle.passes == [("encode", 4)]


def test_one_picture_that_is_no_number_does_not_hurt_its_neighbours():
    backend, _ = on_gpu_rules()
    good, bad = torch.full((1, 4, 8, 8), 0.5), torch.full((1, 4, 8, 8), torch.nan)
    first, second, third = backend.forward([Decode(good), Decode(bad), Decode(good)])
    assert all(isinstance(answer, Later) for answer in (first, second, third))
    assert np.array_equal(first.finish(), third.finish())
    with pytest.raises(NumbersError):
        second.finish()


def test_a_prompt_is_read_once():
    backend, bundle = on_gpu_rules()
    for prompt in ("a", "", "a", "b", "a"):
        backend.answer(embed(prompt))
    assert bundle.prompts == ["a", "", "b"]


@pytest.mark.parametrize("num_rows", [2, 8, None])
def test_an_evaluation_of_three_conditions_is_weighted_as_by_hand_alone_and_in_company(num_rows):
    backend, bundle = on_gpu_rules(rows=num_rows)
    calls = [
        replace(denoise(value, t=value), conds=(cond(1.0), cond(3.0), cond(-2.0)), weights=(7.0, -1.5))
        for value in (0.5, 1.0, 2.0)
    ]
    for answer, call in zip(backend.forward(calls), calls, strict=True):
        assert torch.allclose(answer, by_hand(call))
        assert torch.equal(answer, backend.answer(call))
    assert all(rows % 3 == 0 for _, rows in bundle.passes)


def test_one_condition_alone_is_drawn_without_guidance():
    backend, _ = on_gpu_rules()
    call = replace(denoise(0.5), conds=(cond(3.0),), weights=())
    assert torch.equal(backend.answer(call), by_hand(call))


def test_a_mix_is_the_weighted_sum_of_prompts_that_are_each_read_once():
    backend, bundle = on_gpu_rules()
    assert float(backend.answer(Embed((("ab", 0.25), ("abcd", 0.75)))).rows.mean()) == 0.25 * 2 + 0.75 * 4
    assert torch.equal(backend.answer(embed("abcd")).rows, torch.full((1, 77, 4), 4.0))
    assert backend.known(Embed((("ab", 0.5), ("abcd", 0.5)))) is not None
    assert backend.known(Embed((("ab", 0.5), ("new", 0.5)))) is None
    assert bundle.prompts == ["ab", "abcd"]


def test_a_row_that_breaks_its_pass_ends_alone_in_a_batcher():
    backend, _ = on_gpu_rules()

    def asks(call):
        return (yield call)

    batcher, broken = Batcher(backend), denoise(1.0, t="no time")
    for key, call in (("a", denoise(0.0)), ("bad", broken), ("c", denoise(2.0))):
        batcher.add(key, asks(call))
    outcomes = {outcome.key: outcome for outcome in batcher.step()}
    assert [key for key, outcome in outcomes.items() if outcome.error] == ["bad"]
    assert torch.equal(outcomes["c"].result, by_hand(denoise(2.0)))


def test_host_work_is_a_call_like_others():
    assert on_gpu_rules()[0].answer(Host("warp", partial(max, 3, 4))) == 4


@pytest.mark.parametrize(
    ("weights", "shown"),
    [
        ((7.0,), "empty said"),
        ((1.0,), "said"),
        ((0.0,), "empty"),
        ((0.5, 0.5), "said other"),
        ((3.0, -2.0), "said other"),
        ((2.0, 0.0), "empty said"),
        ((1.0, 0.0), "said"),
        ((1.0, 1.0), "empty said other"),
    ],
)
@pytest.mark.parametrize("clock", [denoised_at, predicted_at])
def test_only_conditions_that_count_are_evaluated_and_the_answer_is_that_of_all(weights, shown, clock):
    names = ("empty", "said", "other")[: len(weights) + 1]
    conds = {name: Cond(torch.full((1, 3, 4), 2.0 * idx + 1)) for idx, name in enumerate(names)}
    schedule = NoiseSchedule(np.linspace(0.999, 0.01, 1000, dtype=np.float32))
    call = clock(schedule, Guidance(tuple(conds.values()), weights))(torch.ones(1, 4, 2, 2), 5.0)
    assert [name for cond in call.conds for name in names if cond is conds[name]] == shown.split()
    backend, bundle = on_gpu_rules()
    whole = replace(call, conds=tuple(conds.values()), weights=weights)
    assert torch.allclose(backend.answer(call), backend.answer(whole), atol=1e-5)
    assert bundle.passes[0] == ("denoise", {1: 1, 2: 2, 3: 3}[len(call.conds)])
