"""A folder of files by their names, read again where it has changed."""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Generic, TypeVar

from dreamreel.errors import ModelError
from dreamreel.models.layout import ADDITION_SUFFIXES

log = logging.getLogger(__name__)
Item = TypeVar("Item")
# How weights begin that PEFT and diffusers write into a folder of their own, which then has the name.
OF_FOLDERS = ("adapter_model", "pytorch_lora_weights", "diffusion_pytorch_model", "learned_embeds")
MOST_LISTED = 10
# A file as it is now: its path, its size and when it was written.
_Stamp = tuple[str, int, int]


class Folder(Generic[Item]):
    """For several threads. folder: "" for none. kind: what lies in it, for people; option: what gives such a folder.

    read: what a file is, by its name; raises ModelError.

    A file is called by its name without suffix; where two in different folders have one, the later by its path from
    here. Names in one folder come from files whose first suffix counts.
    """

    def __init__(self, folder: str, kind: str, option: str, read: Callable[[str, Path], Item]) -> None:
        self._folder, self._kind, self._option, self._read = folder, kind, option, read
        self._known: dict[tuple[str, _Stamp], Item | None] = {}  # by name, which others' coming and going changes
        self._stamps: tuple[_Stamp, ...] | None = None
        self._files: Mapping[str, Item] = {}
        self._lock = threading.Lock()

    @property
    def files(self) -> Mapping[str, Item]:
        """By name, as the folder is now."""
        if not self._folder:
            return {}
        with self._lock:
            root = Path(self._folder).expanduser()
            if (stamps := tuple(_stamps(root))) != self._stamps:
                self._files, self._stamps = self._scanned(root, stamps), stamps
            return self._files

    def find(self, name: str) -> Item:
        """The one of that name. Raises ModelError that names those there are."""
        found = self.files.get(name)
        if found is None:
            raise ModelError(self.missing(name))
        return found

    def missing(self, name: str) -> str:
        """The sentence that says that there is none of that name, and which there are."""
        if not self._folder:
            return f'there is no {self._kind} "{name[:80]}": no folder of them was given ({self._option} DIR)'
        names = sorted(self.files)
        near = get_close_matches(name, names, MOST_LISTED, 0.5)
        shown = ", ".join((near + [each for each in names if each not in near])[:MOST_LISTED])
        more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
        there = f"there are {shown}{more}" if names else "there are none"
        return f'there is no {self._kind} "{name[:80]}"; {there}'

    def _scanned(self, root: Path, stamps: Iterable[_Stamp]) -> dict[str, Item]:
        found: dict[str, Item] = {}
        before, self._known = self._known, {}
        seen: set[Path] = set()
        for stamp in stamps:
            path = Path(stamp[0])
            called = path.parent if path.stem.startswith(OF_FOLDERS) and path.parent != root else path.with_suffix("")
            if called in seen:  # the same in another format or precision, or more of its weights
                continue
            name = called.name if called.name not in found else str(called.relative_to(root))
            key = name, stamp
            self._known[key] = item = before[key] if key in before else self._tried(name, path)
            if item is not None:
                found.setdefault(name, item)
                seen.add(called)
        return found

    def _tried(self, name: str, path: Path) -> Item | None:
        try:
            return self._read(name, path)
        except (ModelError, OSError) as error:
            log.warning("left out of the %ss: %s", self._kind, error)
            return None


def _stamps(root: Path) -> Iterator[_Stamp]:
    walked: set[str] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        if (real := os.path.realpath(folder)) in walked:  # a link to a folder above it, or to one beside it
            folders.clear()
            continue
        walked.add(real)
        folders[:] = sorted(each for each in folders if not each.startswith("."))[:1000]
        for name in sorted(names):
            path = Path(folder, name)
            if path.suffix.lower() in ADDITION_SUFFIXES and not name.startswith(".") and "\n" not in name:
                try:
                    stat = path.stat()
                except OSError:
                    continue
                yield str(path), stat.st_size, stat.st_mtime_ns
