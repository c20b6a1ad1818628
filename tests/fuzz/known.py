"""Differences that are meant: each rule names the line of docs/compatibility.md that tells of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzz.outcome import Outcome

_NOT_HERE: Final = "What is not accepted raises an error (mostly `0A000`) and is not listed"
_CANCELLED: Final = "57014"


def known(statement: str, ours: Outcome, theirs: Outcome, difference: str) -> str:
    """The line of docs/compatibility.md, or another reason, for which two outcomes may differ; else nothing."""
    for reason, applies in _RULES:
        if applies(statement, ours, theirs, difference):
            return reason
    return ""


def _is_refused(_statement: str, ours: Outcome, _theirs: Outcome, _difference: str) -> bool:
    return ours.sqlstate == "0A000" or (ours.sqlstate == "42883" and ours.message.startswith("function "))


def _took_too_long(_statement: str, ours: Outcome, theirs: Outcome, _difference: str) -> bool:
    return _CANCELLED in (ours.sqlstate, theirs.sqlstate)


def _other_of_several_errors(_statement: str, ours: Outcome, theirs: Outcome, _difference: str) -> bool:
    return ours.sqlstate[:2] == theirs.sqlstate[:2] == "22"


def _too_many_digits(statement: str, ours: Outcome, _theirs: Outcome, _difference: str) -> bool:
    word = r"numeric|sum\(|extract|avg|var|std|::bigint|'\d{16}|\.[nl]\b"
    return ours.sqlstate == "22003" and re.search(word, statement) is not None


def _fills_nothing(statement: str, _ours: Outcome, theirs: Outcome, _difference: str) -> bool:
    return "array_fill" in statement and (theirs.sqlstate[:2] == "22" or "42883" in _ours.sqlstate)


def _open_call(_statement: str, _ours: Outcome, theirs: Outcome, _difference: str) -> bool:
    return theirs.sqlstate == "42725" or "because input has type unknown" in theirs.message


def _untaken(statement: str, ours: Outcome, theirs: Outcome, _difference: str) -> bool:
    """Whether an error is in a part of a statement that only one of them computes."""
    if theirs.sqlstate[:2] == "22" and not ours.sqlstate:
        return (
            re.search(r"null|case|coalesce| from | and | or |\[\d|\(0\)|array_|infinity|'\[\]'", statement) is not None
        )
    return "22" in (ours.sqlstate[:2], theirs.sqlstate[:2]) and re.search(r"null|infinity", statement) is not None


def _case_of_unicode(statement: str, _ours: Outcome, _theirs: Outcome, difference: str) -> bool:
    return difference == "rows" and re.search(r"upper|lower|initcap|ilike|~\*", statement) is not None


def _key_twice(statement: str, _ours: Outcome, _theirs: Outcome, _difference: str) -> bool:
    return re.search(r"\bj\b|::json\b", statement) is not None


def _computed_digits(statement: str, _ours: Outcome, _theirs: Outcome, difference: str) -> bool:
    return (
        difference == "rows"
        and re.search(r"exp\(|ln\(|log|sqrt|pow|\^|/|avg|scale|to_number|numeric", statement) is not None
    )


def _like_of_bytes(_statement: str, ours: Outcome, _theirs: Outcome, _difference: str) -> bool:
    return ours.sqlstate == "42883" and "bytea" in ours.message


def _character_class(statement: str, _ours: Outcome, _theirs: Outcome, difference: str) -> bool:
    return (
        difference == "rows"
        and re.search(r"\[\[:alpha|similar|\\\\s|~\\*", statement) is not None
        and not statement.isascii()
    )


def _zone_of_digits(statement: str, ours: Outcome, _theirs: Outcome, _difference: str) -> bool:
    return ours.sqlstate == "22023" and ("+03" in statement or "EST5EDT" in statement)


def _last_digit(statement: str, _ours: Outcome, _theirs: Outcome, difference: str) -> bool:
    return difference == "rows" and re.search(r"stddev|var_|variance|covar|regr_", statement) is not None


_RULES: Final[tuple[tuple[str, Callable[[str, Outcome, Outcome, str], bool]], ...]] = (
    (_NOT_HERE, _is_refused),
    ("a statement that takes longer than its timeout", _took_too_long),
    ("which of several wrong values is met first", _other_of_several_errors),
    ("`array_fill` with a size that is negative or NULL raises no error", _fills_nothing),
    ("A call with open arguments for which several functions stand takes the preferred types", _open_call),
    ("Of an expression that is NULL anyway the rest may not be computed", _untaken),
    ("`upper`, `lower`, `initcap`, ILIKE and `~*` know Unicode all the same", _case_of_unicode),
    ("Functions see the last one of equal keys of a json", _key_twice),
    ("A quotient of numerics, `avg`, … have 16 digits after the point", _computed_digits),
    ("There is no LIKE of bytea", _like_of_bytes),
    ("Character classes and case are Unicode's", _character_class),
    ("`TimeZone` is the name of a zone", _zone_of_digits),
    ("These, and other aggregates of double precision, can differ in the last digit", _last_digit),
    ("`numeric` has at most 38 digits", _too_many_digits),
)
