"""The denoising network of Stable Diffusion 1.x, 2.x and XL, and of the models that ship with dreamreel.

What diffusers' UNet2DConditionModel computes for such configurations, under its names of weights and bit for bit
(tests/unit/models/test_networks.py), without the seconds that importing that library takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from dreamreel.models.networks.blocks import Attention, Downsample2D, ResnetBlock2D, Upsample2D
from dreamreel.models.networks.configured import Network, records_config
from dreamreel.models.networks.times import TextTimeEmbedding, TimestepEmbedding, sines, told_sines

# Channels of a network's widest level from which on it is not tiny.
WIDE = 64


def is_wide(network: Network) -> bool:
    """Whether speed counts. Tiny networks are computed as the original did, to the last bit (docs/exactness.md)."""
    return bool(max(network.config.block_out_channels) >= WIDE)


def fast_layout(network: Network) -> torch.memory_format:
    """Channels last where it is faster: on CUDA, and on a CPU with networks that are not tiny."""
    is_faster = network.device.type == "cuda" or is_wide(network)
    return torch.channels_last if is_faster else torch.contiguous_format


class GEGLU(nn.Module):
    """A linear map whose one half gates the other [Shazeer 2020]."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.proj = nn.Linear(width, 2 * out)

    def forward(self, x: Tensor) -> Tensor:
        x, gate = self.proj(x).chunk(2, dim=-1)
        return x * functional.gelu(gate)


class FeedForward(nn.Module):
    """Two layers, four times as wide between them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.ModuleList([GEGLU(width, 4 * width), nn.Identity(), nn.Linear(4 * width, width)])

    def forward(self, x: Tensor) -> Tensor:
        return self.net[2](self.net[0](x))


class BasicTransformerBlock(nn.Module):
    """Attention among the latents, to the text, and a feed-forward network, each beside a shortcut."""

    def __init__(self, width: int, heads: int, text_width: int) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn1 = Attention(width, heads, width // heads)
        self.attn2 = Attention(width, heads, width // heads, text_width)
        self.ff = FeedForward(width)

    def forward(self, x: Tensor, cond: Tensor) -> Tensor:
        x = self.attn1(self.norm1(x)) + x
        x = self.attn2(self.norm2(x), cond) + x
        return self.ff(self.norm3(x)) + x


class Transformer2DModel(nn.Module):
    """Transformer blocks over the pixels of latents (B, C, h, w), beside a shortcut. linear: SD 2.x's projections."""

    def __init__(self, width: int, heads: int, layers: int, text_width: int, groups: int, linear: bool) -> None:
        super().__init__()
        inner = width // heads * heads
        self.norm = nn.GroupNorm(groups, width, 1e-6)
        self.proj_in = nn.Linear(width, inner) if linear else nn.Conv2d(width, inner, 1)
        blocks = [BasicTransformerBlock(inner, heads, text_width) for _ in range(layers)]
        self.transformer_blocks = nn.ModuleList(blocks)
        self.proj_out = nn.Linear(inner, width) if linear else nn.Conv2d(inner, width, 1)
        self._linear = linear

    def forward(self, x: Tensor, cond: Tensor) -> Tensor:
        num, _, height, width = x.shape
        hidden = self.norm(x)
        hidden = hidden if self._linear else self.proj_in(hidden)
        hidden = hidden.permute(0, 2, 3, 1).reshape(num, height * width, hidden.shape[1])
        hidden = self.proj_in(hidden) if self._linear else hidden
        for block in self.transformer_blocks:
            hidden = block(hidden, cond)
        hidden = self.proj_out(hidden) if self._linear else hidden
        hidden = hidden.reshape(num, height, width, hidden.shape[-1]).permute(0, 3, 1, 2).contiguous()
        hidden = hidden if self._linear else self.proj_out(hidden)
        return hidden + x


class Level(nn.Module):
    """A level of the UNet, on the way down or up: residual blocks, each with a transformer if the level has them."""

    def __init__(self, resnets: list[nn.Module], attentions: list[nn.Module]) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(resnets)
        if attentions:
            self.attentions = nn.ModuleList(attentions)
        self._attends = bool(attentions)

    def step(self, idx: int, x: Tensor, time: Tensor, cond: Tensor) -> Tensor:
        """The idx-th residual block, and what attends after it."""
        x = self.resnets[idx](x, time)
        return self.attentions[idx](x, cond) if self._attends else x


class DownBlock(Level):
    """A level on the way down. Gives what every part of it gave, for the way up, with the last."""

    def __init__(self, resnets: list[nn.Module], attentions: list[nn.Module], halved: int, padding: int) -> None:
        super().__init__(resnets, attentions)
        if halved:
            self.downsamplers = nn.ModuleList([Downsample2D(halved, padding)])
        self._halves = bool(halved)

    def forward(self, x: Tensor, time: Tensor, cond: Tensor) -> list[Tensor]:
        given = []
        for idx in range(len(self.resnets)):
            x = self.step(idx, x, time, cond)
            given.append(x)
        return [*given, self.downsamplers[0](x)] if self._halves else given


class UpBlock(Level):
    """A level on the way up; takes what the way down gave from the end of a list."""

    def __init__(self, resnets: list[nn.Module], attentions: list[nn.Module], doubled: int) -> None:
        super().__init__(resnets, attentions)
        if doubled:
            self.upsamplers = nn.ModuleList([Upsample2D(doubled)])
        self._doubles = bool(doubled)

    def forward(self, x: Tensor, kept: list[Tensor], time: Tensor, cond: Tensor, exact: bool) -> Tensor:
        """exact: whether doubling always gives the size of what is kept."""
        for idx in range(len(self.resnets)):
            x = self.step(idx, torch.cat([x, kept.pop()], dim=1), time, cond)
        if not self._doubles:
            return x
        return self.upsamplers[0](x, None if exact else kept[-1].shape[2:])


class MidBlock(Level):
    """The lowest level: a residual block more than transformers."""

    def forward(self, x: Tensor, time: Tensor, cond: Tensor) -> Tensor:
        x = self.resnets[0](x, time)
        for attention, resnet in zip(self.attentions if self._attends else (), self.resnets[1:], strict=True):
            x = resnet(attention(x, cond), time)
        return x


@dataclass(frozen=True)
class Parts:
    """What the levels of a UNet are made of. heads, depths: of their transformers, by level."""

    time_width: int
    scale_shift: bool
    text_width: int
    linear: bool
    heads: Sequence[int]
    depths: Sequence[int]
    groups: int
    eps: float

    def resnets(self, inputs: Sequence[int], out: int) -> list[nn.Module]:
        """A residual block for each width that comes in."""
        return [ResnetBlock2D(x, out, self.groups, self.eps, self.time_width, self.scale_shift) for x in inputs]

    def attentions(self, kind: str, level: int, width: int, num: int) -> list[nn.Module]:
        """num transformers for a block of diffusers' kind, or none."""
        if "CrossAttn" not in kind:
            return []
        shape = (width, self.heads[level], self.depths[level], self.text_width, self.groups, self.linear)
        return [Transformer2DModel(*shape) for _ in range(num)]


class WayDown(Network):
    """The way down of a UNet and its middle: half of it, and what a ControlNet is a copy of.

    A subclass builds it with build() and asks embedded() for what goes where the time goes.
    """

    def build(self, config: Mapping[str, Any]) -> Parts:
        """Makes the networks of diffusers' config; gives what their levels are made of."""
        widths, time_width = list(config["block_out_channels"]), 4 * config["block_out_channels"][0]
        self._flip, self._shift, self._edge = config["flip_sin_to_cos"], config["freq_shift"], widths[0]
        spread = (config["attention_head_dim"], config["transformer_layers_per_block"])
        heads, depths = (_spread(each, len(widths)) for each in spread)
        scaled = config["resnet_time_scale_shift"] == "scale_shift"
        texts = (scaled, config["cross_attention_dim"], config["use_linear_projection"], heads, depths)
        parts = Parts(time_width, *texts, config["norm_num_groups"], config["norm_eps"])
        self.conv_in = nn.Conv2d(config["in_channels"], widths[0], 3, padding=1)
        self.time_embedding = TimestepEmbedding(widths[0], time_width, config.get("time_cond_proj_dim") or 0)
        if (kind := config["addition_embed_type"]) is not None:
            numbers = config["projection_class_embeddings_input_dim"]
            self.add_embedding = _add(kind, parts, config["addition_embed_type_num_heads"], numbers)
        levels = (config["layers_per_block"], config["downsample_padding"])
        self.down_blocks = _down_blocks(parts, config["down_block_types"], widths, *levels)
        self.mid_block = _mid_block(parts, config.get("mid_block_type", "CrossAttn"), widths[-1])
        return parts

    def embedded(
        self,
        x: Tensor,
        t: Tensor,
        cond: Tensor,
        whole: Tensor | None,
        sizes: Tensor | None,
        told: Tensor | None = None,
    ) -> Tensor:
        """What goes where the time goes, (B, time width); see UNet2DConditionModel.forward()."""
        time = self.time_embedding(sines(t, self._edge, self._flip, self._shift).to(x.dtype), told)
        if self.config.addition_embed_type == "text":
            return time + self.add_embedding(cond)
        if self.config.addition_embed_type is None:
            return time
        assert whole is not None
        assert sizes is not None
        width = self.config.addition_time_embed_dim
        numbers = sines(sizes.flatten(), width, self._flip, self._shift).reshape(len(x), -1)
        return time + self.add_embedding(torch.cat([whole, numbers.to(whole.dtype)], dim=-1).to(x.dtype))

    def descend(self, x: Tensor, time: Tensor, cond: Tensor) -> tuple[list[Tensor], Tensor]:
        """What every part of the way down gave, and what the middle made of the last. x: behind conv_in."""
        kept = [x]
        for block in self.down_blocks:
            kept += block(kept[-1], time, cond)
        return kept, self.mid_block(kept[-1], time, cond)


class UNet2DConditionModel(WayDown):
    """Latents (B, C, h, w), times (B,) and text (B, tokens, width) to the network's prediction, (B, C, h, w).

    The arguments are those that diffusers' configurations of such networks vary; configurations.py refuses the
    others. attention_head_dim: the number of heads, as in all of SD's configurations.
    """

    @records_config
    def __init__(
        self,
        in_channels: int = 4,
        out_channels: int = 4,
        down_block_types: Sequence[str] = (*["CrossAttnDownBlock2D"] * 3, "DownBlock2D"),
        up_block_types: Sequence[str] = ("UpBlock2D", *["CrossAttnUpBlock2D"] * 3),
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
        time_cond_proj_dim: int | None = None,
        sample_size: int | None = None,
    ) -> None:
        super().__init__()
        config = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        parts, widths = self.build(config), list(block_out_channels)
        self.up_blocks = _up_blocks(parts, up_block_types, widths, layers_per_block)
        self.conv_norm_out = nn.GroupNorm(norm_num_groups, widths[0], norm_eps)
        self.conv_out = nn.Conv2d(widths[0], out_channels, 3, padding=1)

    @property
    def is_told(self) -> bool:
        """Whether it takes the guidance, instead of being evaluated without a prompt too (LCM)."""
        return self.config.time_cond_proj_dim is not None

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        cond: Tensor,
        whole: Tensor | None = None,
        sizes: Tensor | None = None,
        guidance: Tensor | None = None,
        added: Sequence[Tensor] = (),
    ) -> Tensor:
        """whole: (B, n), the text as a whole; sizes: (B, 6) of pictures: for SDXL (addition_embed_type text_time).

        guidance: (B,), for one that is_told. added: to what the way down and the middle give, by ControlNets.
        """
        told = None if guidance is None else told_sines(guidance, self.config.time_cond_proj_dim).to(x.dtype)
        time = self.embedded(x, t, cond, whole, sizes, told)
        doublings = len(self.up_blocks) - 1
        exact = all(side % 2**doublings == 0 for side in x.shape[-2:])
        kept, x = self.descend(self.conv_in(x), time, cond)
        if added:
            kept = [one + other for one, other in zip(kept, added, strict=False)]
            x = x + added[-1]
        for block in self.up_blocks:
            x = block(x, kept, time, cond, exact)
        return self.conv_out(functional.silu(self.conv_norm_out(x)))


def _add(kind: str, parts: Parts, heads: int, numbers: int | None) -> nn.Module:
    """What goes where the time goes. heads: that read a text. numbers: how many there are beside it."""
    if kind == "text":
        return TextTimeEmbedding(parts.text_width, parts.time_width, heads)
    assert numbers is not None
    return TimestepEmbedding(numbers, parts.time_width)


def _down_blocks(parts: Parts, kinds: Sequence[str], widths: list[int], layers: int, padding: int) -> nn.ModuleList:
    blocks = nn.ModuleList()
    for level, (kind, out) in enumerate(zip(kinds, widths, strict=True)):
        resnets = parts.resnets([widths[max(level - 1, 0)], *[out] * (layers - 1)], out)
        halved = out if level + 1 < len(widths) else 0
        blocks.append(DownBlock(resnets, parts.attentions(kind, level, out, layers), halved, padding))
    return blocks


def _mid_block(parts: Parts, kind: str, width: int) -> nn.Module:
    attentions = parts.attentions(kind, -1, width, 1)
    return MidBlock(parts.resnets([width] * (1 + len(attentions)), width), attentions)


def _up_blocks(parts: Parts, kinds: Sequence[str], widths: list[int], layers: int) -> nn.ModuleList:
    blocks = nn.ModuleList()
    above = widths[-1]
    for level, kind in zip(reversed(range(len(widths))), kinds, strict=True):
        out = widths[level]
        kept = [*[out] * layers, widths[max(level - 1, 0)]]  # of the way down, the last first
        inputs = [x + skip for x, skip in zip([above, *[out] * layers], kept, strict=True)]
        attentions = parts.attentions(kind, level, out, layers + 1)
        blocks.append(UpBlock(parts.resnets(inputs, out), attentions, out if level else 0))
        above = out
    return blocks


def _spread(value: int | Sequence[int], num: int) -> list[int]:
    """One for each level."""
    return [value] * num if isinstance(value, int) else list(value)
