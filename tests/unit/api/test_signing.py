"""Addresses that are keys."""

from hypothesis import given
from hypothesis import strategies as st

from dreamreel.api.http.signing import DAY_S, Signer, expiry

PARTS = st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=20), min_size=1, max_size=4)


@given(PARTS, PARTS)
def test_a_tag_fits_what_it_was_made_of_and_nothing_else(parts, others):
    signer = Signer("secret")
    tag = signer.tag(*parts)
    assert signer.fits(tag, *parts)
    assert signer.fits(tag, *others) == (parts == others)
    assert not Signer("another").fits(tag, *parts)


@given(st.text(max_size=60))
def test_a_tag_that_was_made_up_never_fits(tag):
    assert not Signer("secret").fits(tag, "output", "p1", "123")


def test_tags_are_safe_in_a_path():
    assert all(
        character.isalnum() or character in "-_" for n in range(50) for character in Signer("s").tag("stream", str(n))
    )


@given(PARTS, PARTS, st.integers(0, 3000))
def test_a_key_opens_what_it_was_made_for_until_its_time_is_over_and_nothing_else(parts, others, hours):
    signer = Signer("secret")
    key = signer.key(hours, *parts)
    until, tag = int(key.partition("-")[0]), key.partition("-")[2]
    assert signer.opens(key, *parts)
    assert signer.opens(key, *others) == (parts == others)
    assert signer.opens(key, *parts, now=until - 1)
    assert not signer.opens(key, *parts, now=until)
    assert not signer.opens(f"{until + 1}-{tag}", *parts)
    assert not signer.opens(tag, *parts)


def test_an_address_stays_the_same_all_day_and_works_as_long_as_promised():
    noon = 20_000 * DAY_S + DAY_S // 2
    assert expiry(24, noon) == expiry(24, noon + 3600)
    for now in range(noon, noon + DAY_S, 997):
        assert 24 * 3600 < expiry(24, now) - now <= 48 * 3600
