"""A worker's claim on a prediction: what the store and the prediction's folder let its holder do, and no other."""

from collections.abc import Sequence
from dataclasses import dataclass

from dreamreel.predictions.record import Prediction, Status
from dreamreel.predictions.service import Clock
from dreamreel.predictions.store import Ending, FrameDone, Store
from dreamreel.workers.claim_folder import ClaimFolder


class LeaseLostError(Exception):
    """Another worker has the prediction now: whatever this one still does with it counts for nothing."""


@dataclass(eq=False)
class Claim:
    """prediction: as it was claimed, with its lease. files: its folder, in the hands of this claim."""

    prediction: Prediction
    store: Store
    files: ClaimFolder
    clock: Clock

    @property
    def id(self) -> str:
        """The prediction's."""
        return self.prediction.id

    @property
    def fence(self) -> int:
        """The number of the claim, which grows with each claim on the prediction."""
        assert self.prediction.lease is not None
        return self.prediction.lease.fence

    def add_logs(self, text: str) -> None:
        """Appends log lines. Raises LeaseLostError."""
        self._check(self.store.add_logs(self.id, self.fence, text, self.clock()))

    def add_frames(self, frames: Sequence[FrameDone]) -> None:
        """Records frames that were finished together. Raises LeaseLostError."""
        self._check(self.store.add_frames(self.id, self.fence, frames, self.clock()))

    def end(self, ending: Ending) -> Status | None:
        """Ends the prediction, and takes away what is half written. Returns how it ended; None if the claim was lost.

        A cancel that came meanwhile wins.
        """
        self.files.close()  # before the end is stored: a full disk has room for it then
        if not self.store.finish(self.id, self.fence, ending, self.clock()):
            return None
        ended = self.store.get(self.id)
        return None if ended is None else ended.status

    def holds(self) -> bool:
        """Whether the claim is the prediction's current one."""
        return self.store.holds(self.id, self.fence)

    def cancel_requested(self) -> bool:
        """Whether the prediction is to be canceled."""
        return bool(self.store.cancel_requested([self.id]))

    def release(self) -> None:
        """Gives the prediction back, for another worker; nothing if the claim was lost."""
        self.store.release(self.id, self.fence)

    def _check(self, accepted: bool) -> None:
        if not accepted:
            raise LeaseLostError
