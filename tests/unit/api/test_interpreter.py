"""How the server's process shares its time and memory: in processes of their own, whose allocator is fresh."""

import subprocess
import sys

import pytest

FRAGMENTS = """
import gc, re, sys
from pathlib import Path
from dreamreel.api.http import interpreter

def resident_mb():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

if "tuned" in sys.argv:
    interpreter.share_time_and_memory()
before = resident_mb()
del_me = bytes(30_000_000)  # what is as large is kept from now on, unless told otherwise
del del_me
bodies, kept = [], []
for number in range(60):
    bodies.append(bytearray(1_000_000))
    kept.append(bytearray(60_000))  # what is small stays between them
del bodies
if "tuned" in sys.argv:
    interpreter.give_back_memory()
print(resident_mb() - before)
"""


def run(script, *arguments):
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator is glibc's")
def test_memory_of_large_requests_goes_back_to_the_system():
    [kept] = run(FRAGMENTS, "tuned")
    assert float(kept) < 6
    [kept] = run(FRAGMENTS)
    assert float(kept) > 30, "the allocator gives back by itself: the settings are not needed any more"


def test_threads_take_short_turns():
    script = "import sys; from dreamreel.api.http import interpreter as i; i.share_time_and_memory()"
    assert run(script + "; print(sys.getswitchinterval())") == ["0.0005"]


def test_what_a_server_has_loaded_is_walked_by_no_collection():
    script = (
        "import gc; from dreamreel.api import app; from dreamreel.api.http import interpreter as i; "
        "print(len(gc.get_objects()))"
    )
    [before, after] = map(int, run(script + "; i.keep_what_is_there(); print(len(gc.get_objects()))"))
    assert before > 50_000
    assert after < 1000


def test_a_started_server_looks_for_garbage_in_short_rounds():
    script = "import gc; from dreamreel.api.http import interpreter as i; gc.set_threshold(50_000)"
    assert run(script + "; i.keep_what_is_there(); print(gc.get_threshold()[0])") == ["700"]
