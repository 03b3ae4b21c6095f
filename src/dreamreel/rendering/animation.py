"""Where making frames comes together for one animation: input, plan, model, fold of frames."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dreamreel.animation import checkpoints
from dreamreel.animation.canvas import Canvas, check_canvas
from dreamreel.animation.identity import frame_keys
from dreamreel.animation.input import check
from dreamreel.animation.plan import AnimationPlan
from dreamreel.animation.views import HERE, View
from dreamreel.engine.rows import denoise_buckets, describe, parse_rows
from dreamreel.errors import InputError, ModelError, NumbersError, ReplacedFileError
from dreamreel.models import catalog
from dreamreel.models.digest import weights_digest, weights_files
from dreamreel.models.layout import Defaults
from dreamreel.models.prompt_reader import load_prompt_reader
from dreamreel.models.stamps import Stamps, replaced, stamps_of
from dreamreel.rendering import additions
from dreamreel.rendering.controlnets import check_controlnets
from dreamreel.rendering.planning import Checked, few_step_lora, planned, with_lora
from dreamreel.rendering.setup import Setup, canvas_of
from dreamreel.schedule.bounds import first_notes
from dreamreel.schedule.notes import Note, quote

if TYPE_CHECKING:
    from dreamreel.animation.feature import PictureName, Pictures
    from dreamreel.animation.state import Drawn, State
    from dreamreel.diffusion.calls import Calls, Lora
    from dreamreel.diffusion.space import LatentSpace
    from dreamreel.engine.backend import Backend
    from dreamreel.engine.checkpoint import Checkpoint
    from dreamreel.engine.drive import Observer
    from dreamreel.imaging.warp2d import Picture
    from dreamreel.models.bundle import ModelBundle, ModelFacts
    from dreamreel.rendering.checkpoints import Checkpoints
    from dreamreel.rendering.full_precision import FullPrecision

Image = NDArray[np.uint8]
# A side this many times as long as the model's own is drawn as one picture still.
MOST_STRETCH = 1.5


@dataclass(frozen=True, eq=False)
class Frame:
    """A finished frame. image: (H, W, 3) uint8 RGB. seconds: that it took.

    hidden: of a stretch's last frame, all that is not shown and later frames need; None of the others.
    """

    idx: int
    image: Image
    prompt: str
    seed: int
    seconds: float
    hidden: "Pictures | None" = None


@dataclass(eq=False)
class Animation:
    """An animation that can be drawn: its plan is checked, its model is loaded when first needed.

    chosen: the inputs that the request names; the others have their defaults. scheduled: where the models lie between
    which the film switches, by the names that its schedule has. load: what gives the model, in place of catalog.load.
    """

    plan: AnimationPlan
    setup: Setup
    location: catalog.Location
    notes: list[Note] = field(default_factory=list)
    chosen: frozenset[str] = frozenset()
    scheduled: Mapping[str, catalog.Location] = field(default_factory=dict)
    load: "Callable[[catalog.Location, str, str], ModelBundle] | None" = None

    @cached_property
    def bundle(self) -> "ModelBundle":
        """The model, loaded at first use. Raises ModelError."""
        return (self.load or catalog.load)(self.location, self.setup.device, self.setup.precision)

    @cached_property
    def facts(self) -> "ModelFacts":
        """What is known of the model; of one that is not loaded yet, it is. Raises ModelError."""
        return self.bundle.facts

    @cached_property
    def space(self) -> "LatentSpace":
        """The model's latents."""
        return _space_of(self.facts)

    @cached_property
    def models(self) -> "Checkpoints":
        """The models of a film that switches between several, on a shelf of its own. Raises ModelError."""
        from dreamreel.rendering.checkpoints import Checkpoints

        others = tuple(location.name for location in self.scheduled.values())
        return Checkpoints(replace(self.setup, others=others), {self.location.short_name: self.bundle})

    @cached_property
    def facts_named(self) -> "Callable[[str], ModelFacts]":
        """What is known of a scheduled model, by the name that it has on a shelf."""
        return self.models.facts

    def network_at(self, idx: int) -> str | None:
        """The name on a shelf of the scheduled model that draws frame idx; None: the model, whatever it is called."""
        name = self.plan.checkpoint_of(idx)
        return None if name is None else self.scheduled[name].short_name

    def loras_on(self, network: str | None) -> "tuple[Lora, ...]":
        """The LoRAs that count in frames which the network of that name draws (network_at)."""
        return self.plan.loras_of([name for name, each in self.scheduled.items() if each.short_name == network])

    def space_at(self, idx: int) -> "LatentSpace":
        """The latents of the model that draws frame idx."""
        name = self.network_at(idx) if idx < self.plan.num_frames else None
        return self.space if name is None else _space_of(self.facts_named(name))

    def stretch(self, state: "State", model: str = "") -> "Calls[Drawn]":
        """The generator of the frames that come next, whose calls are for the network that draws them.

        model: the name of the one that draws where none is scheduled.
        """
        from dreamreel.animation.stretch import next_stretch
        from dreamreel.diffusion.calls import send_to

        idx, following = state.next_idx, self.plan.spacing.following(state.next_idx)
        drawn = next_stretch(self.plan, self.space_at(idx), state, self.space_at(following))
        return send_to(self.network_at(idx) or model, drawn)

    def remarks(self) -> list[Note]:
        """What the model is not made for: the size, and of the prompts what is cut off. Loads no weights."""
        made_for = catalog.check(self.location)
        return [
            *_size_remarks(self.plan.canvas, made_for),
            *_sampler_remarks(self.plan, self.setup, made_for),
            *prompt_remarks(self.plan, self.location, self.setup, self.scheduled.values()),
        ]

    def __iter__(self) -> Iterator[Frame]:
        return self.frames()

    def __len__(self) -> int:
        return self.plan.num_frames

    def frames(self, state: "State | None" = None, observe: "Observer | None" = None) -> Iterator[Frame]:
        """The frames from state on (from the first without one), each as soon as it is done.

        observe: see engine/drive.py. Raises EngineError, naming the frame, if it comes out empty twice.
        """
        from dreamreel.animation.state import State
        from dreamreel.engine.drive import drive

        backend, full_precision = self._drawing()
        state = State() if state is None else state
        with ThreadPoolExecutor(1, "ahead") as hosts:
            while state.next_idx < self.plan.num_frames:
                started, idx = time.perf_counter(), state.next_idx
                begin, network = partial(self.stretch, state), self.network_at(idx)
                if network is not None:
                    self._prepare(self.models.get(network), network)
                try:
                    drawn = drive(begin(), backend, observe, hosts)
                except NumbersError:
                    drawn = full_precision.draw(network or "", begin, idx, self.plan.prompt(idx))
                state = drawn.state
                yield from self.shown(drawn, time.perf_counter() - started)

    def _drawing(self) -> "tuple[Backend, FullPrecision]":
        """What answers the calls of all frames, and what draws single ones again in full precision."""
        from dreamreel.engine.backend import Backend
        from dreamreel.engine.network import Only
        from dreamreel.rendering.full_precision import FullPrecision

        if self.scheduled:
            from dreamreel.rendering.checkpoints import in_full_precision

            return self.models.backend, FullPrecision(lambda name: self.models.use(in_full_precision(name)))
        checkpoint = additions.checkpoint_of(self.bundle, self.setup)
        self._prepare(checkpoint)
        return Backend(Only(checkpoint)), FullPrecision(lambda _: nullcontext(self._in_full_precision))

    def _prepare(self, checkpoint: "Checkpoint", network: str | None = None) -> None:
        words = additions.embeddings_for(self.setup)
        checkpoint.prepare(self.loras_on(network), words, self.plan.controlnets.names)

    @cached_property
    def _in_full_precision(self) -> "Checkpoint":
        """The model in float32, a second time where it is drawn with in less."""
        from dreamreel.rendering.full_precision import shares_model

        shared = self.bundle if shares_model(self.facts) else None
        if shared is None:
            self.check_files()
        bundle = shared or catalog.load(self.location, self.facts.device, "float32")
        return additions.checkpoint_of(bundle, self.setup)

    def shown(self, drawn: "Drawn", seconds: float) -> Iterator[Frame]:
        """The frames of a stretch that took so many seconds, with what is said of each."""
        hidden = {name: image for name, image in drawn.state.pictures.items() if name[0] != "frame"}
        for each in drawn.frames:
            prompt, seed = self.plan.prompt(each.idx), self.plan.seed_of(each.idx)
            beside = hidden if each is drawn.frames[-1] else None
            yield Frame(each.idx, each.image, prompt, seed, seconds / len(drawn.frames), beside)

    def resume(self, num_frames: int, picture: "Callable[[PictureName], Picture | None]") -> "State":
        """The state to go on from after num_frames finished frames, from their pictures alone (animation/state.py)."""
        from dreamreel.animation.state import resume

        return resume(self.plan, num_frames, picture)

    def provenance(self) -> dict[str, Any]:
        """manifest() and what else decides the last bits: weights, versions, hardware, precision, threads."""
        import torch

        from dreamreel.models.devices import describe_hardware

        facts = self.facts
        return {
            **self.manifest(),
            "title": facts.title,
            "weights": self.weights,
            **({"beside": self.beside} if self.beside else {}),
            "precision": facts.precision,
            "device": facts.device.partition(":")[0],
            "hardware": describe_hardware(facts.device),
            "threads": torch.get_num_threads(),
            "rows": describe(denoise_buckets(parse_rows(self.setup.rows), facts.device)),
            "versions": dict(_versions()),
        }

    @cached_property
    def weights(self) -> str:
        """SHA-256 of the model's weights."""
        return weights_digest(self.location)

    @property
    def _locations(self) -> list[catalog.Location]:
        """Of every model that may draw a frame."""
        return [self.location, *self.scheduled.values()]

    @cached_property
    def stamps(self) -> Stamps:
        """The files that decide any frame, as they were before their digests were taken."""
        models = [path for each in self._locations for path in weights_files(each)]
        beside = additions.decisive(self.plan, self.setup, self._locations).values()
        return stamps_of([*models, *(path for paths in beside for path in paths)])

    def check_files(self) -> None:
        """Raises ReplacedFileError if a file that decides frames is another than that of their keys."""
        path = replaced(self.stamps)
        if path is None and self.setup.embeddings:  # one that is new there is read by its name, too
            words = additions.read_words(self.plan, self.setup, self._locations).values()
            path = next((path for paths in words for path in paths if path not in self.stamps), None)
        if path is not None:
            raise ReplacedFileError(f"{path.name} is another file now than when the film was begun")

    @cached_property
    def keys(self) -> list[str]:
        """(N,), what each frame is the drawing of (animation/identity.py)."""
        _ = self.stamps  # of what the digests are of, or older, so that a change meanwhile is seen
        return frame_keys(self.plan, self.weights, beside=partial(additions.digests_at, self.plan, self.beside))

    @cached_property
    def beside(self) -> dict[str, str]:
        """SHA-256 of LoRAs, ControlNets, embeddings and scheduled models that are drawn with, by name."""
        others = {f"{additions.CHECKPOINT}{name}": weights_digest(each) for name, each in self.scheduled.items()}
        return others | additions.digests_of(self.plan, self.setup, self._locations)

    def manifest(self) -> dict[str, Any]:
        """Everything that decides the frames, as JSON values: what to compare, and to render again."""
        canvas = self.plan.canvas
        return {
            "input": {**self.plan.input.to_dict(), "seed": self.plan.seed},
            "model": self.location.name,
            **{
                name: folder
                for name in ("vae", "loras", "embeddings", "controlnets")
                if (folder := getattr(self.setup, name))
            },
            "width": canvas.width,
            "height": canvas.height,
            "steps": canvas.steps,
            "cfg_scale": canvas.cfg_scale,
            "rows": self.setup.rows,
        }


@cache
def _versions() -> dict[str, str]:
    from importlib.metadata import version

    names = ("dreamreel", "torch", "tokenizers", "numpy", "opencv-python-headless", "av")
    return {name: version(name) for name in names}


def _space_of(facts: "ModelFacts") -> "LatentSpace":
    from dreamreel.diffusion.sigmas import PREDICTIONS, NoiseSchedule
    from dreamreel.diffusion.space import LatentSpace

    schedule = NoiseSchedule(facts.alphas_cumprod, prediction=PREDICTIONS[facts.prediction], is_told=facts.is_told)
    return LatentSpace(facts.latent_channels, facts.latent_factor, schedule, facts.latents)


def prepare(
    raw: Mapping[str, Any],
    setup: Setup,
    seed: int | None = None,
    view: View = HERE,
    setups: Mapping[str, Setup] | None = None,
) -> Animation:
    """raw (inputs by wire name) made ready to draw. Imports no torch and reads no weights.

    seed: for an input that names none; random if None. view: what raw may name, and within which limits. setups: of the
    models that a schedule may name; any that is here without it.

    Raises InputError and ModelError.
    """
    location = setup.locate()
    parse_rows(setup.rows)
    made_for = catalog.check(location)
    values, wrong = check(raw, view)
    for problem in wrong:
        raise problem
    on = partial(canvas_of, setup)
    plan, notes = planned(Checked(raw, values, view), setup, made_for, on, seed)
    chosen = frozenset(name for name, value in raw.items() if value is not None)
    scheduled = _scheduled(plan, setup, setups)
    additions.check_additions(plan, setup, location, scheduled)
    check_controlnets(plan, setup, [location, *scheduled.values()])
    return Animation(plan, setup, location, notes, chosen, scheduled)


def _scheduled(plan: AnimationPlan, setup: Setup, setups: Mapping[str, Setup] | None) -> dict[str, catalog.Location]:
    """Where the models lie that the plan's schedule names. Raises InputError for one that cannot draw there."""
    found = {}
    for name in plan.checkpoints.distinct:
        if setups is not None and name not in setups:
            raise InputError(
                checkpoints.SCHEDULE.name, f"{quote(name)} is none of the models here: {', '.join(setups)}"
            )
        each = replace(setup, model=name, others=()) if setups is None else setups[name]
        try:
            found[name] = each.locate()
            check_canvas(replace(plan.canvas, multiple=catalog.check(found[name]).multiple))
        except (InputError, ModelError) as error:
            raise InputError(checkpoints.SCHEDULE.name, f"{quote(name)}: {error}") from None
    return found


def _sampler_remarks(plan: AnimationPlan, setup: Setup, made_for: Defaults) -> Iterator[Note]:
    """A note on a sampler that is not the one which a model, or a LoRA, of few steps needs."""
    used, lora = plan.sampling.sampler(0).name, few_step_lora(plan, setup, made_for)
    made_for = with_lora(made_for, lora)
    if made_for.sampler and used != made_for.sampler:
        what = "model" if lora is None else f"LoRA {quote(lora.name)}"
        message = (
            f"the {what} was made to be drawn in about {made_for.steps} steps with {made_for.sampler} at a guidance of "
            f"{made_for.cfg_scale:g}: with {used} its pictures may be raw"
        )
        yield Note("sampler", message)


def prompt_remarks(
    plan: AnimationPlan, location: catalog.Location, setup: Setup, scheduled: Iterable[catalog.Location]
) -> list[Note]:
    """What the model at location cannot take of the prompts, such as words beyond its token limit. Loads no weights.

    scheduled: where the other models of the film lie, which may read what it does not.
    """
    words = tuple((file.name, file.num_vectors) for file in additions.embeddings_of(setup, [location]))
    reader = load_prompt_reader(location.path, words)
    found = (
        Note("animation_prompts", remark)
        for phrase, chunks in plan.words.phrases
        for remark in (reader.remarks(phrase) if isinstance(phrase, str) else reader.remarks_on(phrase, chunks))
    )
    return [*first_notes(found, "animation_prompts"), *additions.misfits(plan, setup, [location, *scheduled])]


def _size_remarks(canvas: Canvas, made_for: Defaults) -> Iterator[Note]:
    """A note on a size so far from the model's own that one prompt fills the picture twice."""
    if max(canvas.width / made_for.width, canvas.height / made_for.height) > MOST_STRETCH:
        message = (
            f"the model was made for {made_for.width}x{made_for.height}: at {canvas.width}x{canvas.height} it may draw "
            "the subject of a prompt twice"
        )
        yield Note("size", message)
