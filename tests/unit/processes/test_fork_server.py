"""Processes forked from a fork server. Each test is a young process of its own: one with threads has none."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.workbench import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a fork server needs Linux")

BEGIN = """
import os, signal, sys, time
from pathlib import Path
from subprocess import TimeoutExpired
from dreamreel.processes.fork_server import ForkServer

def main():
    print(sys.argv[1:], os.environ.get("COLOUR"), "HOME" in os.environ, PREPARED, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))
    print("ready", flush=True)
    for line in sys.stdin:
        if line.startswith("exit"):
            sys.exit(int(line.split()[1]))
        print("heard", line.strip(), flush=True)

def prepare():
    global PREPARED
    PREPARED = os.getpid()

def begin():
    child = fork_server.start(["worker", "--id", "a"], {"COLOUR": "red"})
    told = child.stdout.readline(), child.stdout.readline()
    return child, told[0].strip()

PREPARED = 0
fork_server = ForkServer.open(prepare, main)
"""


def run(lines):
    ran = subprocess.run([sys.executable, "-c", BEGIN + lines], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return ran


def test_a_process_gets_its_arguments_its_environment_and_what_was_prepared():
    run("""
child, told = begin()
assert told == f"['worker', '--id', 'a'] red False {fork_server.pid}", told
assert Path(f"/proc/{child.pid}/comm").read_text() == "dreamreel worke\\n"
""")


def test_it_is_the_child_of_the_server_and_a_brother_of_the_fork_server():
    run("""
child, _ = begin()
pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
assert sorted(pids) == sorted([str(fork_server.pid), str(child.pid)]), pids
""")


def test_it_hears_and_answers_line_by_line_and_its_exit_code_is_told():
    run("""
child, _ = begin()
child.stdin.write("wake\\n")
assert child.stdout.readline() == "heard wake\\n"
assert child.poll() is None
child.stdin.write("exit 3\\n")
assert child.wait(60) == child.returncode == child.poll() == 3
child.terminate()
child.kill()
""")


def test_signals_reach_it_and_a_wait_that_is_too_short_is_told():
    run("""
for stop, code in (("terminate", 4), ("kill", -signal.SIGKILL)):
    child, _ = begin()
    try:
        child.wait(0.05)
        raise SystemExit("it ended by itself")
    except TimeoutExpired:
        getattr(child, stop)()
    assert child.wait(60) == code
""")


def test_it_inherits_nothing_of_its_brothers_so_each_sees_the_end_of_its_own_stdin():
    run("""
first, _ = begin()
second, _ = begin()
first.stdin.close()
assert first.wait(60) == 0
assert second.poll() is None
""")


def test_the_end_of_the_server_ends_the_fork_server_and_is_the_end_of_stdin_for_workers():
    ran = run("""
child, _ = begin()
print(fork_server.pid, child.pid, flush=True)
os._exit(0)
""")
    for pid in ran.stdout.split():
        wait_for(lambda pid=pid: has_ended(pid), f"the end of process {pid}")


def has_ended(pid):
    """Whether there is no such process, or only what nobody has waited for yet, as in a container without an init."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_fork_server_that_was_killed_bears_nobody_and_those_who_live_live_on():
    ran = run("""
child, _ = begin()
os.kill(fork_server.pid, signal.SIGKILL)
assert fork_server.start(["worker"], {}) is None
child.stdin.write("wake\\n")
assert child.stdout.readline() == "heard wake\\n"
""")
    assert "no worker came from the fork server" in ran.stderr


def test_a_handler_of_a_signal_may_end_it_whatever_that_signal_interrupted():
    run("""
signal.alarm(60)
child, _ = begin()
with child._lock:
    assert child.poll() is None
    child.terminate()
assert child.wait(60) == 4
""")


def test_one_whose_end_somebody_else_was_told_is_left_alone():
    run("""
child, _ = begin()
child.kill()
os.waitpid(child.pid, 0)
child._lock.acquire()  # as of that somebody else
child.terminate()
""")


def test_there_is_none_where_the_kernel_cannot_make_workers_the_servers_children():
    run("""
from dreamreel.processes import fork_server as module
module.PR_SET_CHILD_SUBREAPER = 99999
assert ForkServer.open(prepare, main) is None
""")


def test_a_fork_server_that_cannot_be_prepared_says_why():
    ran = run("""
broken = ForkServer.open(lambda: 1 / 0, main)
assert broken.start(["worker"], {}) is None
""")
    assert "the fork server ends" in ran.stderr
    assert "ZeroDivisionError" in ran.stderr


def test_a_server_that_stops_while_a_worker_is_being_born_starts_no_other_and_says_nothing():
    ran = run("""
from types import SimpleNamespace
from dreamreel.processes.local import LocalWorker
slow = ForkServer.open(lambda: time.sleep(3600), main)
store = SimpleNamespace(expire_leases=lambda worker: 0)
worker = LocalWorker("vm-0", ["worker"], {}, store, print, fork_server=slow)
worker.start()
while not slow._lock.locked():
    time.sleep(0.01)
worker.stop(10)
slow.close()
worker._thread.join(60)
assert not worker._thread.is_alive() and worker.process is None
""")
    assert ran.stderr == ""


def test_a_server_without_stdin_and_stdout_has_workers_with_both():
    run("""
os.close(0)
os.close(1)
fork_server.close()
fork_server = ForkServer.open(prepare, main)
child, _ = begin()
child.stdin.write("wake\\n")
assert child.stdout.readline() == "heard wake\\n"
child.stdin.close()
assert child.wait(60) == 0
""")


def test_signals_to_all_of_a_service_do_not_end_the_fork_server_before_its_server():
    run("""
begin()
for number in (signal.SIGTERM, signal.SIGINT):
    os.kill(fork_server.pid, number)
child, _ = begin()
assert child.poll() is None
fork_server.close()
""")
