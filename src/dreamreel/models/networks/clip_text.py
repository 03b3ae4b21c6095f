"""CLIP's text encoder: what transformers' CLIPTextModel computes, bit for bit, under its names of weights."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from dreamreel.models.networks.configured import Network, records_config


def _quick_gelu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.702 * x)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"quick_gelu": _quick_gelu, "gelu": functional.gelu}


class Embeddings(nn.Module):
    """Tokens and their places. learned: looks up the tokens that the embedding does not have (learned_words.py)."""

    def __init__(self, tokens: int, places: int, width: int) -> None:
        super().__init__()
        self.token_embedding, self.position_embedding = nn.Embedding(tokens, width), nn.Embedding(places, width)
        self.learned: Callable[[Tensor, nn.Embedding], Tensor] | None = None

    def forward(self, ids: Tensor) -> Tensor:
        places = torch.arange(ids.shape[-1], device=ids.device)[None]
        words = self.token_embedding(ids) if self.learned is None else self.learned(ids, self.token_embedding)
        return words + self.position_embedding(places)


class CausalAttention(nn.Module):
    """Multi-head attention of each token to itself and those before it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.k_proj, self.v_proj, self.q_proj = (nn.Linear(width, width) for _ in range(3))
        self.out_proj = nn.Linear(width, width)
        self._heads = heads

    def forward(self, x: Tensor) -> Tensor:
        num, tokens, width = x.shape
        parts = (self.q_proj(x), self.k_proj(x), self.v_proj(x))
        q, k, v = (each.view(num, tokens, self._heads, -1).transpose(1, 2) for each in parts)
        scale = (width // self._heads) ** -0.5
        attended = functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)
        return self.out_proj(attended.transpose(1, 2).reshape(num, tokens, width))


class FeedForward(nn.Module):
    """Two layers."""

    def __init__(self, width: int, inner: int, activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)
        self._activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self._activation(self.fc1(x)))


class Layer(nn.Module):
    """Attention and a feed-forward network, each normalised and beside a shortcut."""

    def __init__(self, width: int, heads: int, inner: int, eps: float, activation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.self_attn, self.layer_norm1 = CausalAttention(width, heads), nn.LayerNorm(width, eps)
        self.mlp, self.layer_norm2 = FeedForward(width, inner, activation), nn.LayerNorm(width, eps)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Layers(nn.Module):
    """One after the other."""

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor, skip: int = 0) -> Tensor:
        """skip: how many of the last are left out."""
        for layer in self.layers[: len(self.layers) - skip]:
            x = layer(x)
        return x


class CLIPTextModel(Network):
    """Tokens (B, n) to conditions (B, n, width)."""

    @records_config
    def __init__(
        self,
        vocab_size: int = 49408,
        hidden_size: int = 512,
        intermediate_size: int = 2048,
        num_hidden_layers: int = 12,
        num_attention_heads: int = 8,
        max_position_embeddings: int = 77,
        hidden_act: str = "quick_gelu",
        layer_norm_eps: float = 1e-5,
    ) -> None:
        super().__init__()
        shape = (hidden_size, num_attention_heads, intermediate_size, layer_norm_eps, ACTIVATIONS[hidden_act])
        self.embeddings = Embeddings(vocab_size, max_position_embeddings, hidden_size)
        self.encoder = Layers([Layer(*shape) for _ in range(num_hidden_layers)])
        self.final_layer_norm = nn.LayerNorm(hidden_size, layer_norm_eps)

    @property
    def num_layers(self) -> int:
        """Of its encoder."""
        return len(self.encoder.layers)

    def forward(self, ids: Tensor, skip: int = 0) -> Tensor:
        """skip: how many of the last layers are left out, all but one at most."""
        return self.final_layer_norm(self.encoder(self.embeddings(ids), min(skip, self.num_layers - 1)))

    def penultimate(self, ids: Tensor, skip: int = 1) -> Tensor:
        """What the last layer but one, or but skip, gives of tokens (B, n), not normalised: (B, n, width)."""
        return self.encoder(self.embeddings(ids), min(skip, self.num_layers - 1))


class CLIPTextModelWithProjection(CLIPTextModel):
    """The same with a text as a whole: transformers' CLIPTextModelWithProjection."""

    @records_config
    def __init__(
        self,
        vocab_size: int = 49408,
        hidden_size: int = 512,
        intermediate_size: int = 2048,
        num_hidden_layers: int = 12,
        num_attention_heads: int = 8,
        max_position_embeddings: int = 77,
        hidden_act: str = "quick_gelu",
        layer_norm_eps: float = 1e-5,
        projection_dim: int = 512,
    ) -> None:
        heads, places = num_attention_heads, max_position_embeddings
        shape = (hidden_size, intermediate_size, num_hidden_layers, heads, places, hidden_act, layer_norm_eps)
        super().__init__(vocab_size, *shape)
        self.text_projection = nn.Linear(hidden_size, projection_dim, bias=False)

    def with_whole(self, ids: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
        """(penultimate(ids), the text as a whole (B, projection_dim)). ends: (B,), where each text's last token is."""
        states = self.penultimate(ids)
        last = self.final_layer_norm(self.encoder.layers[-1](states))
        whole = last[torch.arange(len(ids), device=ids.device), ends]
        return states, self.text_projection(whole)
