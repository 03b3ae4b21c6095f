"""The parts of a server put together: store, context, workers, a socket to listen on."""

import fcntl
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType

import uvicorn

from dreamreel.animation.canvas import check_canvas
from dreamreel.api.app import create_app
from dreamreel.api.context import Context, is_loopback_host
from dreamreel.api.http.interpreter import keep_what_is_there, share_time_and_memory
from dreamreel.api.http.rate_limit import RateLimit
from dreamreel.api.http.signing import Signer
from dreamreel.api.http.slow_clients import Bounds, bounded_protocol
from dreamreel.api.waiting import Wakeups
from dreamreel.cli.executors import Executor, build_executor, fork_server_for
from dreamreel.cli.exits import say
from dreamreel.cli.request import setup_of
from dreamreel.cli.store import open_kept_files, open_store
from dreamreel.errors import InputError
from dreamreel.models import catalog
from dreamreel.predictions.record import Prediction, Status
from dreamreel.predictions.service import PredictionService
from dreamreel.rendering.setup import Setup, canvas_of
from dreamreel.settings import Settings
from dreamreel.storage.notifications import CHANGED, WORK, Notifications
from dreamreel.storage.sql import SqlStore
from dreamreel.webhooks.addresses import AddressRules

BACKLOG = 2048


def run_server(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Raises InputError, ModelError and DatabaseError before it listens."""
    share_time_and_memory()
    setup = setup_of(settings)
    for each in setup.by_name().values():
        check_canvas(canvas_of(each, catalog.check(each.locate())))
    # The fork server first: it must not inherit a lock, nor a connection.
    with (
        fork_server_for(settings) as fork_server,
        nullcontext() if settings.database_url else _only_server(settings.data),
    ):
        store = open_store(settings)
        context = build_context(settings, setup, store)
        executor = build_executor(settings, store, context.wakeups.publish, fork_server)
        with _notified(context, executor, store.notices()):
            _listen(settings, context, executor)
        store.close()


def build_context(settings: Settings, setup: Setup, store: SqlStore) -> Context:
    """What the API needs. Raises InputError if it would be open to everybody, and FilesError."""
    local = is_loopback_host(settings.host)
    needs_token = settings.require_auth or (not local and not settings.no_auth)
    tokens = store.tokens() if needs_token else []
    if needs_token and not tokens:
        raise InputError(
            "host",
            f"{settings.host} {'asks for tokens' if local else 'can be reached by others'}; "
            "make a token first (`dreamreel token create --name me`), or say --no-auth",
        )
    service = PredictionService(store, max_unfinished=settings.max_unfinished)
    if tokens and not any(token.is_valid(service.clock()) for token in tokens):
        # What was accepted is drawn all the same.
        say("Warning: every token has expired, so nobody can use this server (`dreamreel token create --name me`)")
    signer = Signer(store.secret("outputs", secrets.token_urlsafe(32)))
    rules = AddressRules(
        private=settings.webhooks_allow_private,
        # A client of a server without tokens is on this machine already; tenants are not.
        loopback=local and not needs_token,
        plain_http=settings.webhooks_allow_http,
    )
    files = open_kept_files(settings)
    return Context(service, settings, setup, signer, Wakeups(), needs_token, store.outbox(), rules, files)


@contextmanager
def _notified(context: Context, executor: Executor, notices: Notifications | None) -> Iterator[None]:
    """Lets what changes here wake readers and workers, here and, where a database is shared, elsewhere."""
    wakeups = context.wakeups

    def notify(prediction: Prediction) -> None:
        # Nothing follows a prediction that was accepted just now, but its webhook.
        is_followed = prediction.status is not Status.STARTING or prediction.webhook is not None
        if is_followed:
            wakeups.publish(prediction.id)
        executor.wake()
        if notices is not None:
            if is_followed:
                notices.send(CHANGED, prediction.id)
            notices.send(WORK, prediction.id)

    context.service.notify = notify
    if notices is not None:
        notices.listen(CHANGED, wakeups.publish)
    try:
        yield
    finally:
        if notices is not None:
            notices.close()


def _listen(settings: Settings, context: Context, executor: Executor) -> None:
    with _bound(settings) as listener:
        host, port = listener.getsockname()[:2]
        models = ", ".join((context.setup.model, *context.setup.others))
        say(f"dreamreel serves {models} on http://{'[' + host + ']' if ':' in host else host}:{port}")
        context.versions.start()
        app = create_app(context, executor.start, executor.stop)
        keep_what_is_there()
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
            proxy_headers=False,
            http=bounded_protocol(_bounds_of(settings)),
            ws="none",
        )
        _Server(config, context.wakeups, executor.drain).run(sockets=[listener])


def _bounds_of(settings: Settings) -> Bounds:
    # Who names a public address has a proxy, which brings everybody's connections; on this machine it is trusted.
    proxied = bool(settings.public_url)
    uncounted = RateLimit(settings.requests_per_minute).uncounted
    return Bounds(
        settings.header_timeout_s, settings.body_timeout_s, settings.connections_per_address, proxied, uncounted
    )


class _Server(uvicorn.Server):
    """Stops by ending open streams, which would hold it up, and lets the workers begin to end meanwhile."""

    def __init__(self, config: uvicorn.Config, wakeups: Wakeups, drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._wakeups, self._drain = wakeups, drain

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        self._wakeups.close()
        self._drain()
        # Not uvicorn's own: at the end that raises the signal again, and who drained has ended well.
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


@contextmanager
def _bound(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)  # before the address is printed: early clients wait
    except (OSError, OverflowError) as error:
        listener.close()
        raise InputError("port", f"{settings.host}:{settings.port} cannot be listened on: {error}") from None
    with listener:
        yield listener


@contextmanager
def _only_server(data: Path) -> Iterator[None]:
    """Two servers on one folder would both start workers for it."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "serve.lock").open("w")
    except OSError as error:
        raise InputError("data", f"{data} cannot be written: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(
                "data", f"{data} is being served already; stop that server, or name another folder"
            ) from None
        yield
