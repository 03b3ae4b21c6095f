"""Calls -> answers: like calls side by side in one pass of their network, as many as its memory holds."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

import torch

from dreamreel.diffusion.calls import Ahead, Call, Host
from dreamreel.engine.network import Later, Network, Networks
from dreamreel.models.accelerators import empty_cache, is_out_of_memory

Answer = TypeVar("Answer")


class Backend:
    """Answers calls with the networks that they name. Not for several threads at once.

    Where the device has no memory for a pass, its network makes it smaller, for good.
    """

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    def group(self, call: Call[object]) -> Hashable:
        """Equal for calls that one forward pass can answer."""
        return id(call) if isinstance(call, Host | Ahead) else (call.network, self._network(call).group(call))

    def most(self, call: Call[object]) -> int:
        """How many calls like this one forward() answers in one pass."""
        return 1 if isinstance(call, Host | Ahead) else self._network(call).most(call)

    def answer(self, call: Call[Answer]) -> Answer:
        """The answer that the call's docstring promises."""
        answer = self.forward([call])[0]
        return answer.finish() if isinstance(answer, Later) else answer

    def known(self, call: Call[object]) -> object | None:
        """The answer where it costs nothing, because it was given before or is only copied; None for all else."""
        return None if isinstance(call, Host | Ahead) else self._network(call).known(call)

    @torch.inference_mode()
    def forward(self, calls: Sequence[Call[Answer]]) -> list[Answer | Later[Answer]]:
        """The answers to calls of one group; some may be Later.

        Raises EngineError if the device has no memory for a single one.
        """
        first = calls[0]
        if isinstance(first, Host):
            return [call.work() for call in calls if isinstance(call, Host)]
        if isinstance(first, Ahead):
            # Done when it is wanted: no thread is here to begin it.
            return [call.work for call in calls if isinstance(call, Ahead)]  # type: ignore[misc]
        network = self._network(first)
        answers: list[Answer | Later[Answer]] = []
        while len(answers) < len(calls):
            answered = _try(network, calls[len(answers) :][: network.most(first)])
            if answered is None:
                empty_cache()
                network.shrink(first)
            else:
                answers += answered
        return answers

    def _network(self, call: Call[object]) -> Network:
        return self._networks.get(call.network)


def _try(network: Network, calls: Sequence[Call[Answer]]) -> list[Answer | Later[Answer]] | None:
    """None where memory ran out; nothing of the attempt is held then."""
    try:
        return network.run(calls)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None
