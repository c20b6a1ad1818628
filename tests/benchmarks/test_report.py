"""What the benchmarks make of their figures."""

from __future__ import annotations

import pytest

from benchmarks.case import Outcome
from benchmarks.cases.point import PointSelect
from benchmarks.cases.query import GroupBy
from benchmarks.demo.tour import cells_of
from benchmarks.report import figure, percentile, ratio, table
from benchmarks.suite import suite


def test_above_one_is_better_for_rates_and_for_times() -> None:
    """Twice the rate and half the time are both 2."""
    rate = Outcome(PointSelect(1, cold=False), {"siltdb": [200.0, 100.0, 300.0], "postgres": [100.0]})
    time = Outcome(GroupBy(cold=True), {"siltdb": [5.0], "postgres": [10.0]})
    assert (ratio(rate), ratio(time)) == (2, 2)
    assert ratio(Outcome(GroupBy(cold=True), {"siltdb": [5.0]})) is None


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    """The smallest that so many of the values do not exceed."""
    assert percentile(list(range(100, 0, -1)), share) == value


def test_many_rounds_show_their_99th_percentile() -> None:
    """The slowest of 20 is seen beside the median."""
    assert figure([1.0] * 19 + [50.0]) == "1 (p99 50)"
    assert figure([1.0, 3.0, 2.0]) == "2"
    assert figure([48_712.4]) == "48,712"


def test_the_table_is_markdown_and_tells_what_failed() -> None:
    """A row a case, as many cells in each."""
    done = Outcome(PointSelect(1, cold=False), {"siltdb": [200.0], "postgres": [100.0]})
    lines = table([done, Outcome(GroupBy(cold=True), failure="Error: broken")]).splitlines()
    assert len(lines) == 4
    assert len({line.count("|") for line in lines}) == 1
    assert "2.00 ×" in lines[2]
    assert "failed: Error: broken" in lines[3]


def test_cases_have_names_of_their_own() -> None:
    """`--only` and the JSON tell cases apart by name."""
    names = [case.name for case in suite()]
    assert len(names) == len(set(names))


def test_the_tour_reads_psql_s_tables() -> None:
    """Cells without their padding, empty ones for NULL, and nothing from a command's tag or a notice."""
    printed = "NOTICE:  a | b\n a |  b  \n---+-----\n 1 | one\n 2 | \n(2 rows)\n"
    assert cells_of(printed) == [["1", "one"], ["2", ""]]
    assert cells_of(" c \n---\n(0 rows)\n") == []
    assert cells_of("UPDATE 5\n") == []
