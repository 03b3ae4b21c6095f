"""What an animation has to know of a model: the shape of its latents and how it was noised."""

from dataclasses import dataclass

from dreamreel.diffusion.sigmas import NoiseSchedule


@dataclass(frozen=True, eq=False)
class LatentSpace:
    """channels: of the latents. factor: pixels per latent, each way. schedule: of the training noise.

    latents: whose they are, of the families that others' autoencoders know; empty for a model's own.
    """

    channels: int
    factor: int
    schedule: NoiseSchedule
    latents: str = ""

    def shape(self, width: int, height: int) -> tuple[int, int, int, int]:
        """(1, C, h, w) of the latents of a picture of that many pixels."""
        return (1, self.channels, height // self.factor, width // self.factor)
