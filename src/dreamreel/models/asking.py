"""What a network predicts where its file does not say it: asked of the network itself."""

import copy

import torch

from dreamreel.models.networks.unet import UNet2DConditionModel

# Below it the answer is no noise [AUTOMATIC1111, sd_models_config.py: what SD 2.x's checkpoints are told apart by].
NO_NOISE = -1.0


@torch.inference_mode()
def predicts_v(unet: UNet2DConditionModel) -> bool:
    """Whether the UNet of an SD 2.x model, as it was loaded, predicts v rather than the noise.

    At the last timestep all is noise: a network that predicts it answers with about what it is shown, one that predicts
    v with the latents turned round.
    """
    kinds = {weight.dtype for weight in unet.parameters()}
    if len(kinds) > 1 or min(kind.itemsize for kind in kinds) < 2:  # which cannot be computed as they lie there
        unet = copy.deepcopy(unet).float()
    flat = torch.full((), 0.5, device=unet.device, dtype=unet.dtype)
    shown, text = flat.expand(1, unet.config.in_channels, 8, 8), flat.expand(1, 2, unet.config.cross_attention_dim)
    said = unet(shown, torch.tensor([999.0], device=unet.device), text)
    return float((said - shown).float().mean()) < NO_NOISE
