"""The table of features as tests go through it: a line here for each line there."""

from dreamreel.animation.coherence.color_match import ColorMatch
from dreamreel.animation.coherence.contrast import Contrast
from dreamreel.animation.coherence.grayscale import Grayscale
from dreamreel.animation.features import ORDERS
from dreamreel.animation.motion.warp2d import Warp2D
from dreamreel.animation.noise.original import OriginalNoise
from dreamreel.animation.sample.strength import StrengthSampling
from dreamreel.animation.spacing.every_frame import EveryFrame
from dreamreel.animation.start.previous import PreviousFrame
from dreamreel.animation.words.original import OriginalPrompts

# Inputs with which each feature does something at every frame.
INPUTS = {
    OriginalPrompts: {"animation_prompts": "0: a red circle | 2: a blue square | 3: a tree"},
    PreviousFrame: {"color_coherence": "None", "strength_schedule": "0: (0.9)"},
    Warp2D: {"angle": "0: (5)", "translation_x": "0: (0), 3: (9)", "border": "replicate"},
    ColorMatch: {"color_coherence": "Match Frame 0 HSV", "hue": "circular", "drift": "unbiased"},
    Grayscale: {"color_force_grayscale": True},
    StrengthSampling: {"sampler": "dpm2_ancestral", "strength_schedule": "0: (0.7), 3: (0.1)"},
    OriginalNoise: {"sampler": "euler_ancestral", "noise_schedule": "0: (0.3)"},
    Contrast: {"contrast_schedule": "0: (0.7), 3: (1.3)"},
    EveryFrame: {"sampler": "klms"},
}
FEATURES = sorted({feature for order in ORDERS.values() for feature in order.all()}, key=lambda each: each.__name__)
