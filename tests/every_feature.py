"""The table of features as tests go through it: a line here for each line there."""

from dreamreel.animation.checkpoints import CheckpointSchedule
from dreamreel.animation.coherence.anti_blur import AntiBlur, Levels
from dreamreel.animation.coherence.color_match import ColorMatch
from dreamreel.animation.coherence.contrast import Contrast, Plain
from dreamreel.animation.coherence.grayscale import Grayscale, GreyOutput
from dreamreel.animation.coherence.match_output import MatchFirst, MatchOutput
from dreamreel.animation.features import ORDERS
from dreamreel.animation.motion.warp2d import Warp2D
from dreamreel.animation.noise.grain import Grain, SeededNoise
from dreamreel.animation.noise.original import OriginalNoise
from dreamreel.animation.sample.controlnets import ControlNets
from dreamreel.animation.sample.strength import StrengthSampling
from dreamreel.animation.seeding import Seeding
from dreamreel.animation.spacing.cadence import Cadence
from dreamreel.animation.spacing.every_frame import EveryFrame
from dreamreel.animation.start.carried import CarriedOn
from dreamreel.animation.start.previous import PreviousFrame
from dreamreel.animation.words.family import FamilyPrompts
from dreamreel.animation.words.original import OriginalPrompts

FAMILY = {
    "prompt_grammar": "dreamreel",
    "negative_prompts": "0: blur | 3: fog",
    "positive_prompts": "fine",
    "prompt_blend": 1,
}
# Inputs with which each feature does something at every frame.
INPUTS = {
    FamilyPrompts: {
        "animation_prompts": "0: a (red:1.4) circle | 2: [blue:green:0.5] square --neg cat AND a tree :0.5 | 3: a tree",
        "cfg_scale_schedule": "0: (7), 3: (2)",
        **FAMILY,
    },
    OriginalPrompts: {
        "animation_prompts": "0: a red circle | 2: a blue square | 3: a tree",
        "cfg_scale_schedule": "0: (7), 3: (2)",
    },
    PreviousFrame: {"color_coherence": "None", "strength_schedule": "0: (0.9)"},
    Warp2D: {
        "angle": "0: (5)",
        "translation_x": "0: (0), 3: (9)",
        "border": "replicate",
        "transform_center_x": "0: (0.1)",
        "enable_perspective_flip": True,
        "perspective_flip_phi": "0: (4)",
    },
    ColorMatch: {"color_coherence": "Match Frame 0 HSV", "hue": "circular", "drift": "unbiased"},
    Grayscale: {"color_force_grayscale": True},
    CheckpointSchedule: {"checkpoint_schedule": '0: ("tiny-sd"), 3: ("builtin")'},
    Seeding: {
        "seed_behavior": "schedule",
        "seed_schedule": "0: (5), 3: (9)",
        "subseed_schedule": "0: (3)",
        "subseed_strength_schedule": "0: (0.1), 4: (1)",
        "noise_source": "philox",
    },
    MatchFirst: {"legacy_colormatch": False, "color_coherence": "Match Frame 0 RGB"},
    MatchOutput: {"legacy_colormatch": False, "color_coherence": "Match Frame 0 LAB"},
    GreyOutput: {"profile": "dreamreel", "color_force_grayscale": True},
    AntiBlur: {"amount_schedule": "0: (0.5)", "kernel_schedule": "0: (3), 4: (7)"},
    Levels: {"profile": "dreamreel", "contrast_schedule": "0: (1.2)", "amount_schedule": "0: (0), 2: (0.5)"},
    Plain: {"profile": "notebook"},
    Grain: {"noise_type": "perlin", "noise_schedule": "0: (0.2)", "perlin_w": 4},
    SeededNoise: {"noise_type": "uniform", "sampler": "euler_ancestral"},
    ControlNets: {
        "controlnets": "canny: 0: (0.9), 3: (0.2); low: 50; high: 90; end: 0.9 | tile: 0.5; preprocessor: none"
    },
    StrengthSampling: {
        "sampler_schedule": '0: ("dpm2 a"), 2: ("DPM++ SDE Karras"), 3: ("DDIM")',
        "ddim_eta_schedule": "0: (0.5)",
        "ancestral_eta_schedule": "0: (1), 3: (0.2)",
        "steps_schedule": "0: (4), 3: (7)",
        "strength_schedule": "0: (0.7), 3: (0.1)",
    },
    OriginalNoise: {"sampler": "euler_ancestral", "noise_schedule": "0: (0.3)"},
    Contrast: {"contrast_schedule": "0: (0.7), 3: (1.3)"},
    EveryFrame: {"sampler": "klms"},
    Cadence: {"diffusion_cadence": 2, "translation_x": "0: (3)", "legacy_colormatch": False},
    CarriedOn: {"profile": "notebook", "diffusion_cadence": 2, "translation_x": "0: (3)"},
}
FEATURES = sorted({feature for order in ORDERS.values() for feature in order.all()}, key=lambda each: each.__name__)
