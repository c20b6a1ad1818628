"""Flush policies as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.catalog_entries import Table
from storage.flush_policy import FlushPolicy, policy_of
from storage.units import UnitError


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("rows:10000,interval:300s,bytes:64MB", FlushPolicy(10_000, 300_000_000, 64 << 20)),
        ("rows:1", FlushPolicy(rows=1)),
        (" Interval : 1h 30min ", FlushPolicy(interval_us=5_400_000_000)),
        ("bytes:512B , rows:7", FlushPolicy(rows=7, bytes=512)),
        ("none", FlushPolicy()),
        ("NONE", FlushPolicy()),
    ],
)
def test_a_policy_is_read(text: str, policy: FlushPolicy) -> None:
    """Any of the three limits, in any order and case; `none` is no policy."""
    assert FlushPolicy.parse(text) == policy
    assert bool(policy) is (text.strip().lower() != "none")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not a flush policy, as 'rows:10000,interval:300s,bytes:64MB' or 'none'"),
        ("rows", "'rows' is not a flush policy"),
        ("rows:10,", "is not a flush policy"),
        ("none,rows:10", "is not a flush policy"),
        ("files:3", "is not a flush policy"),
        ("rows:0", "rows of a flush policy must be a number from 1 up, as 'rows:10000', not '0'"),
        ("rows:-5", "rows of a flush policy must be a number"),
        ("rows:1e3", "rows of a flush policy must be a number"),
        ("rows:\u0663", "rows of a flush policy must be a number"),
        ("rows:99999999999999999999", "rows of a flush policy must be a number"),
        ("rows:1,rows:2", "says rows twice"),
        ("interval:5", "'5' is not a duration, as '300s'"),
        ("interval:0", "interval of a flush policy must be from 100ms to 3650d, not '0'"),
        ("bytes:64", "'64' is not a size, as '64MB'"),
        ("bytes:0", "bytes of a flush policy must be 1B or more, not '0'"),
    ],
)
def test_nonsense_is_refused(text: str, message: str) -> None:
    """What is wrong is said, with an example of what is right."""
    with pytest.raises(UnitError) as raised:
        FlushPolicy.parse(text)
    assert message in str(raised.value)


@given(
    st.builds(
        FlushPolicy,
        st.none() | st.integers(1, 1 << 62),
        st.none() | st.integers(100_000, 10**14),
        st.none() | st.integers(1, 1 << 50),
    )
)
def test_a_policy_reads_back_what_it_writes(policy: FlushPolicy) -> None:
    """`str` and `parse` are inverse."""
    assert FlushPolicy.parse(str(policy)) == policy


def test_a_table_has_its_own_policy_or_the_default() -> None:
    """`none` turns the default off, and a stream table never has one."""
    default = FlushPolicy(rows=5)

    def table(**options: str) -> Table:
        return Table(1, "public", "t", "alice", (), options=options)

    assert policy_of(table(), default) == default
    assert policy_of(table(flush_policy="rows:3"), default) == FlushPolicy(rows=3)
    assert not policy_of(table(flush_policy="none"), default)
    assert not policy_of(table(type="stream", ttl="1h"), default)
