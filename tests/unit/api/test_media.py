import pytest

from dreamreel.api.media import _span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("bytes=0-3", (0, 4)),
        ("bytes=4-", (4, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=8-99", (8, 10)),
        ("bytes=10-", (10, 10)),
        ("bytes=-0", (10, 10)),
        ("", None),
        ("bytes=-", None),
        ("bytes=3-1", None),
        ("bytes=0-1,4-5", None),
        ("frames=0-1", None),
    ],
)
def test_a_range_is_read_as_rfc_9110_says(text, span):
    assert _span(text, 10) == span
