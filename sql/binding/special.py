"""Functions that are syntax, or whose meaning is settled while binding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sql.binding.arguments import no_function
from sql.binding.coercion import TEXTUAL, coerce, common_type, settled
from sql.binding.operators import comparable
from sql.binding.text_casts import text_of
from sql.binding.time_parts import date_part, date_trunc, make_interval, timezone
from sql.binding.values import Bound
from sql.duckdb_types import duckdb_type, literal_text
from sql.errors import FeatureNotSupported, InvalidParameterValue
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.binding.context import Binding


def _of_common_type(name: str) -> Callable[[Binding, Sequence[Bound], int | None], Bound]:
    def handle(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
        if not given:
            raise no_function(name, given, position)
        target = common_type(given, name.upper())
        texts = ", ".join(coerce(binding, value, target).sql for value in given)
        return Bound(f"{name}({texts})", target, name, names_strongly=True, position=position)

    return handle


def _nullif(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    if len(given) != 2:
        raise no_function("nullif", given, position)
    one, other = comparable(binding, "=", given[0], given[1])
    value = settled(binding, coerce(binding, given[0], one.type) if given[0].is_unknown else given[0])
    sql = f"(CASE WHEN {one.sql} = {other.sql} THEN NULL ELSE {value.sql} END)"
    return Bound(sql, value.type, "nullif", names_strongly=True, position=position)


def _start_of_transaction(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    return _moment(binding, given, position, "now", "transaction_timestamp")


def _start_of_statement(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    return _moment(binding, given, position, "statement_timestamp", "statement_timestamp")


def _moment(binding: Binding, given: Sequence[Bound], position: int | None, value: str, name: str) -> Bound:
    if given:
        raise no_function(name, given, position)
    sql = f"make_timestamptz(CAST({binding.session_value(value)} AS BIGINT))"
    return Bound(sql, t.TIMESTAMPTZ, name, names_strongly=True, position=position)


def _typeof(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    if len(given) != 1:
        raise no_function("pg_typeof", given, position)
    oid = given[0].type.oid
    return Bound(f"CAST({oid} AS {duckdb_type(t.REGTYPE)})", t.REGTYPE, "pg_typeof", names_strongly=True)


_PLACE: Final = re.compile(r"%(?:(%)|(?:(\d+)\$)?([sIL]))")


def _format(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    """format(): its pattern is a constant wherever clients use it, so that it is taken apart here."""
    if not given or given[0].constant is None:
        raise FeatureNotSupported("format() with a pattern that is not a constant is not supported", position=position)
    pattern = given[0].constant
    if "%" in _PLACE.sub("", pattern):
        raise FeatureNotSupported("this pattern of format() is not supported", position=position)
    parts: list[str] = []
    at = used = 0
    for place in _PLACE.finditer(pattern):
        parts.append(literal_text(pattern[at : place.start()] + ("%" if place[1] else "")))
        at = place.end()
        if place[1]:
            continue
        used = int(place[2]) if place[2] else used + 1
        if not 0 < used < len(given):
            raise InvalidParameterValue("too few arguments for format()", position=position)
        parts.append(_formatted(binding, given[used], place[3]))
    parts.append(literal_text(pattern[at:]))
    return Bound(f"({' || '.join(parts)})", t.TEXT, "format", names_strongly=True, position=position)


def _formatted(binding: Binding, value: Bound, how: str) -> str:
    value = settled(binding, value)
    text = value.sql if value.type.oid in TEXTUAL else text_of(binding, value.sql, value.type)
    match how:
        case "s":
            return f"coalesce({text}, '')"
        case "I":
            return f"silt_quote_ident({text})"
        case _:
            return f"coalesce('''' || replace({text}, '''', '''''') || '''', 'NULL')"


def _make_interval(binding: Binding, given: Sequence[Bound], position: int | None) -> Bound:
    made = make_interval(binding, given, ())
    if made is None:
        raise no_function("make_interval", given, position)
    return made


SPECIAL: Final[dict[str, Callable[[Binding, Sequence[Bound], int | None], Bound]]] = {
    "coalesce": _of_common_type("coalesce"),
    "greatest": _of_common_type("greatest"),
    "least": _of_common_type("least"),
    "nullif": _nullif,
    "transaction_timestamp": _start_of_transaction,
    "statement_timestamp": _start_of_statement,
    "pg_typeof": _typeof,
    "format": _format,
    "date_part": date_part,
    "date_trunc": date_trunc,
    "make_interval": _make_interval,
    "timezone": timezone,
}
"""By name; called only without FILTER and OVER."""
