"""Recording with a recorder of ours that records nothing but behaves as CUDA's graphs do."""

import pytest
import torch

from dreamreel.models.graphs import CudaRecorder, Graphed


class Fake:
    """Replays by computing into the same output. room: how many more recordings fit."""

    def __init__(self, room=10):
        self.room, self.records, self.replays = room, 0, 0

    def has_room(self):
        return self.room > 0

    def record(self, network, inputs):
        self.room -= 1
        self.records += 1
        output = network(*inputs)

        def replay():
            self.replays += 1
            output.copy_(network(*inputs))

        return replay, output


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


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_recorded_convolution_is_bit_equal_to_one_that_is_not():
    convolution = torch.nn.Conv2d(4, 4, 3, padding=1).cuda().half().requires_grad_(False)
    network = Graphed(convolution, CudaRecorder(torch.device("cuda")))
    with torch.inference_mode():
        for seed in range(4):
            x = torch.randn(2, 4, 32, 32, generator=torch.Generator().manual_seed(seed)).cuda().half()
            assert torch.equal(network(x), convolution(x))
