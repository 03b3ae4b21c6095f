import numpy as np
import pytest
from PIL.ImageFont import FreeTypeFont

from dreamreel.imaging.contact_sheet import Cell, contact_sheet

RED, BLUE = (200, 30, 30), (30, 30, 200)


def image(color, height=64, width=64):
    return np.full((height, width, 3), color, np.uint8)


def test_images_stand_in_rows_with_their_texts_below():
    sheet = contact_sheet([Cell(image(color), f"frame {idx}", "a fox") for idx, color in enumerate([RED, BLUE, RED])])
    assert sheet.shape == (2 * (160 + 84 + 12) + 12, 2 * (160 + 12) + 12, 3)
    assert [tuple(sheet[100, x]) for x in (100, 270)] == [RED, BLUE]
    assert tuple(sheet[356, 100]) == RED
    below = sheet[12 + 160 : 12 + 160 + 84, 12:172]
    assert below.max() > 200  # there is writing


@pytest.mark.parametrize(("size", "shown"), [((64, 64), 160), ((256, 256), 256), ((512, 1024), 320)])
def test_small_images_are_enlarged_and_large_ones_made_smaller(size, shown):
    sheet = contact_sheet([Cell(image(RED, *size), "frame 0", "")])
    assert (sheet == RED).all(2).sum() == shown * round(size[0] * shown / size[1])


def test_a_text_of_any_length_stays_below_its_own_image():
    texts = ["word " * 300, "\x01\x1b[31m\u202e", "x" * 3000, "赤い城と狐" * 100, "\n\n a \t b", "", "🦊"]
    sheet = contact_sheet([Cell(image(RED), "frame 0", text) for text in texts])
    gaps = [sheet[:, 173 + column * 172 : 183 + column * 172] for column in range(3)]
    assert all((gap == gap[0, 0]).all() for gap in gaps)


def test_of_a_word_without_an_end_only_what_is_shown_is_laid_out(monkeypatch):
    laid_out = []

    class Counted(FreeTypeFont):
        def getlength(self, text, *more):
            laid_out.append(len(text))
            return super().getlength(text, *more)

    monkeypatch.setattr("PIL.ImageFont.FreeTypeFont", Counted)
    contact_sheet([Cell(image(RED), "frame 0", "x" * 100_000)])
    assert 0 < sum(laid_out) < 50_000
