"""THE table of golden files: what each is called under its folder, and what makes cases of it."""

from tests.parity.case import Kind
from tests.parity.kinds import noise, pictures, schedules

KINDS: dict[str, Kind] = {
    "colors.json": pictures.colors,
    "noise.json": noise.grains,
    "seeds/next_seed.json": noise.next_seeds,
    "seeds/subseed.json": noise.subseeds,
    "contrast.json": pictures.contrasts,
    "perspective_flip_matrices.json": pictures.flips,
    "sharpen.json": pictures.sharpenings,
    "warp2d.json": pictures.warps,
    "schedules/cases.json": schedules.cases,
    "schedules/interp_methods.json": schedules.interp_cases,
}
