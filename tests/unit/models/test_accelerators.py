"""Accelerators through one door, on a machine that may have none."""

import pytest
import torch

from dreamreel.models import accelerators
from dreamreel.models.devices import choose_device, choose_precision, describe_hardware

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
