"""Set before torch is imported: several threads on few cores make small networks slower, not faster."""

import gc
import os
import signal

import pytest

# A shell that runs the tests in the background has them ignore Ctrl+C, and every process that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# As the command line has it (src/dreamreel/cli/main.py). With Python's own 700 objects between two looks for garbage
# these were a twelfth of the time of tests: so much is imported and collected that stays.
gc.set_threshold(50_000)


# Files that take long or wait long. Begun last, they would end alone.
LONGEST = (
    "test_wheel",
    "test_chaos",
    "test_identity",
    "test_animations",
    "test_predict",
    "test_clients",
    "test_webhook_delivery",
    "test_worker",
    "test_beside_the_loop",
    "test_life",
    "test_kills",
    "test_growing_video",
    "test_access",
    "test_fuzz",
    "test_pull",
    "test_render",
)


def pytest_collection_modifyitems(items):
    """The longest files first: several processes that take a file at a time end together then."""
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(LONGEST)))


def pytest_collection_finish():
    """What is there now stays."""
    gc.collect()
    gc.freeze()


def pytest_ignore_collect(collection_path, config):
    """Tests that need more than `dev` installs run only when asked for (`./run test-cluster`, `./run test-studio`)."""
    name = collection_path.name
    is_apart = name in ("cluster", "studio") and collection_path.parent.name == "tests"
    return True if is_apart and not any(f"tests/{name}" in str(argument) for argument in config.args) else None


@pytest.fixture
def store(tmp_path):
    """The store in a fresh SQLite file."""
    from tests.fresh import fresh_store

    store = fresh_store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def bench(tmp_path):
    """A worker on a bench, with a data folder of its own."""
    from tests.workbench import Bench

    bench = Bench(tmp_path)
    yield bench
    bench.store.close()
