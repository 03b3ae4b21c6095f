"""Addresses of receivers: one form for each, whatever people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamreel.errors import InputError
from dreamreel.webhooks.receivers import normal, split_user, without_password


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://exämple.invalid/ü", "https://xn--exmple-cua.invalid/%C3%BC"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ("https://host/käse?ö=ß&a=%20%zz#part", "https://host/k%C3%A4se?%C3%B6=%C3%9F&a=%20%25zz"),
        ("HTTPS://Example.COM", "https://example.com/"),
        ("https://example.com.:8443/A/../b", "https://example.com:8443/A/../b"),
        ("https://例え。テスト/", "https://xn--r8jz45g.xn--zckzah/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://my_service.internal/x", "https://my_service.internal/x"),
        ("http://2130706433/x", "http://127.0.0.1/x"),
        ("http://0x7f000001/x", "http://127.0.0.1/x"),
        ("http://0x7F.1/x", "http://127.0.0.1/x"),
        ("http://127.1/x", "http://127.0.0.1/x"),
        ("http://017700000001/x", "http://127.0.0.1/x"),
        ("http://１２７.０.０.１/x", "http://127.0.0.1/x"),
        ("http://127.0.0.1./x", "http://127.0.0.1/x"),
        ("http://[::FFFF:127.0.0.1]:9/x", "http://[::ffff:7f00:1]:9/x"),
        ("http://localhost.:8001/x", "http://localhost:8001/x"),
        ("https://us er@h/".replace(" ", "%20"), "https://us%20er@h/"),
        ("https://üser:p@ss:wörd@h/", "https://%C3%BCser:p%40ss%3Aw%C3%B6rd@h/"),
        ("https://h/a|b\"<>^`{}'[]", "https://h/a%7Cb%22%3C%3E%5E%60%7B%7D'[]"),
    ],
)
def test_an_address_has_one_form_however_it_is_written(written, kept):
    assert normal(written) == kept
    assert normal(kept) == kept


@pytest.mark.parametrize(
    "address",
    [
        "", "x", "ftp://h/", "//h/", "https:///x", "https://h:0/", "https://h:99999/", "https://h:x/", "https://[::1/",
        "https://[::1%25eth0]/", "https://[1.2.3.4]/", "https://a b/", "https://a\n.example/", "https://a\\@b/",
        "https://h/\x7f", "https://h/\u0085", "https://a..b/", "https://-a.example/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 127 + "aa/", "https://256.1.1.1/", "https://1.2.3.4.5/", "https://0x/", "https://09.1/",
        "https://a%62c/",
        "https://xn--\u00fc/", "https://\u2100.example/", "https://💩.example/", "https://h/" + "x" * 2000, "https://\ud800/",
        "https://h/\ud800", "https://@/", "https://user@/", "javascript:alert(1)", "https://.", "https://a\u3002\u3002b/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_sentence(address):
    with pytest.raises(InputError, match=r"^webhook: must "):
        normal(address)


def test_a_user_becomes_an_authorization_and_a_password_is_never_shown():
    url, authorization = split_user(normal("https://üser:p:w@example.com:8443/x?y"))
    assert (url, authorization) == ("https://example.com:8443/x?y", "Basic w7xzZXI6cDp3")
    assert split_user("https://me@h/") == ("https://h/", "Basic bWU6")
    assert split_user("https://h/a@b") == ("https://h/a@b", None)
    assert without_password("https://me:secret@h/x") == "https://me:***@h/x"
    assert without_password("https://me@h/x") == "https://me@h/x"
    assert without_password("https://h/x?a=b@c:d") == "https://h/x?a=b@c:d"


@given(st.text(max_size=40), st.sampled_from(["https://{}", "http://{}/", "https://h/{}", "https://{}@h:9/?{}", "{}"]))
def test_any_text_is_refused_or_gets_a_form_that_stays_and_is_ascii(text, shape):
    try:
        kept = normal(shape.replace("{}", text))
    except InputError:
        return
    assert kept.isascii()
    assert kept.isprintable()
    assert " " not in kept
    assert normal(kept) == kept
    assert "@" not in split_user(kept)[0].partition("://")[2].partition("/")[0]
