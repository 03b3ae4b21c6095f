"""What listeners cost: `./run bench events [--listeners 1000] [--json]`.

Opens many event streams, first of a prediction that waits in the queue (idle), then of the one that is being drawn
(active), and compares memory and the cost of a frame. Goal: 1,000 idle ones under 200 MB, no measurable time.
"""

import argparse
import asyncio
import json
import resource
import time

import httpx2

from bench.service import VERSION, Server, serving


def create(server: Server, **inputs: object) -> dict:
    body = {"version": VERSION, "input": {"animation_prompts": "a red circle", "seed": 1, **inputs}}
    return httpx2.post(f"{server.url}/v1/predictions", json=body).raise_for_status().json()


def frames_of(url: str) -> int:
    return httpx2.get(url, timeout=60).raise_for_status().json()["metrics"]["frames"]


async def listen(url: str, opened: asyncio.Semaphore, enough: asyncio.Event) -> None:
    """Reads a stream until told that it is enough."""
    host, port = httpx2.URL(url).host, httpx2.URL(url).port
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET {httpx2.URL(url).raw_path.decode()} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    opened.release()
    reading = asyncio.create_task(_drain(reader))
    await enough.wait()
    reading.cancel()
    writer.close()


async def _drain(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


async def with_listeners(server: Server, count: int, listened: str, drawing: str, num_frames: int) -> dict:
    """measure() while so many listen."""
    opened, enough = asyncio.Semaphore(0), asyncio.Event()
    tasks = [asyncio.create_task(listen(listened, opened, enough)) for _ in range(count)]
    for _ in range(count):
        await opened.acquire()
    figures = await asyncio.to_thread(measure, server, drawing, num_frames)
    enough.set()
    await asyncio.gather(*tasks)
    return figures


def measure(server: Server, drawing: str, num_frames: int) -> dict:
    """Memory of the API process; of each frame: seconds, and processor time of the worker and of the API process.

    Processor time says what listeners cost on a machine that does other things too; seconds, on a quiet one.
    """
    api, worker, started, first = (
        server.cpu_seconds(),
        server.worker_cpu_seconds(),
        time.perf_counter(),
        frames_of(drawing),
    )
    while (frames := frames_of(drawing) - first) < num_frames:
        time.sleep(0.1)
    return {
        "memory_mb": round(server.memory_mb(), 1),
        "seconds_a_frame": round((time.perf_counter() - started) / frames, 4),
        "worker_cpu_ms_a_frame": round((server.worker_cpu_seconds() - worker) / frames * 1000, 1),
        "api_cpu_ms_a_frame": round((server.cpu_seconds() - api) / frames * 1000, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench events", description=__doc__.split("\n")[0])
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=80, help="how many to time in each case")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    with serving("--slots", "1", steps=20) as server:
        drawing = create(server, max_frames=1000)["urls"]
        waiting = create(server)["urls"]
        measure(server, drawing["get"], 10)
        figures = {"nobody": measure(server, drawing["get"], options.frames)}
        for name, listened in (("idle", waiting["events"]), ("active", drawing["events"])):
            case = with_listeners(server, options.listeners, listened, drawing["get"], options.frames)
            figures[f"{options.listeners} {name}"] = asyncio.run(case)
    print(json.dumps(figures) if options.json else "\n".join(f"{name}: {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
