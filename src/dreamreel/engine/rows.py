"""How many rows share one forward pass: the setting `rows`, and the buckets that follow from it. No torch here."""

from dataclasses import dataclass, replace

from dreamreel.errors import InputError

AUTO = "auto"
# Rows of the denoising network with `auto` on a GPU: 16 predictions. More gain little (docs/performance.md).
MOST_ROWS = 32
LARGEST_ROWS = 256
# Kinds of devices on which more rows at a time are faster.
BATCHING = ("cuda", "xpu")


@dataclass(frozen=True)
class Buckets:
    """Rows that a forward pass may have. A guided evaluation is two rows (one at a guidance of 1), a picture is one.

    most: the largest number. fixed: every pass has most rows, and what is not asked for is padding. A row's
    last bits follow from how many rows there are, not from what the others hold: so with a fixed bucket
    a prediction's frames are the same alone and in company.
    """

    most: int
    fixed: bool

    def size(self, wanted: int) -> int:
        """Rows of the pass that has room for wanted rows: 1, 2, 4, 8 ... or the fixed number."""
        assert 1 <= wanted <= self.most
        return self.most if self.fixed else min(1 << (wanted - 1).bit_length(), self.most)

    def passes(self, rows: int) -> int:
        """The most evaluations, of so many rows each, that share a pass.

        Fixed, it has as many of one row as of two: a prediction whose guidance is 1 is to take half the work.
        """
        return max(self.most // (2 if self.fixed and rows == 1 else rows), 1)

    def evaluations(self, wanted: int, rows: int) -> int:
        """Evaluations, of so many rows each, of the pass that has room for as many as are wanted."""
        if self.fixed:
            return self.passes(rows)
        # At least one, whose rows are in one pass however few the bucket has.
        return max(self.size(min(rows * wanted, self.most)) // rows, 1)

    def halved(self) -> "Buckets":
        """Half of it, for a device without memory for more; an even number, as evaluations are two rows, or 1."""
        return replace(self, most=max(1, self.most // 4 * 2))


def parse_rows(text: str) -> int | None:
    """`auto` -> None, `8` -> 8. Raises InputError."""
    text = text.strip().lower()
    if text == AUTO:
        return None
    if text.isascii() and text.isdigit() and 2 <= int(text[:9]) <= LARGEST_ROWS and int(text) % 2 == 0:
        return int(text)
    raise InputError(
        "rows", f'must be {AUTO} or an even number between 2 and {LARGEST_ROWS} (two for each prediction), got "{text}"'
    )


def denoise_buckets(rows: int | None, device: str) -> Buckets:
    """Of the denoising network. rows: of parse_rows. device: as in ModelFacts.

    Without a number it is 2, fixed, where more rows at a time are no faster: on a CPU and on Apple's.
    """
    if rows is not None:
        return Buckets(rows, fixed=True)
    return Buckets(MOST_ROWS, fixed=False) if device.partition(":")[0] in BATCHING else Buckets(2, fixed=True)


def picture_buckets(denoise: Buckets) -> Buckets:
    """Of the VAE, beside those of the network: as many predictions, but one at a time where rows are fixed.

    Padding a picture to a bucket costs as much as drawing it, and many at a time gain nothing.
    """
    return Buckets(1, fixed=True) if denoise.fixed else Buckets(denoise.most // 2, fixed=False)


def describe(denoise: Buckets) -> int | str:
    """What a video's record says of it: the number if it is fixed, else `auto`."""
    return denoise.most if denoise.fixed else AUTO
