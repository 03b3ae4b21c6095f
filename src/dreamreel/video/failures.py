"""What kept a file from being written, as an error of ours."""

import errno
from pathlib import Path

from dreamreel.errors import DiskFullError, VideoError


def unwritable(path: Path, error: Exception, more: str = "") -> VideoError:
    """error, which the system or FFmpeg raised when path was written; DiskFullError if there was no room.

    more: what the sentence ends with.
    """
    is_full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    return (DiskFullError if is_full else VideoError)(f"{path} cannot be written: {_reason(error)}{more}")


def _reason(error: Exception) -> str:
    """Without the name that FFmpeg and the system add."""
    return getattr(error, "strerror", None) or str(error)
