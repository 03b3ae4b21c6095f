"""A network's passes recorded once for each shape and replayed without Python between its kernels.

On CUDA as a CUDA graph, which spares the launches too; on a CPU as a trace, for networks so small that Python
takes as long as they do. Both compute the same kernels on the same numbers: bits do not change.
"""

import logging
import warnings
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from dreamreel.models.accelerators import kept_bytes, memory
from dreamreel.models.proofs import Named

log = logging.getLogger(__name__)
Network = Callable[..., Tensor]
WARM_UP = 3
# A trace costs about a second, and saves up to a third of a small network's time.
USES_BEFORE_TRACE = 40
# Parameters of a network up to which Python's share is worth sparing.
SMALL = 50_000_000
# Of the device's memory, what recordings leave free for what is not recorded.
RESERVE = 0.1


class Pass(torch.nn.Module):
    """A function of tensors alone that runs some networks.

    A module, so that a trace of it holds their weights by name and dies with them: of a plain function PyTorch copies
    them into a graph that it keeps for ever.
    """

    def __init__(self, function: Network, *networks: torch.nn.Module) -> None:
        super().__init__()
        self.function, self.networks = function, torch.nn.ModuleList(networks)

    def forward(self, *inputs: Tensor) -> Tensor:
        """The function's answer."""
        return self.function(*inputs)


class _Flat(torch.nn.Module):
    """A network with its weights side by side: of its layers PyTorch would compile each, more than half of a trace."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self._whole = (network,)  # in a tuple, else it is a part
        for number, weight in enumerate(network.parameters()):
            self.register_parameter(f"weight_{number}", weight)
        for number, buffer in enumerate(network.buffers()):
            self.register_buffer(f"buffer_{number}", buffer)

    def forward(self, *inputs: Tensor) -> Tensor:
        return self._whole[0](*inputs)


class Recorder(Protocol):
    """How a pass is recorded. after: how often a shape is computed as ever before."""

    after: int

    def record(self, network: Network, inputs: Sequence[Tensor]) -> Callable[[], Tensor]:
        """replay: it gives network(*inputs) of what inputs hold then, and may overwrite what it gave before."""

    def has_room(self) -> bool:
        """Whether memory is left for another recording."""


@dataclass(frozen=True, eq=False)
class _Recording:
    inputs: tuple[Tensor, ...]
    replay: Callable[[], Tensor]


class Graphed:
    """network, recorded for a shape when it has come a few times. Not for several threads at once.

    Its answer is overwritten by the next call with the same shapes, and on CUDA, where recordings share memory, by any
    call of whatever has the same recorder. Where memory runs short the recording that was used longest ago goes; a
    shape that cannot be recorded, or whose recording does not prove itself, is computed as ever.
    """

    def __init__(self, network: Network, recorder: Recorder, named: Named | None = None) -> None:
        self._network, self._recorder, self._named = network, recorder, named
        self._recordings: OrderedDict[tuple[torch.Size, ...], _Recording | None] = OrderedDict()
        self._uses: Counter[tuple[torch.Size, ...]] = Counter()

    def __call__(self, *inputs: Tensor) -> Tensor:
        shapes = tuple(each.shape for each in inputs)
        self._uses[shapes] += 1
        if self._uses[shapes] <= self._recorder.after:
            return self._network(*inputs)
        if shapes not in self._recordings:
            self._recordings[shapes] = self._record(inputs)
        recording = self._recordings[shapes]
        self._recordings.move_to_end(shapes)
        if recording is None:
            return self._network(*inputs)
        for kept, given in zip(recording.inputs, inputs, strict=True):
            kept.copy_(given, non_blocking=True)
        return recording.replay()

    def _record(self, inputs: Sequence[Tensor]) -> _Recording | None:
        while not self._recorder.has_room():
            oldest = next((shapes for shapes, each in self._recordings.items() if each is not None), None)
            if oldest is None:
                log.info("no memory for a recording of %s", [tuple(each.shape) for each in inputs])
                return None
            del self._recordings[oldest]
        kept = tuple(each.clone() for each in inputs)
        try:
            replay = self._recorder.record(self._network, kept)
            if self._named and not self._named.holds(replay, partial(self._network, *kept), kept[0].shape):
                return None
        except RuntimeError as error:  # out of memory is one too
            log.warning("a network cannot be recorded, and is slower for it: %s", str(error).split("\n")[0])
            return None
        return _Recording(kept, replay)


class CudaRecorder:
    """Records into CUDA graphs that share one pool of memory."""

    after = 1

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()

    def has_room(self) -> bool:
        found = memory(self._device)
        return found is None or found[0] + kept_bytes(self._device) > RESERVE * found[1]

    def record(self, network: Network, inputs: Sequence[Tensor]) -> Callable[[], Tensor]:
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

        def replay() -> Tensor:
            graph.replay()
            return output

        return replay


class TraceRecorder:
    """Records traces, for a CPU."""

    def __init__(self, after: int = USES_BEFORE_TRACE) -> None:
        self.after = after

    def has_room(self) -> bool:
        return True

    def record(self, network: Network, inputs: Sequence[Tensor]) -> Callable[[], Tensor]:
        with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it took for constant is: a recording is of one shape
            given = tuple(each.clone() for each in inputs)
            # In a unit of its own: what the shared one holds is never freed.
            unit = torch._C.CompilationUnit()
            flat = _Flat(network) if isinstance(network, torch.nn.Module) else network
            traced = torch.jit.trace_module(flat, {"forward": given}, check_trace=False, _compilation_unit=unit)
        return lambda: traced(*inputs)
