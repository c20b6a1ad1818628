"""Expressions that raise nothing, of those that may."""

from __future__ import annotations

import pytest

from sql.binding.macros import BINDER_MACROS, RAISING_MACROS
from sql.binding.quiet import quiet


def test_every_macro_that_raises_has_one_that_does_not() -> None:
    """Nothing that is called by a quiet macro calls error() in its turn."""
    quiet_ones = [macro for macro in BINDER_MACROS if macro.startswith("CREATE MACRO silt_quiet_")]
    assert len(quiet_ones) == len(RAISING_MACROS)
    assert not [macro for macro in quiet_ones if "error(" in macro]
    assert not [macro for macro in quiet_ones if quiet(macro, RAISING_MACROS) != macro]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("silt_age(a, b)", "silt_quiet_age(a, b)"),
        ("silt_joined(a)", "silt_joined(a)"),
        ("'silt_age(' || \"error(\"", "'silt_age(' || \"error(\""),
        ("CASE WHEN a THEN error('it''s (' || f(a)) ELSE a END", "CASE WHEN a THEN NULL ELSE a END"),
    ],
)
def test_what_raises_is_null(sql: str, expected: str) -> None:
    """Calls of error() are NULL, calls of macros that make them are those of quiet ones; texts and names stay."""
    assert quiet(sql, RAISING_MACROS) == expected


def test_what_is_to_stay_stays() -> None:
    """What a query is grouped by keeps its text, also within a larger expression."""
    group = "trunc(silt_date_to_moment(d))"
    assert quiet(f"silt_age({group}, silt_age(d, e))", RAISING_MACROS, [group]) == (
        f"silt_quiet_age({group}, silt_quiet_age(d, e))"
    )
