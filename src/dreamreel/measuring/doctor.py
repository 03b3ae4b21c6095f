"""What draws here: devices, precision, each faster form held to the plain one, and how fast each of them is."""

import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor

from dreamreel.models import accelerators, catalog
from dreamreel.models.devices import describe_hardware
from dreamreel.models.diffusers_bundle import DiffusersBundle
from dreamreel.models.graphs import Network
from dreamreel.models.guidance import SCALES
from dreamreel.models.memory import free_bytes
from dreamreel.models.proofs import Proof, difference
from dreamreel.rendering.animation import Animation
from dreamreel.workers.threads import counts

# Half precision against float32: what three digits less make of one evaluation.
HALF_TOLERANCE = 5e-2
# Another number of threads is advised from here on.
WORTH_IT = 1.15


@dataclass(frozen=True)
class Path:
    """One way to compute. evaluation_s: of two rows; all in seconds. frames_per_second: of a usual frame."""

    name: str
    evaluation_s: float
    encode_s: float
    decode_s: float
    frames_per_second: float


@dataclass(frozen=True)
class Report:
    """What doctor found. facts: what there is. compared, paths, threads: {number: seconds an evaluation takes}."""

    facts: dict[str, Any]
    compared: tuple[Proof, ...]
    paths: tuple[Path, ...]
    threads: dict[int, float] = field(default_factory=dict)
    advice: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether every fast form holds."""
        return all(proof.holds for proof in self.compared)


def machine() -> dict[str, Any]:
    """What there is to draw with, before any model is loaded."""
    found: list[dict[str, Any]] = []
    kind = accelerators.best()
    for number in range(accelerators.count(kind) if kind != "cpu" else 0):
        device = kind if kind == "mps" else f"{kind}:{number}"
        memory = accelerators.memory(device)
        free, total = memory if memory is not None else (None, None)
        found.append({"device": device, "name": accelerators.name_of(device), "free": free, "total": total})
    return {
        "dreamreel": version("dreamreel"),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu": describe_hardware("cpu"),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_free": free_bytes(None),
        "driver": accelerators.driver(),
        "accelerators": found,
    }


@torch.inference_mode()
def examine(animation: Animation, seconds: float) -> Report:
    """Loads the animation's model and tries its networks on a picture of the animation's size.

    seconds: about how long each of some ten measurements takes, or the one pass that it needs at least.
    """
    bundle = animation.bundle
    assert isinstance(bundle, DiffusersBundle)
    if not list(bundle.proofs):  # where loading it did not
        bundle.prove()
    trial = _Trial(animation, bundle, seconds)
    compared, paths = list(bundle.proofs), list(trial.forms())
    recorded = trial.recorded()
    if recorded is not None:
        compared, paths = list(bundle.proofs), [*paths, recorded]
    if bundle.modules.unet.dtype != torch.float32:
        compared.append(trial.half())
    threads = trial.threads() if bundle.facts.device == "cpu" else {}
    facts = {
        "model": bundle.facts.title,
        "device": bundle.facts.device,
        "hardware": describe_hardware(bundle.facts.device),
        "precision": bundle.facts.precision,
        **{name: getattr(animation.plan.canvas, name) for name in ("width", "height", "steps", "cfg_scale")},
    }
    return Report(facts, tuple(compared), tuple(paths), threads)


class _Trial:
    """The networks of one model on fixed numbers of one size."""

    def __init__(self, animation: Animation, bundle: DiffusersBundle, seconds: float) -> None:
        self.animation, self.bundle, self.seconds = animation, bundle, seconds
        canvas, numbers = animation.plan.canvas, torch.Generator().manual_seed(0)
        device, dtype, vae_dtype = (bundle.modules.unet.device, bundle.modules.unet.dtype, bundle.modules.vae.dtype)
        latents = torch.randn(animation.space.shape(canvas.width, canvas.height), generator=numbers)
        told = [canvas.cfg_scale] if bundle.facts.is_told else []
        rows = 1 if told or canvas.cfg_scale == 1 else 2
        weights = [canvas.cfg_scale] * (rows - 1)
        assert SCALES[3] == "cfg_scale"
        scales = torch.tensor([[0.0, 1.0, 1.0, *weights, 500.0, *told]], device=device)
        cond = bundle.embed(["", "a castle by the sea"][-rows:]).to(device, dtype)
        sample = torch.zeros((1, 3, canvas.height, canvas.width), device=device, dtype=vae_dtype)
        self.given = ((sample,), (latents.to(device), scales, cond), (latents.to(device, vae_dtype),))

    def forms(self) -> Iterator[Path]:
        """The plain form, and the one that is drawn with if it is another."""
        modules = self.bundle.modules
        if not modules.is_wide and modules.layout == torch.contiguous_format:
            yield self.path("plain", self.bundle.passes)
            return
        self.bundle.use_plain()
        yield self.path("plain", self.bundle.passes)
        if all(proof.holds for proof in self.bundle.proofs):
            self.bundle.use_fast()
            yield self.path("folded, channels last", self.bundle.passes)

    def recorded(self) -> Path | None:
        """Recorded, where recordings are made here; what they are compared to is among the bundle's proofs then."""
        recorder = self.bundle.make_recorder()
        if recorder is None:
            return None
        recorder.after = 0
        return self.path("recorded", self.bundle.recorded(recorder))

    def half(self) -> Proof:
        """One evaluation in the model's precision, held to float32."""
        location, facts = self.animation.location, self.bundle.facts
        full = catalog.load(location, facts.device, "float32")
        assert isinstance(full, DiffusersBundle)
        found = self.bundle.passes[1](*self.given[1])
        x, scales, cond = self.given[1]
        said = difference(found, full.passes[1](x, scales, cond.float()))
        return Proof(f"{facts.precision} against float32", said, HALF_TOLERANCE)

    def threads(self) -> dict[int, float]:
        """Seconds that an evaluation takes with 1, 2, 4 ... threads of the CPU, and with those that there are."""
        before, most = torch.get_num_threads(), os.cpu_count() or 1
        found = {}
        try:
            for count in sorted({before, *counts(most)}):
                torch.set_num_threads(count)
                found[count] = self._timed(self.bundle.passes[1], self.given[1])
        finally:
            torch.set_num_threads(before)
        return found

    def path(self, name: str, passes: tuple[Network, Network, Network]) -> Path:
        """How fast passes are."""
        encode, denoise, decode = (
            self._timed(network, given) for network, given in zip(passes, self.given, strict=True)
        )
        frame_s = int(self.animation.plan.evaluations[-1]) * denoise + encode + decode
        return Path(name, denoise, encode, decode, 1 / frame_s)

    def _timed(self, network: Network, given: tuple[Tensor, ...]) -> float:
        """The shortest time of a pass, of as many as fit into the seconds, after one that is not counted."""
        device = self.bundle.facts.device
        self._once(network, given, device)
        until, best = time.perf_counter() + self.seconds, self._once(network, given, device)
        while time.perf_counter() < until:
            best = min(best, self._once(network, given, device))
        return best

    def _once(self, network: Callable[..., object], given: tuple[Tensor, ...], device: str) -> float:
        accelerators.synchronize(device)
        started = time.perf_counter()
        network(*given)
        accelerators.synchronize(device)
        return time.perf_counter() - started


def advice(found: dict[str, Any], report: Report, has_gpu_file: bool) -> Iterator[str]:
    """What to do, a sentence each. has_gpu_file: whether the system shows a GPU."""
    for proof in report.compared:
        if not proof.holds and "against float32" in proof.what:
            yield f"{proof}: draw with --precision float32, or bfloat16 where the device has it"
        elif not proof.holds:
            yield f"{proof}: pictures are right, but slower; report this with the output of `dreamreel doctor --json`"
    if report.facts["device"] == "cpu" and found["accelerators"]:
        yield f"a faster device is here: --device {found['accelerators'][0]['device']}"
    elif not found["accelerators"] and has_gpu_file:
        yield "the system shows a GPU, but this torch cannot use it: install the torch that is built for it"
    fast = [path for path in report.paths if path.name != "plain"]
    for path in fast:
        if path.frames_per_second < 0.9 * report.paths[0].frames_per_second:
            yield f"the form {path.name} is slower here than the plain one; measure again on a quiet machine"
    if report.threads:
        now, best = found["threads"], min(report.threads, key=report.threads.__getitem__)
        if now in report.threads and report.threads[now] > WORTH_IT * report.threads[best]:
            gain = report.threads[now] / report.threads[best]
            yield f"{best} threads are {gain:.1f} x as fast as {now}: OMP_NUM_THREADS={best}; last bits change with it"
