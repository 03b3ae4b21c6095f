"""When something ends, as people write it: `30d`, `1d12h`, `2027-01-31`, `never`."""

import re
from datetime import UTC, datetime, timedelta

from dreamreel.errors import InputError

LONGEST = timedelta(days=36_525)
_DURATION = re.compile(
    r"(?:(?P<weeks>\d{1,6})w)?(?:(?P<days>\d{1,6})d)?(?:(?P<hours>\d{1,6})h)?(?:(?P<minutes>\d{1,6})m)?", re.ASCII
)
_EXAMPLES = "30d, 12h, 1d12h, a date such as 2027-01-31, or never"


def end_of(text: str, now: datetime) -> datetime | None:
    """The time that text names, from now on; None for never. A date is its first moment, in UTC unless it says another.

    Raises InputError for what is no time, not in the future, or further away than LONGEST.
    """
    plain = text.strip()
    if plain.lower() == "never":
        return None
    end = _after(plain.lower(), now) or _date(plain)
    if end is None:
        raise InputError("expires", f'must be {_EXAMPLES}, got "{text[:40]}"')
    if not now < end <= now + LONGEST:
        raise InputError("expires", f'must lie ahead, by a hundred years at most, got "{text[:40]}"; use {_EXAMPLES}')
    return end


def _after(text: str, now: datetime) -> datetime | None:
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        return None
    wanted = timedelta(**{unit: int(number) for unit, number in match.groupdict(default="0").items()})
    return now + min(wanted, 2 * LONGEST)  # past the years that there are, a date cannot be written


def _date(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
