"""The versions that requests may name: each model's own, and of the one with every input one for each checkpoint."""

import threading
from collections.abc import Mapping

from dreamreel.animation.views import ANIMATE, ApiModel, is_digest, pinned
from dreamreel.api.http.problems import Problem
from dreamreel.api.versions import find_version, no_such_version, version_under
from dreamreel.rendering.setup import Setup
from dreamreel.rendering.versions import Versions

# So long a request waits for the files of checkpoints to be read, before it is told to come again.
PATIENCE_S = 5.0
# So many requests wait at a time, others are told at once: the threads that answer everybody are few (http/lanes.py).
PATIENT = 2


class ServedVersions:
    """setups: of each checkpoint alone, by its name."""

    def __init__(self, setups: Mapping[str, Setup]) -> None:
        self._versions = Versions(setups)
        self._models: dict[str, ApiModel] = {}
        self._places = threading.Semaphore(PATIENT)

    def start(self) -> None:
        """Begins to read the checkpoints' files, if nobody has; returns at once."""
        self._versions.start()

    def by_checkpoint(self) -> dict[str, ApiModel]:
        """Those that are known by now, by the name of the checkpoint that draws them."""
        known = self._versions.ids
        for name, version in known.items():
            if name not in self._models or self._models[name].version != version:
                self._models[name] = pinned(name, version)
        return {name: self._models[name] for name in known}

    def of(self, model: ApiModel) -> list[ApiModel]:
        """The versions of a model, the one that takes any checkpoint first. May wait for PATIENCE_S."""
        if model is not ANIMATE:
            return [model]
        self._wait()
        return [model, *self.by_checkpoint().values()]

    def find(self, text: str) -> ApiModel | None:
        """What a request's `version` means: an id, a model's name, or both with a colon between.

        `dreamreel/animate:NAME` is the version of the checkpoint of that name. Raises Problem 503 where it may be one
        whose files are still being read.
        """
        if (model := find_version(text)) is not None:
            return model
        owner, _, wanted = text.rpartition(":")
        if owner != ANIMATE.name and not (owner == "" and is_digest(wanted)):
            return None
        return self._known(wanted) or self._late(wanted)

    def get(self, model: ApiModel, wanted: str) -> ApiModel:
        """The version of a model with that id. Raises Problem 404 that names those there are, and 503 as find does."""
        if (own := version_under(model, wanted)) is not None:
            return own
        found = self._known(wanted) or self._late(wanted) if model is ANIMATE and is_digest(wanted) else None
        if found is None:
            raise no_such_version(self.of(model), wanted)
        return found

    def _known(self, wanted: str) -> ApiModel | None:
        """What has that id, or is drawn by the checkpoint of that name."""
        known = self.by_checkpoint()
        return known.get(wanted) or next((each for each in known.values() if each.version == wanted), None)

    def _late(self, wanted: str) -> ApiModel | None:
        """What was not known a moment ago, once all files are read."""
        is_all = self._wait()
        found = self._known(wanted)
        if found is None and not is_all:
            detail = "The files of the models here are still being read, so not all versions are known. Try again."
            raise Problem(503, detail, title="Service Unavailable", headers={"Retry-After": "5"})
        return found

    def _wait(self) -> bool:
        """Whether all files are read, after PATIENCE_S at most."""
        has_place = self._places.acquire(blocking=False)
        try:
            return self._versions.wait(PATIENCE_S if has_place else 0.0)
        finally:
            if has_place:
                self._places.release()
