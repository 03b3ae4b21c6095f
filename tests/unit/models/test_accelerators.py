"""Accelerators through one door, on a machine that may have none."""

import pytest
import torch

from dreamreel.models import accelerators
from dreamreel.models.devices import choose_device, choose_precision, describe_hardware
from dreamreel.rendering.setup import Setup

SAID = [
    "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 9",
    "[enforce fail at alloc_cpu.cpp:121] data. DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.",
    "std::bad_alloc",
    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 23.6 GiB",
    "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported",
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
    "cuFFT error: CUFFT_ALLOC_FAILED",
    "HIP out of memory. Tried to allocate 4.00 GiB. GPU 0 has a total capacity of 15.98 GiB",
    "HIP error: out of memory",
    "HIP error: hipErrorOutOfMemory",
    "CUDA error: HIPBLAS_STATUS_ALLOC_FAILED when calling `hipblasCreate(handle)`",
    "miopenStatusAllocFailed",
    "MPS backend out of memory (MPS allocated: 18.13 GB, other allocations: 1.2 MB, max allowed: 18.13 GB).",
    "Invalid buffer size: 24.00 GiB",
    "XPU out of memory. Tried to allocate 12.00 GiB. GPU 0 has a total capacity of 15.56 GiB",
    "Native API failed. Native API returns: -5 (PI_ERROR_OUT_OF_RESOURCES) -5 (PI_ERROR_OUT_OF_RESOURCES)",
    "level_zero backend failed with error: 39 (UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY)",
    "UR_RESULT_ERROR_OUT_OF_HOST_MEMORY",
    "could not allocate: Allocation is out of device memory on current platform.",
]


@pytest.mark.parametrize("said", SAID)
def test_memory_that_ran_out_is_recognised_in_the_words_of_every_device(said):
    assert accelerators.is_out_of_memory(RuntimeError(said))
    assert not accelerators.is_out_of_memory(ValueError(said))


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: device-side assert triggered"),
        RuntimeError("The size of tensor a (4) must match the size of tensor b (8) at non-singleton dimension 1"),
        RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED"),
        RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR"),
        RuntimeError("index out of bounds of memory format"),
        OSError("No space left on device"),
    ],
)
def test_other_errors_are_not_taken_for_it(error):
    assert not accelerators.is_out_of_memory(error)


def test_torchs_own_errors_are_recognised_by_their_kind():
    assert accelerators.is_out_of_memory(torch.OutOfMemoryError("anything"))
    assert accelerators.is_out_of_memory(MemoryError())


def test_memory_of_a_real_allocation_that_is_too_large_is_recognised():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert accelerators.is_out_of_memory(caught.value)


@pytest.mark.skipif(accelerators.best() != "cpu", reason="a machine without an accelerator")
def test_without_an_accelerator_the_cpu_draws_and_every_question_has_an_answer():
    assert choose_device() == torch.device("cpu")
    assert choose_precision(torch.device("cpu")) == torch.float32
    assert (accelerators.count("cpu"), accelerators.driver()) == (1, "")
    accelerators.empty_cache()
    accelerators.synchronize("cpu")
    assert describe_hardware("cpu")
    for kind in ("cuda", "xpu"):
        assert accelerators.memory(kind) is None
        assert accelerators.kept_bytes(kind) == 0


def test_no_other_module_asks_one_kind_of_device_but_for_recordings_which_are_cudas_own():
    from pathlib import Path

    import dreamreel

    top = Path(dreamreel.__file__).parent
    asked = {str(path.relative_to(top)) for path in top.rglob("*.py") if "torch.cuda." in path.read_text("utf-8")}
    assert asked == {"models/accelerators.py", "models/graphs.py"}


class Memory:
    """Stands for what torch says of the memory of a device that is not here."""

    def __init__(self, monkeypatch):
        self.taken = self.most = 100
        for name in ("memory_allocated", "max_memory_allocated", "reset_peak_memory_stats", "synchronize"):
            monkeypatch.setattr(torch.xpu, name, getattr(self, name), raising=False)

    def memory_allocated(self, _device):
        return self.taken

    def max_memory_allocated(self, _device):
        return self.most

    def reset_peak_memory_stats(self, _device):
        self.most = self.taken

    def synchronize(self):
        pass

    def work(self):
        self.most = max(self.most, self.taken + 40)


def test_what_work_takes_at_most_is_measured_on_any_kind_that_counts_and_unknown_elsewhere(monkeypatch):
    memory = Memory(monkeypatch)
    memory.most = 9999
    assert accelerators.peak_bytes("xpu", memory.work) == 40
    done = []
    assert accelerators.peak_bytes("cpu", lambda: done.append(1)) is None
    assert accelerators.peak_bytes("mps", lambda: done.append(1)) is None
    assert done == [1, 1]


def test_a_device_that_is_not_here_has_no_clock_and_a_cpu_has_ours():
    assert not accelerators.has_clock("cpu")
    assert not torch.xpu.is_available()
    assert not accelerators.has_clock("xpu")


def test_slots_on_a_device_that_does_not_say_what_is_taken_follow_from_this_machines_memory(monkeypatch):
    from tests import tiny

    from dreamreel.workers import admission

    monkeypatch.setattr(admission, "is_accelerator", lambda _device: True)
    setup = Setup("tiny-sd", device="cpu")
    assert 1 <= admission.choose_slots(0, tiny.bundle(), setup) <= admission.SLOTS_ON_GPU


def test_more_rows_share_a_pass_where_that_is_faster_on_cuda_rocm_and_xpu():
    from dreamreel.engine.rows import denoise_buckets

    assert [denoise_buckets(None, kind).fixed for kind in ("cuda:1", "xpu", "xpu:0", "mps", "cpu")] == [
        *(False, False, False, True, True)
    ]
