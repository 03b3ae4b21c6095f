"""A worker on a bench: a real store, real files, the tiny model, and hands on the model's switches."""

import contextlib
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch

from dreamreel.animation.views import ANIMATE, VERSIONS
from dreamreel.predictions.accounts import new_id
from dreamreel.predictions.record import Prediction, Status
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.checkpoints import Checkpoints
from dreamreel.rendering.setup import Setup
from dreamreel.video.frames import FrameFolder
from dreamreel.workers.loop import Loop, Terms
from dreamreel.workers.meter import Meter, metered
from tests import tiny
from tests.fresh import fresh_store

SETUP = Setup("tiny-sd", steps=4, device="cpu")
INPUT = {"animation_prompts": "0: a red circle | 5: a blue square", "sampler": "euler_ancestral", "zoom": "0: (1.02)"}
FRAMES = 8
PATIENCE_S = 120


def wait_for(look, what):
    """The first true value of look()."""
    until = time.monotonic() + PATIENCE_S
    while not (found := look()):
        if time.monotonic() > until:
            pytest.fail(f"not within {PATIENCE_S} s: {what}")
        time.sleep(0.01)
    return found


@dataclass(eq=False)
class Switched:
    """The tiny model with switches. gate: while it is closed, the network waits. decoded: changes samples."""

    facts: object = field(default_factory=lambda: tiny.bundle().facts)
    gate: threading.Event = field(default_factory=threading.Event)
    decoded: object = None
    evaluations: int = 0
    waiting: bool = False

    def __post_init__(self):
        self.gate.set()

    def __getattr__(self, name):
        return getattr(tiny.bundle(), name)

    def denoise(self, x, scales, cond, *more):
        self.waiting = True
        self.gate.wait(PATIENCE_S)
        self.waiting = False
        self.evaluations += 1
        return tiny.bundle().denoise(x, scales, cond, *more)

    def decode(self, latents):
        sample = tiny.bundle().decode(latents)
        return self.decoded(sample) if self.decoded else sample


@dataclass(eq=False)
class Bench:
    """A data folder with its store."""

    data: Path

    def __post_init__(self):
        self.store = fresh_store(self.data)

    def add(self, num_frames=FRAMES, seed=7, owner="anna", **changes):
        """Queues a prediction and returns its id."""
        values = {"input": {**INPUT, "max_frames": num_frames}, "created_at": datetime.now(UTC), **changes}
        known = values.pop("id", new_id()), owner, values.pop("version", "v1")
        prediction = Prediction(*known, seed=seed, num_frames=num_frames, **values)
        self.store.add(prediction)
        return prediction.id

    def get(self, prediction_id):
        return self.store.get(prediction_id)

    def folder(self, prediction_id):
        return self.data / "predictions" / prediction_id

    def frames(self, prediction_id):
        """The bytes of its journal, by name."""
        return {path.name: path.read_bytes() for path in sorted((self.folder(prediction_id) / "frames").glob("*.png"))}

    def video(self, prediction_id, name="out.mp4"):
        return (self.folder(prediction_id) / name).read_bytes()

    def loop(self, worker="w1", bundle=None, setup=SETUP, **terms):
        values, meter = {"slots": 4, "lease_s": 30.0, **terms}, Meter()
        models = metered(setup, meter, {setup.model: bundle or Switched()})
        terms = Terms(("v1", ANIMATE.version), **values)
        made = Loop(worker, self.store, models, self.data / "predictions", terms, meter=meter)
        made.bundle = models.loaded[setup.model]
        return made

    def plain_loop(self, setup, worker="w1"):
        """A loop on the setup's own models, as a worker has them."""
        return Loop(worker, self.store, Checkpoints(setup), self.data / "predictions", Terms(VERSIONS, slots=4))

    def assert_as_alone(self, prediction_id, setup, raw):
        """Its frames are those that the input alone has, drawn without a worker."""
        assert self.get(prediction_id).status is Status.SUCCEEDED, self.get(prediction_id).error
        alone = prepare({**INPUT, "max_frames": FRAMES, **raw}, setup, 7)
        kept = [
            cv2.imdecode(np.frombuffer(each, np.uint8), 1)[..., ::-1] for each in self.frames(prediction_id).values()
        ]
        assert all(np.array_equal(ours, theirs.image) for ours, theirs in zip(kept, alone, strict=True))

    @contextlib.contextmanager
    def working(self, loop=None, **options):
        """A loop at work in a thread; stopped at the end."""
        loop = loop or self.loop(**options)
        stop, errors = threading.Event(), []

        def run():
            try:
                loop.run(stop)
            except BaseException as error:  # noqa: BLE001 - told to the test
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield loop
        finally:
            stop.set()
            loop.wake.set()
            if isinstance(getattr(loop, "bundle", None), Switched):
                loop.bundle.gate.set()
            thread.join(PATIENCE_S)
        assert not thread.is_alive()
        assert errors == []

    def wait(self, prediction_id):
        """The prediction once it has ended."""
        wait_for(lambda: self.get(prediction_id).status.is_terminal, f"the end of {prediction_id}")
        return self.get(prediction_id)

    def wait_for_frames(self, prediction_id, count):
        wait_for(lambda: self.get(prediction_id).frames_done >= count, f"frame {count} of {prediction_id}")

    def run_to_end(self, *prediction_ids, **options):
        """Works until all have ended; returns the last."""
        with self.working(**options):
            return [self.wait(prediction_id) for prediction_id in prediction_ids][-1]

    def claim(self, worker):
        """The next prediction, claimed for a worker that does nothing with it."""
        now = datetime.now(UTC)
        return self.store.claim(worker, ("v1",), now, now + timedelta(seconds=30), 3)

    def left_behind(self, count, num_frames=1000, setup=SETUP, **changes):
        """A prediction whose first frames lie in its journal as if they had been drawn: four pictures in turn."""
        prediction_id = new_id()
        animation = prepare({**INPUT, "max_frames": num_frames}, setup, 7)
        animation.bundle = tiny.bundle()
        journal = FrameFolder(self.folder(prediction_id) / "frames")
        journal.write_manifest(animation.provenance())
        canvas, draw = animation.plan.canvas, np.random.default_rng(0)
        for idx in range(4):
            journal.save(idx, draw.integers(0, 256, (canvas.height, canvas.width, 3), np.uint8))
        for idx in range(4, count):
            (journal.folder / f"{idx:05}.png").hardlink_to(journal.folder / f"{idx % 4:05}.png")
        return self.add(num_frames, id=prediction_id, frames_done=count, **changes)

    def begun(self, count=3, **changes):
        """A prediction that another worker left behind after count frames, without a lease."""
        prediction_id = self.add(**changes)
        with self.working(bundle=(bundle := Switched())):
            self.wait_for_frames(prediction_id, count)
            bundle.gate.clear()
            wait_for(lambda: bundle.waiting, "the worker at the closed gate")
        assert self.get(prediction_id).frames_done < FRAMES
        return prediction_id


def sound_frames(folder, limit=10_000):
    """How many frames from the first on a folder holds."""
    return len(list(FrameFolder(folder).load_all(limit)))


def num_pictures(path):
    """How many pictures a video shows."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def nan(sample):
    return torch.full_like(sample, float("nan"))


def black(sample):
    return torch.full_like(sample, -1.0)
