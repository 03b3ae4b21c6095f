"""`/metrics`: what Prometheus asks for. All but the process's own figures come from the store, when asked.

So all servers of a database report the same: take max() of them, or scrape one.
Counts of a worker are its own since it began; they leave with it.
"""

from collections.abc import Iterator

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dreamreel.api.context import Context, context_of, identify
from dreamreel.api.openapi import ERRORS
from dreamreel.predictions.store import WorkerRow

router = APIRouter(tags=["service"])
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_Family = GaugeMetricFamily | CounterMetricFamily


@router.get("/metrics", operation_id="metrics", response_class=PlainTextResponse, responses=ERRORS)
def metrics(request: Request) -> Response:
    """Figures of the service in the text format of Prometheus. Needs a token where the service does: any one."""
    identify(request)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Figures(context_of(request)))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE)


class _Figures(Collector):
    """One look at the store."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterator[_Family]:
        service, outbox = self._context.service, self._context.outbox
        now = service.clock()
        figures = service.store.figures(now)
        age = 0.0 if figures.oldest_queued is None else max((now - figures.oldest_queued).total_seconds(), 0.0)
        yield _gauge(
            "queue_depth", "Predictions that wait for a worker, new ones and those whose lease ended", figures.queued
        )
        yield _gauge("queue_oldest_age_seconds", "Age of the oldest prediction that was never begun", age)
        yield _gauge("predictions_running", "Predictions that a worker holds", figures.running)
        yield _gauge("webhooks_waiting", "Webhooks with something to deliver", outbox.count_undelivered())
        yield CounterMetricFamily(
            "dreamreel_lease_expiries",
            "Predictions taken over because their worker fell silent",
            figures.leases_expired,
        )
        yield from _of_workers(list(service.workers()))


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"dreamreel_{name}", text, value)


def _of_workers(workers: list[WorkerRow]) -> Iterator[_Family]:
    states = GaugeMetricFamily("dreamreel_workers", "Workers that are alive", labels=["state"])
    for state in ("loading", "ready", "draining"):
        states.add_metric([state], sum(1 for worker in workers if worker.state == state))
    yield states
    slots = GaugeMetricFamily("dreamreel_slots", "Predictions a worker can hold", labels=["worker"])
    used = GaugeMetricFamily("dreamreel_slots_used", "Predictions a worker holds", labels=["worker"])
    for worker in workers:
        slots.add_metric([worker.id], worker.slots)
        used.add_metric([worker.id], worker.stats.get("slots_used", 0))
    yield from (slots, used)
    for name, text in (("frames", "Frames finished"), ("evaluations", "Evaluations of the network, for those frames")):
        family = CounterMetricFamily(f"dreamreel_{name}", text, labels=["worker"])
        for worker in workers:
            family.add_metric([worker.id], worker.stats.get(name, 0))
        yield family
    for name, key, text in _BY_STAGE:
        family = CounterMetricFamily(f"dreamreel_{name}", text, labels=["worker", "stage"])
        for worker in workers:
            for stage, value in worker.stats.get(key, {}).items():
                family.add_metric([worker.id, stage], value)
        yield family


_BY_STAGE = (
    ("forward_passes", "passes", "Passes of a network"),
    ("forward_rows", "rows", "Rows in those passes; by passes: rows of a batch"),
    ("stage_seconds", "seconds", "Seconds in those passes"),
)
