"""What it costs never to lose a frame: `./run bench journal [--model NAME] [--size WxH] [--frames N]`.

1. The time of a frame, and what keeping it takes (PNG, fsync, one transaction): as a share of it. A worker does this in
   a thread while the next frame is drawn; the share is what it would cost if it did not.
2. Peak memory of a worker that draws a prediction of N frames and of 10 N: their ratio.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dreamreel.cli.request import parse_size
from dreamreel.predictions.accounts import new_id
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.store import FrameDone
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup
from dreamreel.storage.database import migrate, open_engine, sqlite_url
from dreamreel.storage.sql import SqlStore

RAW = {"animation_prompts": "a red circle", "seed": 1, "zoom": "0: (1.02)", "sampler": "euler"}


def open_store(folder: Path) -> SqlStore:
    engine = open_engine(sqlite_url(folder))
    migrate(engine)
    return SqlStore(engine)


def queued(store: SqlStore, num_frames: int) -> str:
    raw = {**RAW, "max_frames": num_frames}
    prediction = Prediction(new_id(), "anna", "v1", raw, 1, num_frames, datetime.now(UTC))
    store.add(prediction)
    return prediction.id


def share(setup: Setup, num_frames: int) -> list[float]:
    """Medians of num_frames after the first: seconds to draw a frame and to keep it, then processor time for each."""
    from dreamreel.workers.claim_folder import ClaimFolder

    animation = prepare({**RAW, "max_frames": num_frames + 1}, setup)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        prediction_id = queued(store, num_frames + 1)
        now = datetime.now(UTC)
        store.claim("bench", ("v1",), now, now + timedelta(hours=1), 3)
        journal = ClaimFolder(Path(folder) / prediction_id, 1).open()
        begun = time.process_time()
        for frame in animation:
            wall, cpu = time.perf_counter(), time.process_time()
            journal.save(frame.idx, frame.image)
            store.add_frames(prediction_id, 1, [FrameDone(frame.idx, frame.seconds, 1, "progress\n")], now)
            kept = time.process_time()
            rows.append((frame.seconds, time.perf_counter() - wall, cpu - begun, kept - cpu))
            begun = kept
        store.close()
    return [sorted(column)[num_frames // 2] for column in zip(*rows[1:], strict=True)]


def peak_mb(setup: Setup, num_frames: int) -> float:
    """Peak resident memory of this process once it has drawn a prediction of so many frames, as a worker does."""
    from dreamreel.rendering.checkpoints import Checkpoints
    from dreamreel.workers.loop import Loop, Terms

    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        prediction_id = queued(store, num_frames)
        models = Checkpoints(setup)
        stop = threading.Event()

        def watch() -> None:
            while not store.get(prediction_id).status.is_terminal:
                time.sleep(0.5)
            stop.set()

        threading.Thread(target=watch, daemon=True).start()
        Loop("bench", store, models, Path(folder) / "predictions", Terms(("v1",))).run(stop)
        ended = store.get(prediction_id)
        assert ended.status.value == "succeeded", ended.error
        store.close()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench journal", description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--size", help="WxH; the model's own if not given")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--frames", type=int, default=100, help="frames of the shorter prediction")
    parser.add_argument("--skip-memory", action="store_true", help="only the first figure")
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    setup = Setup(options.model, *parse_size(options.size), options.steps)
    if options.peak:
        print(json.dumps(peak_mb(setup, options.frames)))
        return
    drawing, keeping, drawing_cpu, keeping_cpu = share(setup, min(options.frames, 50))
    print(
        f"{options.model}: a frame takes {1000 * drawing:.1f} ms, "
        f"keeping it {1000 * keeping:.1f} ms: {keeping / drawing:.1%}"
    )
    print(
        f"of processor time {1000 * drawing_cpu:.1f} and {1000 * keeping_cpu:.1f} ms: {keeping_cpu / drawing_cpu:.1%}"
    )
    if options.skip_memory:
        return
    peaks = []
    for frames in (options.frames, 10 * options.frames):
        command = [sys.executable, "-m", "bench.journal", *sys.argv[1:], "--peak", "--frames", str(frames)]
        peaks.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        print(f"{frames} frames: peak memory {peaks[-1]:.0f} MB")
    print(f"ratio {peaks[1] / peaks[0]:.3f}")


if __name__ == "__main__":
    main()
