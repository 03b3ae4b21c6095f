"""Names that are written almost as they are: what a few wrong letters, or letters in another order, stand for."""

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher, get_close_matches

_LONGEST = 80
_FIRST_WORD, _LAST_WORD = re.compile(r"\A[a-z]*"), re.compile(r"[a-z]*\Z")


def bare_name(name: object) -> str:
    """A name as names are compared: its letters, digits and plus signs, in lower case."""
    return re.sub(r"[^a-z0-9+]", "", str(name)[:_LONGEST].casefold())


def by_name(others: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Every name, as bare_name has it -> the name here. others: those of other programs, by that one."""
    listed = {other: name for name, written in others.items() for other in written.split()}
    return {**listed, **{bare_name(name): name for name in names}}


def turned(written: str, table: Mapping[str, str]) -> str | None:
    """The first name in table that has the letters of written in another order."""
    letters = sorted(written)
    return next((name for other, name in table.items() if written and sorted(other) == letters), None)


def misspelt(
    written: str, table: Mapping[str, str], *, word: int = 0, digits: bool = False, first: bool = True
) -> str | None:
    """The name in table that written is one or two wrong letters from; axes are never misspelt.

    word: how many letters that stand together a wrong one is among, at least. digits: whether a digit may be wrong.
    first: whether the first letter is right.
    """
    for near in get_close_matches(written, table, 3, 0.75):
        changes = [each for each in SequenceMatcher(None, written, near).get_opcodes() if each[0] != "equal"]
        letters = [written[i:j] + near[k:m] for _, i, j, k, m in changes]
        is_axis = near.endswith(("onx", "ony")) and written[-1] != near[-1]
        few = len(changes) <= 2 and all(len(each) <= 2 and (digits or each.isalpha()) for each in letters)
        in_words = all(_word(written, i) >= word for _, i, *_ in changes)
        begins = not first or written[0] == near[0]
        if few and in_words and abs(len(written) - len(near)) <= 1 and begins and not is_axis:
            return table[near]
    return None


def _word(written: str, start: int) -> int:
    """How many letters stand together around written[start]."""
    return len(_LAST_WORD.findall(written[:start])[0]) + len(_FIRST_WORD.findall(written[start:])[0])
