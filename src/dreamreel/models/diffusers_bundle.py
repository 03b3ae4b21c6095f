"""A model of Stable Diffusion's parts: CLIP text encoders, UNet and autoencoder."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from dreamreel.models.adapters.beside import Beside
from dreamreel.models.adapters.controlnets import Controlled, LoadedControlNet
from dreamreel.models.adapters.embeddings import EmbeddingFile
from dreamreel.models.adapters.learned_words import teach
from dreamreel.models.adapters.loaded import Alongside, Counted, LoadedLora
from dreamreel.models.adapters.lora_file import read_lora
from dreamreel.models.adapters.merging import merged, own_bytes
from dreamreel.models.bundle import ModelFacts
from dreamreel.models.devices import to_device
from dreamreel.models.folding import fold_upsampling, show_folding
from dreamreel.models.graphs import SMALL, CudaRecorder, Graphed, Network, Pass, Recorder, TraceRecorder
from dreamreel.models.guidance import guided
from dreamreel.models.networks.clip_text import CLIPTextModel, CLIPTextModelWithProjection
from dreamreel.models.networks.unet import UNet2DConditionModel, fast_layout, is_wide
from dreamreel.models.proofs import Named, Proofs
from dreamreel.models.text_encoders import OneEncoder, Texts, TwoEncoders
from dreamreel.models.tokenizer import ClipTokenizer
from dreamreel.models.vocabulary import Vocabulary
from dreamreel.models.weights import check_precision

Kind = TypeVar("Kind", bound=torch.nn.Module)
# LoRAs, and which objects the ControlNets are, of a set of both.
_Set = tuple[tuple[LoadedLora, ...], tuple[int, ...]]
# The ControlNets of a set; when one of them is gone, so is its pass.
_Watched = list[weakref.ref[LoadedControlNet]]
# A ControlNet, its hints (rows, 3, H, W), and how strongly it counts, (rows, 1, 1, 1).
_Control = tuple[torch.nn.Module, Tensor, Tensor]
# Sets of LoRAs and ControlNets whose passes stay recorded.
SETS_KEPT = 8
# Latents each way on which faster forms are tried.
TRIED = 16


@dataclass(frozen=True, eq=False)
class Modules:
    """The parts as they were loaded, on one device and of one dtype.

    vae: an AutoencoderKL, or another that keeps its contract (networks/latents.py). second_tokenizer,
    second_text_encoder: SDXL's. empty_is_zero: see TwoEncoders. vae_overflows: whether the autoencoder's numbers are
    beyond float16 (diffusers' force_upcast).
    """

    tokenizer: ClipTokenizer
    text_encoder: CLIPTextModel
    unet: UNet2DConditionModel
    vae: Any
    second_tokenizer: ClipTokenizer | None = None
    second_text_encoder: CLIPTextModelWithProjection | None = None
    empty_is_zero: bool = True
    vae_overflows: bool = False

    @property
    def texts(self) -> Texts:
        """The text encoders."""
        if self.second_tokenizer is None or self.second_text_encoder is None:
            return OneEncoder(self.tokenizer, self.text_encoder)
        second = (self.second_tokenizer, self.second_text_encoder)
        return TwoEncoders(self.tokenizer, self.text_encoder, *second, self.empty_is_zero)

    @property
    def adaptable(self) -> dict[str, torch.nn.Module]:
        """The networks that LoRAs are for, by diffusers' names of the parts."""
        found: dict[str, torch.nn.Module] = {"unet": self.unet, "text_encoder": self.text_encoder}
        return found if self.second_text_encoder is None else {**found, "text_encoder_2": self.second_text_encoder}

    def to(self, device: torch.device, dtype: torch.dtype) -> "Modules":
        """The parts moved and set to inference, in the form that computes fastest (docs/performance.md)."""
        if self.is_wide:
            fold_upsampling(self.unet)
            fold_upsampling(self.vae)
        vae_dtype = torch.float32 if self.vae_overflows and dtype == torch.float16 else dtype
        encoders = zip(("text_encoder", "text_encoder_2"), self.texts.networks, strict=False)
        for name, network in (*encoders, ("unet", self.unet)):
            check_precision(network, dtype, name)
        check_precision(self.vae, vae_dtype, "vae")
        for network in (*self.texts.networks, self.unet):
            network.to(device, dtype).eval().requires_grad_(False)
        self.vae.to(device, vae_dtype).eval().requires_grad_(False)
        self._lay_out(self.layout)
        return self

    def _lay_out(self, layout: torch.memory_format) -> None:
        for network in (self.unet, self.vae):
            network.to(memory_format=layout)  # type: ignore[call-overload]

    def make_plain(self) -> None:
        """Computes in the plain form from now on: enlarging before it convolves, channels first."""
        for network in (self.unet, self.vae):
            show_folding(network, False)
        self._lay_out(torch.contiguous_format)

    def make_fast(self) -> None:
        """Computes in the form of to() again."""
        for network in (self.unet, self.vae):
            show_folding(network, True)
        self._lay_out(self.layout)

    @property
    def is_wide(self) -> bool:
        """Whether speed counts: see networks/unet.py."""
        return is_wide(self.unet)

    @property
    def layout(self) -> torch.memory_format:
        """The form of the UNet and the VAE that is faster here."""
        return fast_layout(self.unet)


class DiffusersBundle:
    """ModelBundle over Modules. vocabulary: for a model that knows only some words."""

    def __init__(self, modules: Modules, facts: ModelFacts, vocabulary: Vocabulary | None = None) -> None:
        self.modules = modules
        self.facts = facts
        self._vocabulary = vocabulary
        self._words = threading.Lock()  # held while texts are read, and while words are learned
        self._device, self._dtype, self._vae_dtype = modules.unet.device, modules.unet.dtype, modules.vae.dtype
        self._layout, self._texts = modules.layout, modules.texts
        self._sizes: dict[torch.Size, Tensor] = {}
        self.own_bytes = 0
        self.proofs = Proofs()
        self._scale: float = modules.vae.config.scaling_factor
        self._beside = {part: Beside(network) for part, network in modules.adaptable.items()}
        self._with_more: OrderedDict[_Set, tuple[Network, _Watched]] = OrderedDict()
        self._recorder = self.make_recorder()
        self._encode, self._denoise, self._decode = self._networks()

    def _networks(self) -> tuple[Network, Network, Network]:
        """Functions of tensors alone; recorded on CUDA, and where they are small but not tiny on a CPU (graphs.py)."""
        vae = self.modules.vae

        def encode(samples: Tensor) -> Tensor:
            posterior = vae.encode(samples).latent_dist
            return torch.cat([posterior.mean, posterior.std], 1)

        def denoise(x: Tensor, scales: Tensor, cond: Tensor) -> Tensor:
            return guided(self._predict, x, scales, cond)

        def decode(latents: Tensor) -> Tensor:
            return vae.decode(latents).sample

        self._passes = Pass(encode, vae), Pass(denoise, self.modules.unet), Pass(decode, vae)
        return self._passes if self._recorder is None else self.recorded(self._recorder)

    def _predict(
        self, x: Tensor, t: Tensor, cond: Tensor, guidance: Tensor | None = None, controls: Sequence[_Control] = ()
    ) -> Tensor:
        tokens, whole = self._texts.split(cond)
        inputs = self._in(x), t, tokens, whole, None if whole is None else self._sizes_of(x)
        added: list[Tensor] = []
        for network, hints, weights in controls:
            each = [(weights * given).to(self._dtype) for given in network(*inputs, self._in(hints))]
            added = [one + other for one, other in zip(added, each, strict=True)] if added else each
        return self.modules.unet(*inputs, guidance, added).float()

    def _denoise_with(self, loras: tuple[LoadedLora, ...], controls: tuple[LoadedControlNet, ...]) -> Network:
        """The pass that takes these along; one for each set of them, as long as the ControlNets are kept elsewhere."""
        key = loras, tuple(map(id, controls))
        if key not in self._with_more:
            sides, beside = [each.sides("unet") for each in loras], self._beside["unet"]
            beside.hook(path for each in sides for path in each.paths)
            networks = [each.network for each in controls]

            def denoise(x: Tensor, scales: Tensor, cond: Tensor, *more: Tensor) -> Tensor:
                """more: the strengths of loras if there are any, and hints and weights of controls."""
                each = [_for_rows(values, len(cond) // len(x)) for values in more]
                predict: Network = self._predict
                if networks:
                    *each, hints, weights = each
                    shaped = weights[..., None, None, None].unbind(1)
                    led = list(zip(networks, hints.unbind(1), shaped, strict=True))
                    predict = partial(self._predict, controls=led)
                if not sides:
                    return guided(predict, x, scales, cond)
                with beside.taking(sides, each[0]):
                    return guided(predict, x, scales, cond)

            recorded = self._recorded(Pass(denoise, self.modules.unet, *sides, *networks))
            # These go with the pass: a finalizer would keep the LoRAs of key as long as its ControlNet lives.
            is_gone = partial(_forget, weakref.ref(self), key)
            self._with_more[key] = recorded, [weakref.ref(each, is_gone) for each in controls]
            if len(self._with_more) > SETS_KEPT:
                self._with_more.popitem(last=False)
        self._with_more.move_to_end(key)
        return self._with_more[key][0]

    def forget(self, key: _Set) -> None:
        """Lets go of the pass of a set of which something is gone. From any thread."""
        self._with_more.pop(key, None)

    def _recorded(self, network: Pass) -> Network:
        named = Named("denoise with LoRAs or ControlNets", self.proofs, self._dtype)
        return network if self._recorder is None else Graphed(network, self._recorder, named)

    @property
    def passes(self) -> tuple[Network, Network, Network]:
        """Encoder, guided denoising and decoder, as they are recorded or computed as ever: functions of tensors."""
        return self._passes

    def make_recorder(self) -> Recorder | None:
        """What records the networks here; None where that gains nothing."""
        if self._device.type == "cuda":
            return CudaRecorder(self._device)
        is_small = self.modules.is_wide and _num_parameters(self.modules.unet) <= SMALL
        return TraceRecorder() if self._device.type == "cpu" and is_small else None

    def recorded(self, recorder: Recorder) -> tuple[Network, Network, Network]:
        """passes, recorded."""
        dtypes = {"encode": self._vae_dtype, "denoise": self._dtype, "decode": self._vae_dtype}
        encoding, denoising, decoding = (
            Graphed(each, recorder, Named(name, self.proofs, dtype))
            for each, (name, dtype) in zip(self._passes, dtypes.items(), strict=True)
        )
        return encoding, denoising, decoding

    @torch.inference_mode()
    def prove(self) -> None:
        """Holds the forms of the networks that are faster (folded, channels last) to the plain ones, on fixed numbers.

        Where they are not, the plain ones are drawn with from now on. Takes a few passes of a small picture.
        """
        if self.modules.layout == torch.contiguous_format and not self.modules.is_wide:
            return
        fast = self._tried()
        self.use_plain()
        plain = self._tried()
        found = zip(("UNet", "VAE"), fast, plain, (self._dtype, self._vae_dtype), strict=True)
        held = [self.proofs.holds(f"folded, channels last {name}", *each) for name, *each in found]
        if all(held):
            self.use_fast()

    def use_plain(self) -> None:
        """Draws with the plain form of the networks from now on."""
        self.modules.make_plain()
        self._layout = torch.contiguous_format

    def use_fast(self) -> None:
        """Draws with the form that they were loaded in from now on."""
        self.modules.make_fast()
        self._layout = self.modules.layout

    def _tried(self) -> tuple[Tensor, Tensor]:
        """What the UNet and the decoder make of fixed numbers, unrecorded."""
        numbers = torch.Generator().manual_seed(0)
        shape = (1, self.modules.unet.config.in_channels, TRIED, TRIED)
        x = torch.randn(shape, generator=numbers).to(self._device)
        told = [1.0] if self.modules.unet.is_told else []
        scales = torch.tensor([[0.0, 1.0, 1.0, 500.0, *told]], device=self._device)
        cond = self._texts.embed(["a castle"]).to(self._device, self._dtype)
        _, denoise, decode = self._passes
        return denoise(x, scales, cond).clone(), decode(self._in(x, self._vae_dtype)).clone()

    def embed(self, prompts: Sequence[str], loras: Sequence[Counted] = ()) -> Tensor:
        if self._vocabulary:
            prompts = [self._vocabulary.translated(prompt) for prompt in prompts]
        with self._words, self._reading_with(loras):
            return self._texts.embed(prompts)

    def read(
        self, phrase: Sequence[tuple[str, float]], chunks: int, skip: int, loras: Sequence[Counted] = ()
    ) -> tuple[Tensor, int]:
        if self._vocabulary:
            phrase = [(self._vocabulary.translated(words), factor) for words, factor in phrase]
        with self._words, self._reading_with(loras):
            return self._texts.read(phrase, chunks, skip)

    @contextmanager
    def _reading_with(self, loras: Sequence[Counted]) -> Iterator[None]:
        """While the block runs, the text encoders take loras along."""
        with ExitStack() as stack:
            for part, beside in self._beside.items() if loras else ():
                if part != "unet":
                    strengths = torch.tensor([[each.text for each in loras]], device=self._device)
                    sides = [each.lora.sides(part) for each in loras]
                    beside.hook(path for each in sides for path in each.paths)
                    stack.enter_context(beside.taking(sides, strengths))
            yield

    def encode(self, samples: Tensor, noise: Tensor) -> Tensor:
        mean, std = self._encode(self._in(samples, self._vae_dtype)).float().chunk(2, 1)
        return self._scale * (mean + std * to_device(noise, self._device))

    def denoise(
        self,
        x: Tensor,
        scales: Tensor,
        cond: Tensor,
        loras: Alongside | None = None,
        controlled: Controlled | None = None,
    ) -> Tensor:
        inputs = [x.to(self._device), scales.to(self._device), cond.to(self._device, self._dtype)]
        network = self._denoise
        if loras is not None or controlled is not None:
            more = ([loras.strengths] if loras else []) + ([controlled.hints, controlled.weights] if controlled else [])
            inputs += [to_device(values, self._device) for values in more]
            network = self._denoise_with(
                tuple(loras.loras) if loras else (), tuple(controlled.networks) if controlled else ()
            )
        return network(*inputs).clone()  # a recording writes its next answer over this one

    def decode(self, latents: Tensor) -> Tensor:
        return self._decode(self._in(1.0 / self._scale * latents, self._vae_dtype)).float()

    def read_lora(self, path: Path) -> LoadedLora:
        changes = read_lora(path, self.modules.adaptable, vars(self.modules.unet.config))
        return LoadedLora(changes, self._beside)

    def learn(self, files: Sequence[EmbeddingFile]) -> None:
        encoders = [each for each in (self.modules.text_encoder, self.modules.second_text_encoder) if each is not None]
        fit = [file for file in files if file.widths == tuple(each.config.hidden_size for each in encoders)]
        second = self.modules.second_tokenizer
        with self._words:
            tokens = teach(encoders, fit)
            self.modules = replace(
                self.modules,
                tokenizer=self.modules.tokenizer.knowing(tokens),
                second_tokenizer=None if second is None else second.knowing(tokens),
            )
            self._texts = self.modules.texts

    def merged(self, loras: Sequence[Counted]) -> "DiffusersBundle":
        def made(part: str, network: Kind) -> Kind:
            counts = [each.unet if part == "unet" else each.text for each in loras]
            return merged(network, [(each.lora.changes[part], n) for each, n in zip(loras, counts, strict=True)])

        second = self.modules.second_text_encoder
        modules = replace(
            self.modules,
            unet=made("unet", self.modules.unet),
            text_encoder=made("text_encoder", self.modules.text_encoder),
            second_text_encoder=None if second is None else made("text_encoder_2", second),
        )
        other = DiffusersBundle(modules, self.facts, self._vocabulary)
        before = self.modules.adaptable
        other.own_bytes = sum(own_bytes(network, before[part]) for part, network in modules.adaptable.items())
        other._layout = self._layout  # the plain one where the faster forms did not hold
        return other

    def _sizes_of(self, x: Tensor) -> Tensor:
        """What SDXL is told of latents (B, C, h, w): that each picture was and is of their size, uncut. (B, 6)."""
        if x.shape not in self._sizes:  # kept, since a recording on CUDA may copy nothing from the host
            height, width = (self.facts.latent_factor * side for side in x.shape[2:])
            self._sizes[x.shape] = x.new_tensor([[height, width, 0, 0, height, width]]).float().repeat(len(x), 1)
        return self._sizes[x.shape]

    def _in(self, values: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        return to_device(values, self._device).to(dtype or self._dtype, memory_format=self._layout)


def _for_rows(values: Tensor, rows: int) -> Tensor:
    """values of n evaluations (n, ...) for each of the rows of these, (rows n, ...)."""
    return values[:, None].expand(-1, rows, *values.shape[1:]).flatten(0, 1)


def _forget(bundle: "weakref.ref[DiffusersBundle]", key: _Set, _control: "weakref.ref[LoadedControlNet]") -> None:
    if (found := bundle()) is not None:
        found.forget(key)


def _num_parameters(network: torch.nn.Module) -> int:
    return sum(each.numel() for each in network.parameters())
