"""Set before torch is imported: several threads on few cores make small networks slower, not faster."""

import os
import signal

# A shell that runs the tests in the background has them ignore Ctrl+C, and every process that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def pytest_ignore_collect(collection_path, config):
    """The cluster's tests start real servers: only when they are asked for (`./run test-cluster`)."""
    is_cluster = collection_path.name == "cluster" and collection_path.parent.name == "tests"
    return True if is_cluster and not any("tests/cluster" in str(argument) for argument in config.args) else None
