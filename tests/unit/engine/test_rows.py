import pytest

from dreamreel.engine.rows import Buckets, denoise_buckets, describe, parse_rows, picture_buckets
from dreamreel.errors import InputError


@pytest.mark.parametrize("text", ["1", "3", "0", "-2", "258", "two", "", "2.0", "4 rows", "٤", "9" * 5000])
def test_rows_are_auto_or_an_even_number(text):
    with pytest.raises(InputError, match="rows: must be auto or an even number between 2 and 256"):
        parse_rows(text)
    assert (parse_rows("auto"), parse_rows(" 16 ")) == (None, 16)


def test_auto_is_two_fixed_rows_on_a_cpu_and_powers_of_two_on_a_gpu():
    assert denoise_buckets(None, "cpu") == Buckets(2, fixed=True)
    gpu = denoise_buckets(None, "cuda:1")
    assert [gpu.size(rows) for rows in (2, 4, 6, 10, 18, 32)] == [2, 4, 8, 16, 32, 32]
    assert (describe(gpu), describe(denoise_buckets(8, "cuda"))) == ("auto", 8)


def test_a_fixed_bucket_is_full_whatever_is_asked_and_draws_pictures_one_at_a_time():
    fixed = denoise_buckets(8, "cuda")
    assert [fixed.size(rows) for rows in (2, 4, 8)] == [8, 8, 8]
    assert picture_buckets(fixed) == Buckets(1, fixed=True)
    assert picture_buckets(denoise_buckets(None, "cuda")).most == 16


def test_evaluations_of_one_row_take_half_the_rows_of_guided_ones_and_as_many_predictions():
    fixed, free = denoise_buckets(8, "cuda"), denoise_buckets(None, "cuda")
    assert [(fixed.passes(rows), fixed.evaluations(1, rows)) for rows in (1, 2, 3)] == [(4, 4), (4, 4), (2, 2)]
    assert [(free.passes(rows), free.evaluations(3, rows)) for rows in (1, 2, 3)] == [(32, 4), (16, 4), (10, 5)]
    assert denoise_buckets(None, "cpu").evaluations(1, 1) == 1
