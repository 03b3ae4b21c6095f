"""What relatives of Deforum call things that have a name here: the data of hints.py.

Compared by letters and digits alone, in lower case. A name stands here only if it means the same, in the same
unit and with the same sign: `rotation` (clockwise in some tools), `translation_z` (another unit than zoom) and
`strength` (of the first picture only, and in diffusers the opposite) are no names for anything here.

Sources: the notebooks 0.5 and 0.7, the A1111 extension (commit 3224268), both Replicate models, k-diffusion,
diffusers' class names, ComfyUI's and InvokeAI's lists.
"""

# sampler here -> its other names, without diffusers' "Discrete" and "Scheduler", "sample_" and "k_" before them, and
# the spacing of noise levels after them
SAMPLERS = {
    "klms": "lms",
    "dpm2": "dpm2",
    "dpm2_ancestral": "dpm2a dpm2ancestral",
    "heun": "heun",
    "euler": "euler",
    "euler_ancestral": "eulera eulerancestral",
    "plms": "plms pndm",
    "ddim": "ddim",
    "dpmpp_2s_ancestral": "dpm++2sa dpm++2sancestral dpmpp2sa",
    "dpmpp_sde": "dpm++sde dpmsolversde",
    "dpmpp_2m": "dpm++2m dpmsolvermultistep",
    "dpmpp_2m_sde": "dpm++2msde",
    "dpm_fast": "dpmfast",
    "dpm_adaptive": "dpmadaptive",
    "lcm": "lcm",
    "unipc": "unipc unipcbh2 unipcmultistep",
}
# spacing of noise levels here -> its other names
SPACINGS = {"original": "uniform", "sgm_uniform": "sgmuniform sgm"}
# Near in spelling to one that is here, and another sampler.
OTHER_SAMPLERS = ["ddpm", "ipndm"]

CHOICES = {
    "color_coherence": {
        "None": "none no off false disabled",
        "Match Frame 0 HSV": "hsv matchframe0hsv matchhsv",
        "Match Frame 0 LAB": "lab cielab matchframe0lab matchlab",
        "Match Frame 0 RGB": "rgb matchframe0rgb matchrgb",
    },
    "border": {"wrap": "borderwrap", "replicate": "borderreplicate edge clamp clamptoedge"},
}

INPUTS = {
    "animation_prompts": "prompt prompts text textprompt promptschedule animationprompt positiveprompt",
    "negative_prompts": "negativeprompt negprompt negprompts uncondprompt animationpromptsnegative negative",
    "positive_prompts": "animationpromptspositive",
    "clipskip_schedule": "clipskip clipstopatlastlayers",
    "loras": "lora lorasschedule loraweights",
    "prompt_blend": "promptblending promptinterpolation",
    "max_frames": "numframes nframes framecount totalframes maxframe frames numberofframes",
    "width": "w imagewidth",
    "height": "h imageheight",
    "steps": "numinferencesteps inferencesteps samplingsteps ddimsteps numsteps",
    "cfg_scale": "cfgscale guidancescale cfg guidance",
    "zoom": "zoomschedule",
    "angle": "angleschedule",
    "translation_x": "translationxschedule translatex xtranslation transx",
    "translation_y": "translationyschedule translatey ytranslation transy",
    "color_coherence": "colourcoherence colormatch colorcoherencemode",
    "sampler": "samplername samplingmethod samplerindex",
    "fps": "framerate framespersecond outputfps videofps",
    "seed": "randomseed manualseed noiseseed rngseed",
    "border": "bordermode",
    "enable_perspective_flip": "flip2dperspective",
    "seed_behavior": "seedbehaviour",
    "subseed_schedule": "subseed variationseed",
    "subseed_strength_schedule": "subseedstrength variationseedstrength variationstrength",
    "noise_source": "randnsource",
    "diffusion_cadence": "cadence cadenceframes turbosteps",
}

# What the operator or the command line decides, not the input.
SETUP = {
    "--size": "size imagesize resolution imagedimensions",
    "--model": "model modelcheckpoint checkpoint ckpt modelname modelid sdmodelname sdmodelcheckpoint",
}

# By input, values of the family's that no profile draws -> why.
ABSENT_CHOICES = {
    "color_coherence": {
        "image": "colours of a picture are not matched in any profile, as requests hold no files",
        "videoinput": "colours of a video are not matched in any profile, as requests hold no files",
    },
}

# Pattern of names -> what to say of what they are for, which is not drawn here. The first that fits counts.
ABSENT = {
    r"^animationmode$": "every animation is 2D",
    r"^hybrid|^videoinit|^extract|^overwriteextracted": "video input is not supported",
    r"^translationz|^rotation(3d)?[xyz]|^fov|^(near|far)(plane|schedule)|^(use|save)?depth|^midas": (
        "3D motion is not supported"
    ),
    r"opticalflow|redo|flowfactor": "optical flow is not supported, and every frame is drawn once",
    r"mask": "masks are not supported",
    r"init(ial)?(image|video|latent|sample)|^useinit$|^image$|^inputimage$|^startimage$": (
        "initial images are not supported"
    ),
    r"^cn[1-5]|controlnet": "the input controlnets names ControlNets",
    r"looper|^blendfactor|^tweening|^imagestrength": "guided images are not supported",
    r"^parseq|^renderedframes": "`dreamreel import` and POST /import make a request of a Parseq manifest",
    r"^embeddings?$|textualinversion": "prompts name embeddings, which lie in the operator's folder",
    r"hypernetwork": "hypernetworks are not supported",
    r"upscale|frameinterpolation": "upscaling and interpolation are not supported",
    r"soundtrack|audio": "sound is not supported",
}
