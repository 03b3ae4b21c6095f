"""The functions of the samplers that run on noise levels, by the names of their rows."""

from dreamreel.diffusion import dpm_solver, dpmpp, samplers, unipc
from dreamreel.diffusion.sampling import SAMPLERS, SIGMAS

_MODULES = (samplers, dpmpp, dpm_solver, unipc)
K_SAMPLERS = {
    row.name: next(getattr(module, row.name) for module in _MODULES if hasattr(module, row.name))
    for row in SAMPLERS.values()
    if row.clock is SIGMAS
}
