"""One generator driven to its end, without a batcher: an ordinary call for tests, scripts and the CLI."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

import torch

from dreamreel.diffusion.calls import Ahead, Call, Calls, Host
from dreamreel.engine.backend import Backend

Result = TypeVar("Result")
Observer = Callable[[str, float], None]

_STAGES = {
    "Embed": "text",
    "ToDevice": "copy",
    "Encode": "encode",
    "Denoise": "denoise",
    "Decode": "decode",
    "Preview": "preview",
}


@torch.inference_mode()  # of the samplers' own arithmetic, too
def drive(
    generator: Calls[Result], backend: Backend, observe: Observer | None = None, hosts: Executor | None = None
) -> Result:
    """Runs generator to its end and returns its result.

    observe: called with the stage of each call (stage_of) and the seconds of its answer. hosts: run work that is only
    needed later, meanwhile.
    """
    answer: Any = None
    try:
        while True:
            call = generator.send(answer)
            started = time.perf_counter()
            if isinstance(call, Ahead) and hosts is not None:
                answer = hosts.submit(call.work).result
            else:
                answer = backend.answer(call)
            if observe:
                observe(stage_of(call), time.perf_counter() - started)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    finally:
        generator.close()


def stage_of(call: Call[object]) -> str:
    """The name of a call's kind of work: text, copy, encode, denoise, decode, preview, or what a Host call says."""
    return call.stage if isinstance(call, Host | Ahead) else _STAGES[type(call).__name__]
