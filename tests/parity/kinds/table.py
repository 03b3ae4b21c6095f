"""THE table of golden files: what each is called under its folder, and what makes cases of it."""

from functools import partial

from tests.parity.case import Kind
from tests.parity.kinds import imports, loops, noise, pictures, prompts, schedules, subtitles

KINDS: dict[str, Kind] = {
    "cadence_A.json": partial(loops.films, profile="a1111"),
    "color_loop_A.json": partial(loops.films, profile="a1111"),
    "loop_7.json": partial(loops.films, profile="notebook"),
    "misc_loop_A.json": partial(loops.films, profile="a1111"),
    "noise_loop_A.json": partial(loops.films, profile="a1111"),
    "schedules_loop_A.json": loops.calls,
    "seeds/A_loop.json": loops.loop_seeds,
    "colors.json": pictures.colors,
    "noise.json": noise.grains,
    "seeds/next_seed.json": noise.next_seeds,
    "seeds/subseed.json": noise.subseeds,
    "contrast.json": pictures.contrasts,
    "perspective_flip_matrices.json": pictures.flips,
    "sharpen.json": pictures.sharpenings,
    "warp2d.json": pictures.warps,
    "outputs_A.json": subtitles.outputs,
    "parseq/adapter.json": imports.adapter,
    "parseq/loop.json": imports.parseq_runs,
    "settings/7_keys.json": imports.notebook_keys,
    "settings/A_keys.json": imports.a1111_keys,
    "settings/A_migration.json": imports.migration,
    "settings/A_process_args.json": imports.process_args,
    "prompts/7_interpolate.npz": prompts.blends,
    "prompts/7_interpolation_loop.json": prompts.notebook_interpolation,
    "prompts/7_prompts_class.json": prompts.boxes,
    "prompts/7_weighted.json": prompts.weighted,
    "prompts/A_interpolate_prompts.json": prompts.interpolate,
    "prompts/A_interpolation_loop.json": prompts.interpolation_loop,
    "prompts/A_interpolation_math.json": prompts.interpolation_math,
    "prompts/A_loop.json": prompts.loop,
    "prompts/A_prepare.json": prompts.prepare,
    "prompts/A_split.json": prompts.split,
    "prompts/a1111_attention.json": prompts.attention,
    "prompts/a1111_multicond.json": prompts.combined,
    "prompts/a1111_schedules.json": prompts.schedules,
    "schedules/cases.json": schedules.cases,
    "schedules/interp_methods.json": schedules.interp_cases,
}
