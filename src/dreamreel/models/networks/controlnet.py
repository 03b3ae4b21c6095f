"""A ControlNet: a copy of a UNet's way down that is shown a picture, and adds to what the way down gives.

What diffusers' ControlNetModel computes for such configurations but for last bits, under its names of weights
(tests/unit/models/test_controlnets.py) [Zhang et al. 2023, Adding Conditional Control].
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from dreamreel.models.configurations import kept_widths
from dreamreel.models.networks.configured import records_config
from dreamreel.models.networks.unet import WayDown


class Hint(nn.Module):
    """A picture (B, 3, H, W) to what is added to the latents' first layer, an eighth as high and wide."""

    def __init__(self, channels: int, widths: Sequence[int], out: int) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList()
        for width, wider in pairwise(widths):
            self.blocks.append(nn.Conv2d(width, width, 3, padding=1))
            self.blocks.append(nn.Conv2d(width, wider, 3, padding=1, stride=2))
        self.conv_out = nn.Conv2d(widths[-1], out, 3, padding=1)

    def forward(self, picture: Tensor) -> Tensor:
        x = functional.silu(self.conv_in(picture))
        for block in self.blocks:
            x = functional.silu(block(x))
        return self.conv_out(x)


class ControlNetModel(WayDown):
    """Latents, times and text as the UNet takes them, and a picture, to what is added to its way down and its middle.

    The arguments are those of diffusers' configurations; configurations.py refuses the others.
    """

    @records_config
    def __init__(
        self,
        in_channels: int = 4,
        conditioning_channels: int = 3,
        down_block_types: Sequence[str] = (*["CrossAttnDownBlock2D"] * 3, "DownBlock2D"),
        mid_block_type: str = "UNetMidBlock2DCrossAttn",
        block_out_channels: Sequence[int] = (320, 640, 1280, 1280),
        layers_per_block: int = 2,
        cross_attention_dim: int = 1280,
        attention_head_dim: int | Sequence[int] = 8,
        transformer_layers_per_block: int | Sequence[int] = 1,
        norm_num_groups: int = 32,
        norm_eps: float = 1e-5,
        downsample_padding: int = 1,
        flip_sin_to_cos: bool = True,
        freq_shift: int = 0,
        use_linear_projection: bool = False,
        resnet_time_scale_shift: str = "default",
        addition_embed_type: str | None = None,
        addition_embed_type_num_heads: int = 64,
        addition_time_embed_dim: int | None = None,
        projection_class_embeddings_input_dim: int | None = None,
        controlnet_conditioning_channel_order: str = "rgb",
        conditioning_embedding_out_channels: Sequence[int] = (16, 32, 96, 256),
    ) -> None:
        super().__init__()
        self.build({name: value for name, value in locals().items() if name not in ("self", "__class__")})
        widths = list(block_out_channels)
        self.controlnet_cond_embedding = Hint(conditioning_channels, conditioning_embedding_out_channels, widths[0])
        kept = kept_widths(widths, layers_per_block)
        self.controlnet_down_blocks = nn.ModuleList([nn.Conv2d(width, width, 1) for width in kept])
        self.controlnet_mid_block = nn.Conv2d(widths[-1], widths[-1], 1)

    def forward(
        self, x: Tensor, t: Tensor, cond: Tensor, whole: Tensor | None, sizes: Tensor | None, hint: Tensor
    ) -> list[Tensor]:
        """What is added to each of what the way down keeps, and to the middle, which is last.

        hint: (B, 3, H, W), 0 to 1. The others: see UNet2DConditionModel.forward().
        """
        time = self.embedded(x, t, cond, whole, sizes)
        if self.config.controlnet_conditioning_channel_order == "bgr":
            hint = torch.flip(hint, dims=[1])
        kept, middle = self.descend(self.conv_in(x) + self.controlnet_cond_embedding(hint), time, cond)
        added = [block(each) for block, each in zip(self.controlnet_down_blocks, kept, strict=True)]
        return [*added, self.controlnet_mid_block(middle)]
