"""Durations and sizes: what is read, what is refused, and that both ways agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.units import (
    UnitError,
    about_duration,
    about_size,
    format_duration,
    format_size,
    parse_duration,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("500ms", 0.5),
        ("300s", 300),
        ("5 min", 300),
        ("5m", 300),
        ("1h 30min", 5400),
        ("1.5h", 5400),
        ("14d", 14 * 86400),
        (" 2 Hours ", 7200),
        ("250us", 0.00025),
    ],
)
def test_durations_are_read_as_seconds(text: str, seconds: float) -> None:
    """Every unit counts in seconds, whatever its case and spacing, and parts add up."""
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("512B", 512), ("64kB", 65536), ("64MB", 64 << 20), ("1.5 GB", 3 << 29), ("2tb", 2 << 40)],
)
def test_sizes_are_read_as_bytes(text: str, size: int) -> None:
    """Units are powers of 1,024, as in PostgreSQL."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", " ", "5", "s", "-5s", "5 fortnights", "5s and", "s5", "5s5", "1e3s", "٣s"])
def test_what_is_not_a_duration_is_refused_by_name(text: str) -> None:
    """A number without a unit, a sign, an unknown unit: the error names the text and says what would do."""
    with pytest.raises(UnitError, match="is not a duration, as '300s'") as caught:
        parse_duration(text)
    assert f"'{text}'" in str(caught.value)


@pytest.mark.parametrize("text", ["", "64", "64MiB", "MB", "-1MB", "64 MB x", "5s"])
def test_what_is_not_a_size_is_refused(text: str) -> None:
    """The same for sizes."""
    with pytest.raises(UnitError, match="is not a size, as '64MB'"):
        parse_size(text)


@given(st.integers(0, 10**15))
def test_a_formatted_duration_reads_back(microseconds: int) -> None:
    """What `format_duration` writes is the same duration again."""
    assert parse_duration(format_duration(microseconds / 1e6)) == pytest.approx(microseconds / 1e6)


@given(st.integers(0, 2**50))
def test_a_formatted_size_reads_back(size: int) -> None:
    """What `format_size` writes is the same size again."""
    assert parse_size(format_size(size)) == size


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 bytes"),
        (937, "937 bytes"),
        (1536, "1.5 kB"),
        (14_889_779, "14.2 MB"),
        (3 << 30, "3.0 GB"),
        (5 << 40, "5.0 TB"),
    ],
)
def test_a_size_is_told_in_round_figures(size_bytes: int, text: str) -> None:
    """People are told a size in the unit that they would choose."""
    assert about_size(size_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0072, "7 ms"), (1.84, "1.8 s"), (59.94, "59.9 s"), (200.2, "3 min 20 s")]
)
def test_a_duration_is_told_in_round_figures(seconds: float, text: str) -> None:
    """People are told a duration in the unit that they would choose."""
    assert about_duration(seconds) == text
