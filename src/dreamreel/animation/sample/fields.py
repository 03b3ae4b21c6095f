"""The inputs that say how a frame is diffused."""

from dreamreel.animation.field import SEED_MODEL, Field, choice, schedule
from dreamreel.animation.sample.names import AUTOMATIC, sampler_and_scheduler, scheduler_alone
from dreamreel.diffusion.levels import SPACINGS
from dreamreel.diffusion.sampling import SAMPLERS

SAMPLER = choice(
    "sampler",
    "plms",
    "How each frame is drawn from its noise",
    tuple(SAMPLERS),
    group="sampling",
    models=(SEED_MODEL,),
    meant=sampler_and_scheduler,
)
SAMPLER_SCHEDULE = Field(
    "sampler_schedule",
    "names",
    None,
    'The sampler of each frame, by its name here or in the family: 0: ("Euler a"), 30: ("DPM++ 2M Karras"); in place '
    "of sampler",
    offers=tuple(SAMPLERS),
    label="Sampler by frame",
    group="sampling",
    scope="frame",
)
SCHEDULER = choice(
    "scheduler",
    AUTOMATIC,
    "How a frame's noise levels are spaced: as its sampler is named or made for (automatic), by even time steps "
    "(original, and without the last sgm_uniform and trailing), closer at the end (karras, exponential), by the "
    "model's own (simple), or as consistency models were trained (lcm)",
    (AUTOMATIC, *SPACINGS),
    label="Noise levels",
    group="sampling",
    meant=scheduler_alone,
)
STEPS = schedule(
    "steps_schedule",
    None,
    "Sampler steps of a frame drawn from nothing, cut to a whole number; strength decides how many of them are run",
    minimum=1,
    limit=1000,
    label="Steps by frame",
    group="sampling",
    unit="steps",
)
STRENGTH = schedule(
    "strength_schedule",
    "0: (0.65)",
    "How much of the previous frame is kept, 0 to 1; the original's value is fixed at 0.65",
    group="sampling",
    unit="share",
    models=(SEED_MODEL,),
)
DDIM_ETA, ANCESTRAL_ETA = (
    schedule(
        f"{name}_eta_schedule",
        None,
        text,
        minimum=0,
        limit=1,
        label=label,
        group="sampling",
        unit="share",
    )
    for name, label, text in (
        ("ddim", "Eta of DDIM", "How much fresh noise each step of ddim brings, 0 to 1; 0 without it"),
        (
            "ancestral",
            "Eta of ancestral samplers",
            "How much of the noise that a step takes away ancestral and stochastic samplers replace by fresh noise, "
            "0 to 1; 1 without it (dpm_fast: 0)",
        ),
    )
)
