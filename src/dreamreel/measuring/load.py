"""How fast a model draws here: several predictions at once, as a worker draws them, without a service around."""

import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import torch

from dreamreel.animation.state import Drawn, State
from dreamreel.animation.stretch import next_stretch
from dreamreel.diffusion.calls import Calls
from dreamreel.engine.batcher import Batcher
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.drive import drive
from dreamreel.engine.rows import parse_rows
from dreamreel.engine.trace import Trace
from dreamreel.imaging.blend import cut
from dreamreel.models.accelerators import event, has_clock, is_accelerator, synchronize
from dreamreel.models.guidance import SCALES
from dreamreel.models.random_models import random_bundle
from dreamreel.rendering.animation import Animation, Frame, prepare
from dreamreel.rendering.output import Output
from dreamreel.rendering.setup import Setup
from dreamreel.video.frames import FrameFolder
from dreamreel.workers.meter import Meter, MeteredBundle

HOST_THREADS, KEEPING_THREADS = 4, 4
# Frames before what is measured.
WARM_UP = 4


class Stopwatch(Meter):
    """A meter that adds up how long networks work: by an accelerator's clock, else by ours."""

    def __init__(self, device: str) -> None:
        super().__init__()
        self._device, self._has_clock = device, has_clock(device)
        self._events: list[tuple[torch.Event, torch.Event]] = []

    @contextmanager
    def measure(self, stage: str, rows: int) -> Iterator[None]:
        """A pass of a network with so many rows."""
        if not self._has_clock:
            with super().measure(stage, rows):
                yield
            return
        start, end = event(self._device, is_timed=True), event(self._device, is_timed=True)
        start.record()
        yield
        end.record()
        self._events.append((start, end))

    def total(self) -> float:
        """Seconds so far in which a network worked."""
        synchronize(self._device)
        on_device = sum(start.elapsed_time(end) for start, end in self._events) / 1000
        return on_device + sum(self._seconds.values())


@dataclass(frozen=True)
class Load:
    """What a number of predictions at once took. frame_s: of each frame, from its first call to its picture."""

    predictions: int
    frames: int
    evaluations: int
    seconds: float
    network_s: float
    frame_s: tuple[float, ...]

    @property
    def overhead(self) -> float:
        """Share of the time in which no network worked."""
        return max(0.0, 1 - self.network_s / self.seconds)

    @property
    def frames_per_second(self) -> float:
        return self.frames / self.seconds

    def quantile(self, share: float) -> float:
        """Seconds that this share of the frames took at most."""
        ordered = sorted(self.frame_s)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def prepare_random(raw: Mapping[str, Any], setup: Setup, kind: str) -> Animation:
    """Like prepare(), with a model of random weights, drawn as that is made for where setup is silent.

    kind: of random_models.SIZES. Raises InputError and ModelError.
    """
    bundle = random_bundle(kind, setup.device, setup.precision)
    made_for = asdict(bundle.facts.defaults)
    chosen = {
        name: made_for[name] for name in ("width", "height", "steps", "cfg_scale") if getattr(setup, name) is None
    }
    animation = prepare(raw, replace(setup, model="tiny-sd", **chosen))
    animation.bundle = bundle
    return animation


def warmed_up(animation: Animation) -> State:
    """The state after the frames that are not measured: the first is drawn from nothing, which costs more than others,
    and the next set up what later ones use (colour tables, recordings of the networks)."""
    backend, state = backend_of(animation.bundle, parse_rows(animation.setup.rows)), State()
    while state.next_idx < WARM_UP:
        state = drive(next_stretch(animation.plan, animation.space, state), backend).state
    return state


def measure(animation: Animation, state: State, predictions: int, frames: int, trace: Trace | None = None) -> Load:
    """Draws frames frames of each of so many predictions like animation, from state on, into videos and PNGs."""
    watch = Stopwatch(animation.bundle.facts.device)
    lives = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        hosts = stack.enter_context(ThreadPoolExecutor(HOST_THREADS, "host"))
        keepers = stack.enter_context(ThreadPoolExecutor(KEEPING_THREADS, "keep"))
        backend = backend_of(MeteredBundle(animation.bundle, watch), parse_rows(animation.setup.rows))
        batcher = Batcher(backend, hosts, trace)
        for number in range(predictions):
            each = replace(animation, plan=replace(animation.plan, seed=animation.plan.seed + number))
            each.bundle = animation.bundle
            path = Path(folder) / str(number)
            path.mkdir()
            output = Output(each, path / "out.mp4", FrameFolder(path / "frames", durable=True), path / "growing.mp4")
            lives.append(_Life(each, stack.enter_context(output), state, frames, keepers, trace))
        started = time.perf_counter()
        _draw(batcher, lives)
        seconds = time.perf_counter() - started
        network_s = watch.total()
    times = tuple(took for life in lives for took in life.frame_s)
    evaluations = sum(life.evaluations for life in lives)
    return Load(predictions, predictions * frames, evaluations, seconds, network_s, times)


@dataclass(eq=False)
class _Life:
    """One prediction that is measured."""

    animation: Animation
    output: Output
    state: State
    left: int
    keepers: ThreadPoolExecutor
    trace: Trace | None
    frame_s: list[float] = field(default_factory=list)
    evaluations: int = 0
    _started: float = 0.0
    _kept: Future[None] | None = None

    def next_stretch(self) -> Calls[Drawn]:
        self.left -= 1
        self._started = time.perf_counter()
        return next_stretch(self.animation.plan, self.animation.space, self.state)

    def stretch_done(self, drawn: Drawn) -> None:
        took = time.perf_counter() - self._started
        self.frame_s.append(took)
        self.evaluations += int(self.animation.plan.evaluations[self.state.next_idx])
        self.state = drawn.state
        self.settle()
        self._kept = self.keepers.submit(self._keep, drawn, took)

    def settle(self) -> None:
        if self._kept is not None:
            self._kept.result()

    def _keep(self, drawn: Drawn, took: float) -> None:
        for frame in self.animation.shown(drawn, took):
            with nullcontext() if self.trace is None else self.trace.span("keep", frame=frame.idx):
                self.output.add(frame)


def _draw(batcher: Batcher, lives: Sequence[_Life]) -> None:
    for number, life in enumerate(lives):
        batcher.add(str(number), life.next_stretch())
    while len(batcher):
        for outcome in batcher.step():
            if outcome.error is not None:
                raise outcome.error
            life = lives[int(outcome.key)]
            life.stretch_done(outcome.result)
            if life.left:
                batcher.add(outcome.key, life.next_stretch())
    for life in lives:
        life.settle()


def matmul_ceiling(device: str, precision: str, seconds: float = 1.0) -> float:
    """Floating-point operations a second that large matrix products reach here, the best of those tried."""
    size = 8192 if is_accelerator(device) else 1024
    a = torch.randn(size, size, device=device).to(getattr(torch, precision))
    best, until = math.inf, time.perf_counter() + seconds
    while time.perf_counter() < until:
        synchronize(device)
        started = time.perf_counter()
        for _ in range(4):
            a @ a
        synchronize(device)
        best = min(best, (time.perf_counter() - started) / 4)
    return 2 * size**3 / best


@dataclass(frozen=True)
class Work:
    """Floating-point operations of an evaluation, and of a usual frame."""

    evaluation: int
    frame: int


def count_work(animation: Animation) -> Work:
    """What an evaluation and a usual frame (the last of the plan) take: convolutions, products and attention."""
    from torch.utils.flop_counter import FlopCounterMode

    plan, space, bundle = animation.plan, animation.space, animation.bundle
    latents = torch.zeros(space.shape(plan.canvas.width, plan.canvas.height))
    sample = torch.zeros(1, 3, plan.canvas.height, plan.canvas.width)

    def operations(network: Callable[..., object], *arguments: object) -> int:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(*arguments)
        return counter.get_total_flops()

    with torch.no_grad():
        cond = bundle.embed([""] if plan.canvas.cfg_scale == 1 else ["", ""])
    scales = torch.full((1, len(SCALES) + len(cond) - 2), 500.0)
    denoise = operations(bundle.denoise, latents, scales, cond)
    pictures = operations(bundle.encode, sample, latents) + operations(bundle.decode, latents)
    return Work(denoise, int(plan.evaluations[-1]) * denoise + pictures)


def compare(animation: Animation, state: State, frames: int) -> dict[str, float]:
    """How many times faster frames come than from diffusers' own pipeline (plain_loop.py), one of each in turn.

    state: after the frames that are not measured.

    against_diffusers: by the clock. against_diffusers_cpu: in processor time, which others' work disturbs less.
    Ratios of the medians, after a frame of each that is not counted. Both sides write a PNG, ours a video too.
    """
    from dreamreel.measuring.diffusers_baseline import plain_frames, plain_modules

    image = cut(state.pictures["frame", state.next_idx - 1])
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        output = stack.enter_context(Output(animation, folder / "out.mp4", FrameFolder(folder / "ours")))
        theirs = plain_frames(animation, plain_modules(animation.bundle), image, folder)
        ours = _into(output, animation.frames(state))
        times = [(_both_clocks(ours), _both_clocks(theirs)) for _ in range(frames + 1)][1:]
    clock, processor = ([[each[side][which] for each in times] for side in (0, 1)] for which in (0, 1))
    return {
        "against_diffusers": median(clock[1]) / median(clock[0]),
        "against_diffusers_cpu": median(processor[1]) / median(processor[0]),
        "diffusers_frame_s": median(clock[1]),
        "frame_s": median(clock[0]),
    }


def _into(output: Output, frames: Iterator[Frame]) -> Iterator[None]:
    for frame in frames:
        output.add(frame)
        yield


def _both_clocks(frames: Iterator[object]) -> tuple[float, float]:
    """Seconds by the clock and of the processor that the next frame takes."""
    clock, processor = time.perf_counter(), time.process_time()
    next(frames)
    return time.perf_counter() - clock, time.process_time() - processor
