"""A network's passes recorded once for each shape and replayed: no Python and no launches between its kernels."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

log = logging.getLogger(__name__)
Network = Callable[..., Tensor]
WARM_UP = 3
# Of the device's memory, what recordings leave free for what is not recorded.
RESERVE = 0.1


class Recorder(Protocol):
    """How a pass is recorded: CudaRecorder, or something simpler in tests."""

    def record(self, network: Network, inputs: Sequence[Tensor]) -> tuple[Callable[[], None], Tensor]:
        """(replay, output): replay() computes network(*inputs) into output from what inputs hold then."""

    def has_room(self) -> bool:
        """Whether memory is left for another recording."""


@dataclass(frozen=True, eq=False)
class _Recording:
    inputs: tuple[Tensor, ...]
    output: Tensor
    replay: Callable[[], None]


class Graphed:
    """network, recorded for a shape when it comes the second time. Not for several threads at once.

    Its answer is overwritten by the next call with the same shapes. Where memory runs short the recording that
    was used longest ago goes; a shape that cannot be recorded is computed as ever.
    """

    def __init__(self, network: Network, recorder: Recorder) -> None:
        self._network, self._recorder = network, recorder
        self._recordings: OrderedDict[tuple[torch.Size, ...], _Recording | None] = OrderedDict()
        self._seen: set[tuple[torch.Size, ...]] = set()

    def __call__(self, *inputs: Tensor) -> Tensor:
        shapes = tuple(each.shape for each in inputs)
        if shapes not in self._seen:
            self._seen.add(shapes)
            return self._network(*inputs)
        if shapes not in self._recordings:
            self._recordings[shapes] = self._record(inputs)
        recording = self._recordings[shapes]
        self._recordings.move_to_end(shapes)
        if recording is None:
            return self._network(*inputs)
        for kept, given in zip(recording.inputs, inputs, strict=True):
            kept.copy_(given, non_blocking=True)
        recording.replay()
        return recording.output

    def _record(self, inputs: Sequence[Tensor]) -> _Recording | None:
        while not self._recorder.has_room():
            oldest = next((shapes for shapes, each in self._recordings.items() if each is not None), None)
            if oldest is None:
                log.info("no memory for a recording of %s", [tuple(each.shape) for each in inputs])
                return None
            del self._recordings[oldest]
        kept = tuple(each.clone() for each in inputs)
        try:
            replay, output = self._recorder.record(self._network, kept)
        except RuntimeError as error:  # out of memory is one too
            log.warning("a network cannot be recorded, and is slower for it: %s", str(error).split("\n")[0])
            return None
        return _Recording(kept, output, replay)


class CudaRecorder:
    """Records into CUDA graphs that share one pool of memory."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()

    def has_room(self) -> bool:
        free, total = torch.cuda.mem_get_info(self._device)
        unused = torch.cuda.memory_reserved(self._device) - torch.cuda.memory_allocated(self._device)
        return free + unused > RESERVE * total

    def record(self, network: Network, inputs: Sequence[Tensor]) -> tuple[Callable[[], None], Tensor]:
        beside = torch.cuda.Stream(self._device)
        beside.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(beside):  # what is set up at first use must not be recorded
            for _ in range(WARM_UP):
                network(*inputs)
        torch.cuda.current_stream(self._device).wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        # Other threads copy finished pictures meanwhile: their calls are theirs.
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            output = network(*inputs)
        return graph.replay, output
