"""Every error dreamreel raises on purpose.

DreamreelError              one sentence: names the thing, shows what came, says what would do
├── InputError              a field of the input is wrong; carries field and column
│   ├── FieldError          a value is of another type, none of the choices, or beyond a limit of its field
│   └── ScheduleError       a keyframe string or a prompt schedule is wrong
├── ModelError              weights are missing, damaged, or of another architecture
│   └── ReplacedFileError   a file is another than the one that was begun with; the same may be begun again
├── HubError                a model could not be fetched
├── VideoError              the video or a frame could not be written or read
│   └── DiskFullError       there was no room for it; the same may succeed later
├── PredictionError         a prediction cannot do what was asked of it
└── EngineError             a network call failed; the same call may be tried again
    └── NumbersError        its numbers overflowed or came out empty; more precision may help
"""


class DreamreelError(Exception):
    """Base of all errors below: its text is one sentence for the person who caused it."""


class InputError(DreamreelError):
    """A field of the input is wrong.

    field: the wire name, such as `zoom`.
    message: what came and what would do, without the field's name.
    column: where in a text value, counted from 1; None where a column means nothing.
    """

    def __init__(self, field: str, message: str, column: int | None = None) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
        self.column = column


class FieldError(InputError):
    """A value is of another type, none of the choices, or beyond a limit of its field.

    kind, replicate: the same in the words that clients of Replicate's know, such as `number_gte` and
    `Must be greater than or equal to 100`.
    """

    def __init__(self, field: str, message: str, kind: str, replicate: str) -> None:
        super().__init__(field, message)
        self.kind = kind
        self.replicate = replicate


class ScheduleError(InputError):
    """A keyframe string or a prompt schedule is wrong."""


class ModelError(DreamreelError):
    """Weights are missing, damaged, or of another architecture."""


class ReplacedFileError(ModelError):
    """A file is another than the one that was begun with; the same may be begun again, with the new one."""


class HubError(DreamreelError):
    """A model could not be fetched."""


class VideoError(DreamreelError):
    """The video or a frame could not be written or read."""


class DiskFullError(VideoError):
    """There was no room for the video or a frame; the same may succeed later."""


class PredictionError(DreamreelError):
    """A prediction cannot do what was asked of it."""


class EngineError(DreamreelError):
    """A network call failed; the same call may be tried again."""


class NumbersError(EngineError):
    """A network's numbers overflowed or came out empty; more precision may help."""


def first_line(error: BaseException) -> str:
    """What a library's error says, cut to one line of 200 characters."""
    text = str(error).strip().split("\n", 1)[0][:200]
    return text or type(error).__name__
