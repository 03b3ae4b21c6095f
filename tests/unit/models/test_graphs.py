"""Recording with a recorder of ours that records nothing but behaves as CUDA's graphs do."""

import gc
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tests import tiny

from dreamreel.models.diffusers_bundle import DiffusersBundle
from dreamreel.models.graphs import CudaRecorder, Graphed, Pass, TraceRecorder
from dreamreel.models.guidance import SCALES
from dreamreel.models.memory import give_back


class Fake:
    """Replays by computing into the same output. room: how many more recordings fit."""

    def __init__(self, room=10):
        self.room, self.records, self.replays = room, 0, 0
        self.after = 1

    def has_room(self):
        return self.room > 0

    def record(self, network, inputs):
        self.room -= 1
        self.records += 1
        output = network(*inputs)

        def replay():
            self.replays += 1
            return output.copy_(network(*inputs))

        return replay


def ones(rows, value=1.0):
    return torch.full((rows, 2), value)


def test_a_shape_is_recorded_the_second_time_and_replayed_from_then_on():
    recorder = Fake()
    network = Graphed(torch.add, recorder)
    for value in (1.0, 2.0, 3.0, 4.0):
        assert torch.equal(network(ones(2, value), ones(2)), ones(2, value + 1))
    assert (recorder.records, recorder.replays) == (1, 3)


def test_each_bucket_has_its_own_recording():
    recorder = Fake()
    network = Graphed(torch.add, recorder)
    for rows in (2, 4, 2, 4, 2, 4):
        assert torch.equal(network(ones(rows), ones(rows)), ones(rows, 2.0))
    assert (recorder.records, recorder.replays) == (2, 4)


def test_without_memory_it_computes_as_ever():
    recorder = Fake(room=0)
    network = Graphed(torch.add, recorder)
    for _ in range(3):
        assert torch.equal(network(ones(2), ones(2)), ones(2, 2.0))
    assert recorder.records == 0


def test_where_memory_runs_short_the_recording_used_longest_ago_goes():
    recorder = Fake(room=1)
    network = Graphed(torch.add, recorder)
    for rows in (2, 2, 4):
        network(ones(rows), ones(rows))
    recorder.has_room = lambda: len(network._recordings) < 1
    network(ones(4), ones(4))
    assert [shapes[0][0] for shapes in network._recordings] == [4]


def test_what_cannot_be_recorded_is_computed_and_not_tried_again(caplog):
    class Broken(Fake):
        def record(self, *_):
            self.records += 1
            raise torch.OutOfMemoryError("CUDA out of memory.\nmore")

    recorder = Broken()
    network = Graphed(torch.add, recorder)
    for _ in range(4):
        assert torch.equal(network(ones(2), ones(2)), ones(2, 2.0))
    assert recorder.records == 1
    assert "cannot be recorded, and is slower for it: CUDA out of memory." in caplog.text


def test_a_traced_network_is_bit_equal_to_one_that_is_not():
    modules = tiny.bundle().modules
    bundle = DiffusersBundle(modules, tiny.bundle().facts)
    network = bundle._denoise
    traced = Graphed(network, TraceRecorder(after=1))
    for seed in range(4):
        torch.manual_seed(seed)
        x, scales, cond = torch.randn(1, 4, 8, 8), torch.randn(1, 5), torch.randn(2, 77, 32)
        scales[0, SCALES.index("t")] = 100.5 * seed
        with torch.inference_mode():
            assert torch.equal(traced(x, scales, cond), network(x, scales, cond))
    assert [recording is not None for recording in traced._recordings.values()] == [True]


def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_trace_dies_with_its_network_and_gives_its_memory_back():
    x = torch.ones(1, 2000)

    def trace_one():
        network = torch.nn.Linear(2000, 2000).requires_grad_(False)  # 16 MB
        traced = Graphed(Pass(lambda x: network(x), network), TraceRecorder(after=0))
        with torch.inference_mode():
            assert torch.equal(traced(x), network(x))
        assert all(traced._recordings.values())

    trace_one()
    before = resident_mb()
    for _ in range(8):
        trace_one()
        gc.collect()
    give_back()
    assert resident_mb() - before < 40


def test_an_evaluations_answer_outlives_the_next_one():
    bundle = DiffusersBundle(tiny.bundle().modules, tiny.bundle().facts)
    plain, recorder = bundle._denoise, Fake()
    bundle._denoise = Graphed(plain, recorder)
    scales, cond = torch.tensor([[1.0, 0.5, -2.0, 7.0, 500.0]]), torch.randn(2, 77, 32)
    xs = [torch.full((1, 4, 8, 8), value) for value in (0.1, 0.2, 0.3, 0.4)]
    with torch.inference_mode():
        answers = [bundle.denoise(x, scales, cond) for x in xs]
        for answer, x in zip(answers, xs, strict=True):
            assert torch.equal(answer, plain(x, scales, cond))
    assert recorder.replays == 3


def test_frames_do_not_change_when_their_networks_are_traced():
    animation = tiny.animation(sampler="heun", max_frames=3, steps=6, zoom="0: (1.05)")
    plain = [frame.image for frame in animation]
    bundle = DiffusersBundle(tiny.bundle().modules, tiny.bundle().facts)
    recorder = TraceRecorder(after=0)
    bundle._encode, bundle._denoise, bundle._decode = (
        Graphed(network, recorder) for network in (bundle._encode, bundle._denoise, bundle._decode)
    )
    animation.bundle = bundle
    for ours, theirs in zip(animation, plain, strict=True):
        assert np.array_equal(ours.image, theirs)
    assert all(bundle._denoise._recordings.values())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_recorded_convolution_is_bit_equal_to_one_that_is_not():
    convolution = torch.nn.Conv2d(4, 4, 3, padding=1).cuda().half().requires_grad_(False)
    network = Graphed(convolution, CudaRecorder(torch.device("cuda")))
    with torch.inference_mode():
        for seed in range(4):
            x = torch.randn(2, 4, 32, 32, generator=torch.Generator().manual_seed(seed)).cuda().half()
            assert torch.equal(network(x), convolution(x))
