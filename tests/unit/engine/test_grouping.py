import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import tiny

from dreamreel.diffusion.calls import Cond, Decode, Denoise, Encode, Host, embed
from dreamreel.engine.batcher import Batcher
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.grouping import pick

group_of = backend_of(tiny.bundle()).group


def denoise(side=8, t=1.0, cfg_scale=7.0, c_in=1.0, rows=2):
    conds = (Cond(torch.zeros(1, 77, 4)),) * rows
    return Denoise(torch.zeros(1, 4, side, side), t, conds, (cfg_scale,) * (rows - 1), 1.0, c_in, -t)


def test_calls_that_differ_in_time_scale_or_parameterisation_share_a_pass():
    assert group_of(denoise(t=1.0, cfg_scale=7.0)) == group_of(denoise(t=900.5, cfg_scale=-2.0, c_in=0.1))


def test_other_sizes_and_other_kinds_do_not():
    picture = torch.zeros(1, 3, 64, 64)
    calls = [
        denoise(8),
        denoise(16),
        denoise(8, rows=3),
        Encode(picture, picture),
        Decode(picture),
        embed("a"),
        Host("warp", int),
    ]
    assert len({group_of(call) for call in calls}) == len(calls)


def test_the_oldest_leads_and_takes_along_its_like_in_order_up_to_the_most():
    parked = [("a", denoise(16)), ("b", denoise(8)), ("c", denoise(16)), ("d", denoise(16)), ("e", denoise(16))]
    assert [key for key, _ in pick(parked, group_of, lambda _: 3)] == ["a", "c", "d"]


class Sizes:
    """A backend that answers with the round's members; most: by side."""

    def __init__(self, most):
        self._most = most
        self.rounds = []

    def group(self, call):
        return group_of(call)

    def most(self, _call):
        return self._most

    def known(self, _call):
        return None

    def forward(self, calls):
        self.rounds.append(len(calls))
        return list(calls)


def asking(key, sides, log, batcher):
    for side in sides:
        asked = batcher.num_rounds
        yield denoise(side)
        log.append((key, batcher.num_rounds - asked))
    return key


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([8, 16, 24]), min_size=1, max_size=12), min_size=1, max_size=7), st.integers(1, 4)
)
def test_no_call_waits_more_than_a_round_for_each_other_slot(lives, most):
    batcher, log = Batcher(Sizes(most)), []
    for number, sides in enumerate(lives):
        batcher.add(str(number), asking(number, sides, log, batcher))
    ended = 0
    while len(batcher):
        ended += len(batcher.step())
    assert ended == len(lives)
    assert max(waited for _, waited in log) <= len(lives)
