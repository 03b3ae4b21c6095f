"""Deforum Stable Diffusion: prompts and keyframes in, a video out.

from dreamreel import render
for frame in render("0: a castle on a hill | 50: a castle in the snow", max_frames=100):
    show(frame.image)
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dreamreel.rendering.script import render

__all__ = ["render"]


def __getattr__(name: str) -> object:
    # On demand: `import dreamreel` alone costs nothing.
    if name == "render":
        from dreamreel.rendering.script import render

        return render
    raise AttributeError(f"module 'dreamreel' has no attribute {name!r}")
