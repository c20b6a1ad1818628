"""When schedules fire."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.schedules.errors import InvalidSchedule
from jobs.schedules.timing import Cron, Every, comes_again, due, iso
from tests.jobs.schedules.scheduling import moment


def fires(cron: Cron, start: str, count: int) -> list[str]:
    """The first fire times after a moment."""
    found, at_us = [], moment(start)
    for _ in range(count):
        next_us = cron.after(at_us)
        assert next_us is not None
        found.append(iso(next_us))
        at_us = next_us
    return found


@pytest.mark.parametrize(
    ("cron", "considered", "now", "again"),
    [
        ("*/5 * * * *", 60, 0, True),
        ("*/5 * * * *", 10, 0, True),
        ("*/5 * * * *", 9, 0, False),
        ("0 * * * *", 60, 0, False),
        ("0 * * * *", 120, 0, True),
        ("0 2 * * *", 24 * 60, 23 * 60, False),
        ("0 2 * * *", 72 * 60, 0, True),
        ("*/5 * * * *", 0, 60, False),
    ],
)
def test_times_come_again_that_would_be_missed_more_than_once(cron: str, considered: int, now: int, again: bool):
    """In minutes: what had been seen to, and to when the clock was set back."""
    assert comes_again(Cron.parse(cron), considered * 60_000_000, now * 60_000_000) is again


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*/20 * * * *", ["2026-01-30T10:20:00Z", "2026-01-30T10:40:00Z", "2026-01-30T11:00:00Z"]),
        ("0 2 * * *", ["2026-01-31T02:00:00Z", "2026-02-01T02:00:00Z"]),
        ("30 8 * * MON-FRI", ["2026-02-02T08:30:00Z", "2026-02-03T08:30:00Z"]),
        ("0 0 31 * *", ["2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z"]),
        ("0 0 29 feb *", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
        ("0 12 1,15 * *", ["2026-02-01T12:00:00Z", "2026-02-15T12:00:00Z"]),
        ("  5   4 * * sun ", ["2026-02-01T04:05:00Z", "2026-02-08T04:05:00Z"]),
    ],
)
def test_cron_has_five_fields_and_names(text: str, expected: list[str]) -> None:
    """Minutes, hours, days, months and weekdays, by number or name."""
    assert fires(Cron.parse(text), "2026-01-30T10:01:30", len(expected)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'invalid cron expression ""'),
        ("* * * *", 'invalid cron expression "* * * *"'),
        ("0 * * * * *", 'invalid cron expression "0 * * * * *"'),
        ("@daily", 'invalid cron expression "@daily"'),
        ("@every 10s", 'invalid cron expression "@every 10s"'),
        ("60 * * * *", 'invalid cron expression "60 * * * *": bad minute'),
        ("* 24 * * *", ": bad hour"),
        ("* * 0 * *", ": bad day-of-month"),
        ("* * * 13 *", ": bad month"),
        ("* * * * 8", ": bad day-of-week"),
        ("*/0 * * * *", ": bad minute"),
        ("5-1 * * * *", ": bad minute"),
        ("a * * * *", ": bad minute"),
        ("0 0 30 2 *", ": bad day-of-month"),
        ("0 0 * * MON" + "," * 300, "longer than 200 characters"),
    ],
)
def test_nonsense_is_refused(text: str, message: str) -> None:
    """Seconds, nicknames, and what is out of range: said with the field that is wrong."""
    with pytest.raises(InvalidSchedule) as raised:
        Cron.parse(text)
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "../etc/passwd", "/etc/localtime", "America", "UTC+1\0"])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    """As PostgreSQL says it."""
    with pytest.raises(InvalidSchedule, match="not recognized"):
        Cron.parse("* * * * *", name)


def test_a_time_that_spring_skips_fires_right_after_the_gap() -> None:
    """In Paris there is no 02:30 on 2026-03-29: it fires at 03:00, which is 01:00 UTC."""
    cron = Cron.parse("30 2 * * *", "Europe/Paris")
    expected = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
    assert fires(cron, "2026-03-27T12:00:00", 3) == expected


def test_a_time_that_autumn_repeats_fires_once() -> None:
    """In Paris 02:30 comes twice on 2026-10-25: it fires the first time, whenever one asks."""
    cron = Cron.parse("30 2 * * *", "Europe/Paris")
    expected = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    assert fires(cron, "2026-10-24T12:00:00", 2) == expected
    for minute in range(0, 60, 7):
        assert fires(cron, f"2026-10-25T01:{minute:02}:00", 1) == expected[1:]


def test_what_goes_by_elapsed_time_fires_through_both_hours() -> None:
    """Every half hour is every half hour, also when the clock is set back."""
    cron = Cron.parse("*/30 * * * *", "Europe/Paris")
    found = fires(cron, "2026-10-24T23:45:00", 6)
    assert [text[11:16] for text in found] == ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30"]


ZONES = st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
FIELD = st.sampled_from(["*", "*/7", "0", "30", "2,3", "1-3", "2"])


@given(st.tuples(FIELD, FIELD), ZONES, st.integers(moment("2026-01-01"), moment("2027-12-31")))
def test_fire_times_ascend_and_the_latest_is_the_last_of_them(
    fields: tuple[str, str], zone: str, start_us: int
) -> None:
    """Each is after the one before, and `latest` of a fire time, and of just before the next, is that fire time."""
    cron = Cron.parse(f"{fields[0]} {fields[1].replace('30', '23')} * * *", zone)
    times = [start_us]
    for _ in range(4):
        next_us = cron.after(times[-1])
        assert next_us is not None
        times.append(next_us)
    assert times == sorted(set(times))
    for fire_us, next_us in pairwise(times[1:]):
        assert due(cron, fire_us - 1, fire_us) == fire_us
        assert due(cron, fire_us - 1, next_us - 1) == fire_us
        assert due(cron, fire_us, next_us - 1) is None


@given(st.text("0123456789*,-/L#W MONSUJAN", max_size=30))
def test_any_text_is_a_cron_expression_or_refused(text: str) -> None:
    """Nothing but `InvalidSchedule` comes out."""
    try:
        cron = Cron.parse(text)
    except InvalidSchedule:
        return
    assert cron.after(moment("2026-01-01")) is not None


def test_of_many_that_have_passed_the_last_is_due() -> None:
    """A server that was down for a day fires an hourly schedule once, for the last hour."""
    hourly = Cron.parse("0 * * * *")
    assert due(hourly, moment("2026-01-01T00:00"), moment("2026-01-02T07:59")) == moment("2026-01-02T07:00")
    assert due(hourly, moment("2026-01-01T00:00"), moment("2026-01-01T00:59:59.999999")) is None
    assert due(hourly, moment("2026-01-01T00:00"), moment("2026-01-01T01:00")) == moment("2026-01-01T01:00")


def test_intervals_are_the_same_for_whoever_counts() -> None:
    """They are the multiples since the epoch."""
    every = Every(10_000_000)
    assert (every.text, every.after(12_000_000), every.latest(29_999_999)) == ("@every 10s", 20_000_000, 20_000_000)
    assert every.after(20_000_000) == 30_000_000
    assert due(every, 5_000_000, 47_000_000) == 40_000_000
