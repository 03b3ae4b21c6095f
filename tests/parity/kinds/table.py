"""THE table of golden files: what each is called under its folder, and what makes cases of it."""

from tests.parity.case import Kind
from tests.parity.kinds import schedules

KINDS: dict[str, Kind] = {
    "schedules/cases.json": schedules.cases,
    "schedules/interp_methods.json": schedules.interp_cases,
}
