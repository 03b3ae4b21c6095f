"""What in prompts is read as words, and was meant otherwise: frame numbers, weights and other programs' commands."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from dreamreel.schedule.bounds import MAX_KEYS
from dreamreel.schedule.characters import odd_marks
from dreamreel.schedule.notes import Note, quote

_NUMBER = r"[-+]?[0-9]{0,6}\.?[0-9]{1,6}"
_BY_WEBUI, _BY_NOTEBOOK = frozenset({"webui"}), frozenset({"notebook"})
_BY_BOTH, _BY_NONE = _BY_WEBUI | _BY_NOTEBOOK, frozenset[str]()
# (pattern, characters without which it cannot match, what it is, grammars of prompting/rules.py that read it)
_SYNTAX = [
    (r"(?<!\S)(?:--?|[–—])neg(?:ative)?\b[^|\n]{0,200}", "neg", "the original has no negative prompts", _BY_WEBUI),
    (r"(?i)\bnegative prompt:[^|\n]{0,200}", "egative prompt:", "write what is not wanted behind --neg", _BY_NONE),
    (r"\bSteps: [0-9]{1,4}, [^|]{0,200}", "Steps: ", "it is the record of a picture, not a prompt", _BY_NONE),
    (r"(?<!\S)--(?!neg)[a-z]\w{0,20}(?: [\w.:]{1,20})?", "--", "there are no options in prompts", _BY_NONE),
    (r"<hypernet:[^>|\n]{0,200}>", "<", "hypernetworks are not supported", _BY_NONE),
    (r"<(?:lora|lyco|lycoris):(?![^<>|\n]{0,200}>)[^<>|\n]{0,200}", "<", "a LoRA is written <lora:name:0.8>", _BY_NONE),
    (rf"[(\[][^()\[\]|]{{1,200}}:\s{{0,5}}{_NUMBER}\s{{0,5}}[)\]]", ":", "the original has no weights", _BY_WEBUI),
    (r"\({2,5}[^()|\n]{1,200}\){2,5}", "((", "the original has no weights", _BY_WEBUI),
    (r"\[[^\[\]|\n:]{1,200}\]", "[", "the original has no weights", _BY_WEBUI),
    (
        r"(?<![\w:/(\[])[A-Za-z]\w{0,40}::?[-+]?(?:[0-9]{0,2}\.[0-9]{1,6}|[0-9]{1,2})(?![\w:])",
        ":",
        "such weights are the notebook's",
        _BY_NOTEBOOK,
    ),
    (r"`[^`|\n]{1,200}`", "`", "the original has no formulas in prompts", _BY_BOTH),
    (r"(?<!\S)(?:AND|BREAK)(?!\S)", "", "the original does not combine prompts", _BY_WEBUI),
    (r"\b__[\w/\-]{1,100}__\b", "__", "there are no wildcards", _BY_NONE),
]
_COMPILED = [(re.compile(pattern), needed, what, readers) for pattern, needed, what, readers in _SYNTAX]
# Grammar of prompting/rules.py -> the value of the input prompt_grammar that has it.
_READER = {"webui": "dreamreel", "notebook": "notebook"}
# A number and a colon, with no digit after it as in 16:9.
_FRAME = re.compile(r"(?<![\w.:/\-])([0-9]{1,9})[\"'”’]?\s?[:：](?![0-9:])")
_ENDS = "\n;,.\"'”’{"
_COUNTED = re.compile(r"(?i)\b(?:scene|part|chapter|episode|act|step|day|phase|no|number|figure|volume|page|level)\.?$")
_NAMED = re.compile(r"(?i)(?<!\w)frame$")
_ODD_PREFIX = re.compile(r"\s{0,20}[0-9]{1,20}\s{0,20}[：∶﹕꞉]")
_UNIT = r"\s?(?:%|(?:s|secs?|seconds?|f|fr|frames?)\b)"
# What people write for a frame: `frame 0:`, `0-30:`, `0 to 30:`, `0s:`, `50%:`, `1.5:`; and the plain `0:`.
_LABEL = re.compile(
    rf"(?i)(?<![\w.:/\-])(?P<name>(?:key\s?)?frames?\s{{0,3}}[#=]?\s{{0,3}})?(?P<first>[0-9]{{1,9}}(?:\.[0-9]{{1,3}})?)"
    rf"(?P<unit>{_UNIT})?(?P<last>\s{{0,3}}(?:[-–—~]|\.\.\.?|to|until)\s{{0,3}}[0-9]{{1,9}}(?:\.[0-9]{{1,3}})?(?:{_UNIT})?)?"
    r"[\"'”’]?\s{0,3}[:：](?![0-9:])"
)
_ODD_BAR = re.compile("[｜¦│∣]")


def notes_on_words(texts: Iterable[tuple[int, str]], field: str, grammar: str = "original") -> Iterator[Note]:
    """A note for each kind of command that the text encoder reads as words. texts: with the place where each begins.

    grammar: by which prompts are read, and which takes some of them for what they are.
    """
    said: set[str] = set()
    for begin, text in texts:
        for pattern, needed, what, readers in _COMPILED:
            if needed not in text or what in said or grammar in readers:
                continue
            found = pattern.search(text)
            if found is None or (found[0] in ("AND", "BREAK") and text == text.upper()):
                continue
            said.add(what)
            column = begin + found.start() + 1
            instead = f'; "prompt_grammar": "{_READER[max(readers)]}" reads it' if readers else ""
            message = f"{quote(found[0].strip())} at column {column} is read as words: {what}{instead}"
            yield Note(field, message, column, ignored=True)


def notes_on_frames(text: str, num_frames: int, field: str) -> Iterator[Note]:
    """A note for each frame number inside a prompt, where a `|` is missing before it."""
    is_single = "|" not in text
    if is_single and (note := note_on_labels(text, field)) is not None:
        yield note
        return
    begins_with_frame = is_single and bool(re.match(r"\s*[0-9]", text))
    highest = -1
    for found in islice(_FRAME.finditer(text), MAX_KEYS):
        before = text[max(found.start() - 60, 0) : found.start()].rstrip(" \t")
        frame = int(found[1])
        is_meant = before[-1:] in _ENDS or (begins_with_frame and not _COUNTED.search(before))
        is_meant = is_meant or _NAMED.search(before) is not None
        if not before or before[-1] == "|":
            highest = frame
        elif highest < frame <= num_frames and is_meant:
            highest = frame
            shown = quote(text[found.start() : found.start() + 30].split("\n")[0])
            message = (
                f"{shown} at column {found.start() + 1} is read as words of the prompt before it: "
                f'"|" begins another, as in "0: a fox | {frame}: a cat"'
            )
            yield Note(field, message, found.start() + 1, ignored=True)
    if is_single and (odd := _ODD_PREFIX.match(text) or _ODD_BAR.search(text)):
        place = odd.end() - 1
        for _, sentence in odd_marks(text[place]):
            message = f"all of it is one prompt: at column {place + 1} {sentence}"
            yield Note(field, message, place + 1, ignored=True)


def note_on_labels(text: str, field: str) -> Note | None:
    """A note on a prompt that begins with a frame as people write it and the grammar does not; None for any other."""
    labels = list(islice(_LABEL.finditer(text), MAX_KEYS))
    if not labels or text[: labels[0].start()].strip(" \t\n\"'{[(") or not (advice := label_meant(labels[0][0])):
        return None
    first = labels[0]
    if first["unit"] and not first["last"] and len(labels) == 1 and float(first["first"]):
        return None  # `80s: a disco` is words
    if is_time(first[0]):
        return Note(field, f'{_as_words(first)}{advice}; write "0: a fox | 30: a cat"', first.start() + 1, ignored=True)
    stops = [*(label.start() for label in labels[1:]), len(text)]
    words = [text[label.end() : stop].strip(" \t\n,;.") for label, stop in zip(labels, stops, strict=True)]
    written = " | ".join(f"{float(label['first']):.0f}: {each}" for label, each in zip(labels, words, strict=True))
    return Note(field, f"{_as_words(first)}{advice}; write {quote(written, 120)}", first.start() + 1, ignored=True)


def _as_words(label: re.Match[str]) -> str:
    return f"{quote(label[0].strip())} at column {label.start() + 1} is read as words, and all of it as one prompt: "


def is_time(label: str) -> bool:
    """Whether a label is a second or a share of the film."""
    found = _LABEL.fullmatch(label.strip())
    return found is not None and re.search(r"(?i)%|[0-9\s]s(ec|econd)?s?\b", found[0]) is not None


def label_meant(label: str) -> str:
    """Why a frame as people write it, with its colon, is none; empty where it is one, or no frame at all."""
    found = _LABEL.fullmatch(label.strip())
    if found is None:
        return ""
    if is_time(label):
        return "a prompt begins at a frame, not at a second or a share"
    if found["last"]:
        return "a prompt begins at one frame and holds until the next"
    return "a frame is a whole number alone" if found["name"] or found["unit"] or "." in found["first"] else ""
