"""A diffusion model as a network: prompts, pictures and evaluations of any number of frames, padded to a bucket."""

import logging
import threading
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from dreamreel.diffusion.calls import Call, Decode, Denoise, Embed, Encode, Lora, ToDevice
from dreamreel.engine.adapters import Adapters, FindLora, no_loras
from dreamreel.engine.backend import Backend
from dreamreel.engine.conditions import Conditions, common_rows, repeated
from dreamreel.engine.network import Later, Only
from dreamreel.engine.rows import denoise_buckets, picture_buckets
from dreamreel.errors import EngineError, ModelError, NumbersError
from dreamreel.imaging.convert import to_picture
from dreamreel.imaging.warp2d import Picture
from dreamreel.models.accelerators import event, pins
from dreamreel.models.adapters.controlnets import Controlled, LoadedControlNet
from dreamreel.models.adapters.embeddings import EmbeddingFile
from dreamreel.models.adapters.loaded import Alongside
from dreamreel.models.bundle import ModelBundle
from dreamreel.models.devices import to_device

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class ControlNets(Protocol):
    """Where a checkpoint finds ControlNets by name, in its own precision."""

    def get(self, name: str) -> LoadedControlNet:
        """The one of that name; cheap once it is read. Raises ModelError."""

    def refresh(self, names: Iterable[str]) -> None:
        """Reads those of names that are not read, or whose files are others by now. Raises ModelError."""


class NoControlNets:
    """For whoever draws without any."""

    def get(self, name: str) -> LoadedControlNet:
        raise ModelError(f'there is no ControlNet "{name}": no folder of them was given (--controlnets DIR)')

    def refresh(self, names: Iterable[str]) -> None:
        for name in names:
            self.get(name)


class Checkpoint:
    """The Network over a ModelBundle: answers Embed, ToDevice, Encode, Denoise and Decode.

    rows: see rows.parse_rows. Samplers, steps, prompts and scales do not matter to what shares a pass, nor do LoRAs
    whose strengths change, nor how strongly ControlNets count, or what they are shown. find_lora: where the LoRA of a
    name lies. controlnets: where ControlNets are found; None for none.
    """

    def __init__(
        self,
        bundle: ModelBundle,
        rows: int | None = None,
        find_lora: FindLora = no_loras,
        controlnets: ControlNets | None = None,
    ) -> None:
        self.bundle = bundle
        self._controlnets: ControlNets = NoControlNets() if controlnets is None else controlnets
        self.adapters = Adapters(bundle, find_lora)
        denoise = denoise_buckets(rows, bundle.facts.device)
        self.buckets = {Denoise: denoise, Encode: picture_buckets(denoise), Decode: picture_buckets(denoise)}
        self._conditions = Conditions(self.adapters)
        self._learned: tuple[EmbeddingFile, ...] = ()
        self._preparing = threading.Lock()
        self._device = torch.device(bundle.facts.device)
        if bundle.facts.device.startswith("cuda"):  # cuDNN is CUDA's own
            # By trial is faster, but another process may choose otherwise: not where bits are promised.
            torch.backends.cudnn.benchmark = not denoise.fixed
            torch.backends.cudnn.deterministic = denoise.fixed

    def prepare(
        self,
        loras: Sequence[Lora] = (),
        embeddings: Sequence[EmbeddingFile] = (),
        controlnets: Iterable[str] = (),
    ) -> None:
        """Reads LoRAs and ControlNets of a film, so that no frame waits for them, and learns the embeddings there are.

        From any thread. Raises ModelError.
        """
        with self._preparing:
            has_changed, learned = self.adapters.refresh(loras), tuple(embeddings)
            if learned != self._learned:
                self.bundle.learn(learned)
                self.adapters.forget_merged()  # they read with the words of before
                self._learned, has_changed = learned, True
            if has_changed:
                self._conditions.forget()
            self.adapters.prepare(loras)
            self._controlnets.refresh(controlnets)

    def group(self, call: Call[object]) -> Hashable:
        match call:
            case Denoise():
                constant = tuple(each for each in call.loras if each.is_constant)
                shape, controls = tuple(call.x.shape), tuple(each.name for each in call.controls)
                return ("denoise", shape, len(call.conds), common_rows(call.conds), constant, controls)
            case Encode():
                return ("encode", tuple(call.sample.shape))
            case Decode():
                return ("decode", tuple(call.latents.shape))
            case _:
                return id(call)

    def most(self, call: Call[object]) -> int:
        if type(call) not in self.buckets:
            return 1
        return (
            self.buckets[type(call)].passes(rows_of(call))
            if isinstance(call, Denoise)
            else self.buckets[type(call)].most
        )

    def known(self, call: Call[object]) -> object | None:
        """The answer to prompts that were read before, and to what is only copied."""
        if isinstance(call, ToDevice) or (isinstance(call, Embed) and self._conditions.knows(call)):
            return self._one(call)
        return None

    def run(self, calls: Sequence[Call[Answer]]) -> list[Answer | Later[Answer]]:
        kinds: Any = calls
        match calls[0]:
            case Denoise():
                return self._denoise(kinds)  # type: ignore[return-value]
            case Encode():
                return self._encode(kinds)  # type: ignore[return-value]
            case Decode():
                return self._decode(kinds)  # type: ignore[return-value]
            case _:
                return [self._one(call) for call in kinds]

    def shrink(self, call: Call[object]) -> None:
        kind, buckets = type(call), self.buckets.get(type(call))
        if buckets is None or buckets.most <= rows_of(call):
            raise EngineError(f"no memory on {self.bundle.facts.device} for a single {kind.__name__.lower()} call")
        self.buckets[kind] = less = buckets.halved()
        log.warning(
            "no memory on %s for %d rows of %s; going on with %d%s",
            self.bundle.facts.device,
            buckets.most,
            kind.__name__.lower(),
            less.most,
            ", so that frames may differ in their last bits" if buckets.fixed else "",
        )

    def _one(self, call: Call[object]) -> Any:
        """The answer to a call that shares no pass."""
        match call:
            case ToDevice():
                return to_device(call.values, self._device)
            case Embed():
                return self._conditions.answer(call)
        raise TypeError(f"a checkpoint does not answer {type(call).__name__}")

    def _encode(self, calls: Sequence[Encode]) -> list[Tensor]:
        num_rows = self.buckets[Encode].size(len(calls))
        latents = self.bundle.encode(
            _rows([call.sample for call in calls], num_rows), _rows([call.noise for call in calls], num_rows)
        )
        return _each(latents, len(calls))

    def _decode(self, calls: Sequence[Decode]) -> list[Later[Picture]]:
        num_rows = self.buckets[Decode].size(len(calls))
        samples = self.bundle.decode(_rows([call.latents for call in calls], num_rows))
        return [_image_later(sample, call) for sample, call in zip(_each(samples, len(calls)), calls, strict=True)]

    def _denoise(self, calls: Sequence[Denoise]) -> list[Tensor]:
        rows = rows_of(calls[0])
        num_calls = self.buckets[Denoise].evaluations(len(calls), rows)
        x = _rows([call.x for call in calls], num_calls)
        scales = _rows([_scales(calls, x.device)], num_calls)
        length = common_rows(calls[0].conds)
        conds = [repeated(cond, length) for call in calls for cond in call.conds]
        conds += conds[-rows:] * (num_calls - len(calls))
        model = self.adapters.model(calls[0].loras)
        along, controlled = self._along(calls, num_calls), self._controlled(calls, num_calls)
        answers = model.denoise(x, scales, torch.cat(conds), along, controlled)
        return _each(answers, len(calls))

    def _along(self, calls: Sequence[Denoise], num_calls: int) -> Alongside | None:
        """What a pass takes along beside the weights: all that any of its calls does."""
        wanted = [{each.name: each for each in call.loras if not each.is_constant} for call in calls]
        # Always in one order, whatever else is in the pass, so that sums come out the same.
        both = {name: each for one in wanted for name, each in one.items()}
        named = [both[name] for name in sorted(both)]
        if not named:
            return None
        rows = [[one[each.name].unet if each.name in one else 0.0 for each in named] for one in wanted]
        rows += rows[-1:] * (num_calls - len(calls))
        return Alongside([each.lora for each in self.adapters.beside(named)], torch.tensor(rows))

    def _controlled(self, calls: Sequence[Denoise], num_calls: int) -> Controlled | None:
        """The ControlNets that lead a pass, the same for all of its calls, with the hints and weights of each."""
        if not (first := calls[0].controls):
            return None
        hints = [torch.cat([each.hint for each in call.controls])[None] for call in calls]
        weights = torch.tensor([[each.weight for each in call.controls] for call in calls])
        networks = [self._controlnets.get(each.name) for each in first]
        return Controlled(networks, _rows(hints, num_calls), _rows([weights], num_calls))


def rows_of(call: Call[object]) -> int:
    """Rows of a forward pass that one call takes."""
    return len(call.conds) if isinstance(call, Denoise) else 1


def _rows(parts: Sequence[Tensor], num_rows: int) -> Tensor:
    """The parts below each other, and the last row again and again until there are num_rows."""
    missing = num_rows - sum(len(part) for part in parts)
    padding = [parts[-1][-1:].expand(missing, *parts[-1].shape[1:])] if missing else []
    return torch.cat([*parts, *padding]) if len(parts) + len(padding) > 1 else parts[0]


def _each(rows: Tensor, count: int) -> list[Tensor]:
    """The first count rows, each by itself."""
    return [rows[idx : idx + 1] for idx in range(count)]  # several times faster than split() for a few


def _scales(calls: Sequence[Denoise], device: torch.device) -> Tensor:
    """(n, k + 3) float32, of calls of k conditions: see guidance.SCALES; one more where the network is told it."""
    told = [() if call.told is None else (call.told,) for call in calls]
    rows = [
        (each.c_skip, each.c_in, each.c_out, *each.weights, each.t, *more)
        for each, more in zip(calls, told, strict=True)
    ]
    values = np.array(rows, np.float32)
    return to_device(torch.from_numpy(values), device)


def _image_later(sample: Tensor, call: Decode) -> Later[Picture]:
    """The image of a decoder's output (1, 3, H, W). On an accelerator its copy is under way when this returns.

    All else is left to finish(), which a thread calls where frames of others are waiting for the networks.

    Raises NumbersError, when it is finished, for what no model means to draw: infinite numbers or none, or
    a black picture.
    """
    numbers, copied = sample[0].float(), None
    if pins(sample.device):
        numbers, copied = _to_host(numbers), event(sample.device)
        copied.record()

    def finish() -> Picture:
        if copied is not None:
            copied.synchronize()
        decoded = numbers.cpu().numpy()
        if not np.isfinite([decoded.min(), decoded.max()]).all():
            raise NumbersError("the picture has numbers that are infinite or NaN")
        picture = to_picture(decoded, call.unbiased, call.exact)
        if picture.max() == 0:
            raise NumbersError("the picture is black throughout")
        return picture

    return Later(finish)


def _to_host(values: Tensor) -> Tensor:
    return torch.empty_like(values, device="cpu", pin_memory=True).copy_(values, non_blocking=True)


def backend_of(bundle: ModelBundle, rows: int | None = None, find_lora: FindLora = no_loras) -> Backend:
    """A backend for one model alone. rows, find_lora: see Checkpoint."""
    return Backend(Only(Checkpoint(bundle, rows, find_lora)))
