"""`dreamreel token`: how long a token works, what it may do, whose account it opens."""

from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from dreamreel.cli.ends import end_of
from dreamreel.cli.main import app
from dreamreel.cli.store import open_store
from dreamreel.errors import InputError
from dreamreel.predictions.accounts import digest_of
from dreamreel.settings import Settings

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def token(tmp_path):
    def run(*arguments):
        return CliRunner().invoke(app, ["token", *arguments, "--data", str(tmp_path)], env={"COLUMNS": "400"})

    return run


def rows(listed):
    return [line.split("\t") for line in listed.stdout.splitlines()]


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("30d", NOW + timedelta(days=30)),
        ("2w", NOW + timedelta(days=14)),
        (" 12H ", NOW + timedelta(hours=12)),
        ("1d12h30m", NOW + timedelta(days=1, hours=12, minutes=30)),
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T12:00+02:00", datetime(2027, 1, 31, 10, tzinfo=UTC)),
        ("never", None),
    ],
)
def test_an_end_is_written_as_people_write_it(text, end):
    assert end_of(text, NOW) == end


@pytest.mark.parametrize(
    "text", ["", "30", "d", "30 days", "-5d", "1.5d", "tomorrow", "30d\n1h", "٣d", "12h1d", "9999999d"]
)
def test_what_is_no_time_is_refused_with_examples(text):
    with pytest.raises(InputError, match="must be 30d, 12h, 1d12h, a date such as 2027-01-31, or never, got"):
        end_of(text, NOW)


@pytest.mark.parametrize(
    "text", ["0d", "2026-01-02", "2025-12-31", "999999d", "999999w999999d", "9999-12-31T23:59-23:59"]
)
def test_what_is_over_or_beyond_a_hundred_years_is_refused(text):
    with pytest.raises(InputError, match="must"):
        end_of(text, NOW)


def test_a_token_is_made_as_it_was_asked_for_and_listed_so(token, tmp_path):
    made = token("create", "--name", "ci", "--expires", "30d", "--read-only")
    assert made.exit_code == 0, made.output
    text = made.stdout.strip()
    kept = open_store(Settings(data=tmp_path)).token(digest_of(text))
    assert kept.read_only
    assert kept.expires_at - kept.created_at == timedelta(days=30)
    end = f"{kept.expires_at:%Y-%m-%d %H:%M}"
    assert f"It works until {end} UTC." in made.stderr
    (row,) = rows(token("list"))
    assert row == [kept.id, f"{kept.created_at:%Y-%m-%d %H:%M}", f"expires {end}", "read-only", "-", "ci"]


def test_a_plain_token_reads_and_writes_for_ever(token):
    assert token("create", "--name", "me").exit_code == 0
    assert rows(token("list"))[0][2:] == ["never expires", "read-write", "-", "me"]


def test_a_token_of_anothers_account_belongs_to_the_same_owner(token):
    token("create", "--name", "anna")
    (first,) = rows(token("list"))
    for name, account in (("dashboard", first[0]), ("local", "local")):
        assert token("create", "--name", name, "--read-only", "--account", account).exit_code == 0
    dashboard, local = rows(token("list"))[1:]
    assert (dashboard[4], local[4]) == (first[0], "local")
    token("create", "--name", "third", "--account", dashboard[0])
    assert rows(token("list"))[3][4] == first[0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--expires", "soon"],
            'error: expires: must be 30d, 12h, 1d12h, a date such as 2027-01-31, or never, got "soon"',
        ),
        (["--account", "x"], "error: account: there is no token x; `dreamreel token list` shows them"),
    ],
)
def test_a_wrong_option_makes_no_token(token, options, sentence):
    made = token("create", *options)
    assert (made.exit_code, made.stderr.strip(), made.stdout) == (2, sentence, "")
    assert token("list").stdout == ""
