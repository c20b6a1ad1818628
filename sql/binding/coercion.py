"""From one type to another: which casts there are, and how DuckDB is told to make them as PostgreSQL does.

The three ways are PostgreSQL's (pg_cast.castcontext): implicit casts happen in expressions, assignment casts also when
a value is stored in a column, explicit ones only where they are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec.structs import replace

from sql.binding.casts import cast_sql
from sql.binding.constants import null_constant, typed_constant
from sql.binding.digits import constant_digits, is_numeric
from sql.binding.elements import array_element
from sql.binding.object_names import oid_meant
from sql.binding.values import decades_of
from sql.duckdb_types import literal_text
from sql.errors import CannotCoerce, DatatypeMismatch, UndefinedFunction
from storage import types as t
from storage.types import SqlType, element_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding
    from sql.binding.values import Bound

Way = Literal["implicit", "assignment", "explicit"]

INTEGERS: Final = (t.SMALLINT.oid, t.INTEGER.oid, t.BIGINT.oid)
NUMBERS: Final = (*INTEGERS, t.NUMERIC.oid, t.REAL.oid, t.DOUBLE.oid)
STRINGS: Final = (t.TEXT.oid, t.VARCHAR.oid, t.CHAR.oid, t.NAME.oid)
TEXTUAL: Final = (*STRINGS, t.INTERNAL_CHAR.oid)
REGS: Final = (t.REGCLASS.oid, t.REGTYPE.oid, t.REGPROC.oid, t.REGNAMESPACE.oid, t.REGROLE.oid)
OIDS: Final = (t.OID.oid, *REGS)
JSONS: Final = (t.JSON.oid, t.JSONB.oid)
MOMENTS: Final = (t.DATE.oid, t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid)

_IMPLICIT: Final[dict[int, frozenset[int]]] = {
    t.SMALLINT.oid: frozenset({*NUMBERS, *OIDS}),
    t.INTEGER.oid: frozenset({*NUMBERS, *OIDS} - {t.SMALLINT.oid}),
    t.BIGINT.oid: frozenset({t.BIGINT.oid, t.NUMERIC.oid, t.REAL.oid, t.DOUBLE.oid, *OIDS}),
    t.NUMERIC.oid: frozenset({t.REAL.oid, t.DOUBLE.oid}),
    t.REAL.oid: frozenset({t.DOUBLE.oid}),
    t.DATE.oid: frozenset({t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid}),
    t.TIMESTAMP.oid: frozenset({t.TIMESTAMPTZ.oid}),
    t.TIME.oid: frozenset({t.INTERVAL.oid}),
    t.TEXT.oid: frozenset({*STRINGS, t.REGCLASS.oid}),
    t.VARCHAR.oid: frozenset({*STRINGS, t.REGCLASS.oid}),
    t.CHAR.oid: frozenset(STRINGS),
    t.NAME.oid: frozenset({t.TEXT.oid}),
    t.INTERNAL_CHAR.oid: frozenset({t.TEXT.oid}),
    t.OID.oid: frozenset({*OIDS, t.BIGINT.oid}),
    **{oid: frozenset({t.OID.oid, t.BIGINT.oid}) for oid in REGS},
}
_ASSIGNMENT: Final[dict[int, frozenset[int]]] = {
    **{oid: frozenset(NUMBERS) for oid in NUMBERS},
    t.TIMESTAMP.oid: frozenset({t.DATE.oid, t.TIME.oid}),
    t.TIMESTAMPTZ.oid: frozenset({t.DATE.oid, t.TIME.oid, t.TIMESTAMP.oid}),
    t.INTERVAL.oid: frozenset({t.TIME.oid}),
    t.OID.oid: frozenset({t.INTEGER.oid}),
    **{oid: frozenset({t.INTEGER.oid}) for oid in REGS},
    t.JSON.oid: frozenset({t.JSONB.oid}),
    t.JSONB.oid: frozenset({t.JSON.oid}),
    **{oid: frozenset({t.INTERNAL_CHAR.oid, t.NAME.oid}) for oid in STRINGS},
}
_EXPLICIT: Final[dict[int, frozenset[int]]] = {
    t.INTEGER.oid: frozenset({t.BOOLEAN.oid, t.INTERNAL_CHAR.oid}),
    t.BOOLEAN.oid: frozenset({t.INTEGER.oid}),
    t.INTERNAL_CHAR.oid: frozenset({t.INTEGER.oid}),
    t.JSONB.oid: frozenset({t.BOOLEAN.oid, *NUMBERS}),
}
_CONTEXTS: Final[dict[Way, tuple[dict[int, frozenset[int]], ...]]] = {
    "implicit": (_IMPLICIT,),
    "assignment": (_IMPLICIT, _ASSIGNMENT),
    "explicit": (_IMPLICIT, _ASSIGNMENT, _EXPLICIT),
}


def can_coerce(source: SqlType, target: SqlType, way: Way = "implicit") -> bool:
    """Whether there is a cast that works in that way."""
    if source.oid in (target.oid, t.UNKNOWN.oid):
        return True
    if any(target.oid in table.get(source.oid, ()) for table in _CONTEXTS[way]):
        return True
    source_element, target_element = array_element(source), element_of(target)
    if source_element is not None and target_element is not None:
        return can_coerce(source_element, target_element, way)
    # Every type converts to and from text by its input and output functions.
    if target.oid in STRINGS:
        return way != "implicit" and source.oid not in (t.RECORD.oid, t.VOID.oid)
    return way == "explicit" and source.oid in STRINGS


def coerce(binding: Binding, value: Bound, target: SqlType, way: Way = "implicit") -> Bound:
    """The expression as a value of another type. Raises `CannotCoerce` where there is no such cast.

    A parameter without a type gets this one; a string constant is read as the type reads its input.
    """
    if value.is_unknown:
        return _settle(binding, value, target, way)
    if value.type == target:
        return value
    if not can_coerce(value.type, target, way):
        raise CannotCoerce(f"cannot cast type {value.type.unmodified} to {target.unmodified}", position=value.position)
    sql = cast_sql(binding, value.sql, value.type, target, explicit=way == "explicit")
    return replace(
        value.computed(sql, target),
        scale=_digits_of_cast(value, target),
        decades=value.reach if target.oid in (t.REAL.oid, t.DOUBLE.oid) else None,
    )


def _digits_of_cast(value: Bound, target: SqlType) -> int | None:
    """Digits after the point of what becomes a numeric: its own, and of texts and floats those of a column."""
    if not is_numeric(target) or (element_of(target) or target).modifier >= 4:
        return None
    source = element_of(value.type) or value.type
    return value.digits if source.oid in (*INTEGERS, t.NUMERIC.oid) else t.NUMERIC.precision_and_scale[1]


def _settle(binding: Binding, value: Bound, target: SqlType, way: Way) -> Bound:
    if target.oid == t.UNKNOWN.oid:
        target = t.TEXT
    if value.parameter is not None:
        # The digits of a numeric are those that it is sent with; they are rounded once, by the cast.
        base = SqlType(target.oid)
        sql = binding.settle_parameter(value.parameter, base, value.position)
        if target.modifier >= 0:
            sql = cast_sql(binding, sql, base, target, explicit=way == "explicit")
    elif value.constant is not None:
        sql = _settled_constant(binding, value, target, way)
        if target.oid in (t.REAL.oid, t.DOUBLE.oid):
            return replace(value.computed(sql, target), decades=_decades_of(value.constant))
    else:
        sql = null_constant(target)
    return replace(value.computed(sql, target), scale=_digits_of_open(value, target))


def _digits_of_open(value: Bound, target: SqlType) -> int | None:
    if not is_numeric(target) or value.parameter is not None or (element_of(target) or target).modifier >= 4:
        return None
    return 0 if value.constant is None else constant_digits(value.constant)


def _decades_of(constant: str) -> int | None:
    try:
        return decades_of(float(constant))
    except ValueError:
        # It is in hexadecimal.
        return None


def _settled_constant(binding: Binding, value: Bound, target: SqlType, way: Way) -> str:
    assert value.constant is not None
    if target.oid in REGS:
        named = _by_oid(binding, value.constant, target, value.position)
        return cast_sql(binding, literal_text(named), t.TEXT, target, explicit=True)
    if target.oid in (t.RECORD.oid, t.VOID.oid):
        raise CannotCoerce(f"cannot cast type unknown to {target}", position=value.position)
    if target.modifier >= 0 and (element_of(target) or target).oid in (t.VARCHAR.oid, t.CHAR.oid):
        # A cast that is written cuts what is too long, an assignment refuses it.
        return cast_sql(binding, literal_text(value.constant), t.TEXT, target, explicit=way == "explicit")
    return typed_constant(value.constant, target, binding, value.position)


def _by_oid(binding: Binding, text: str, target: SqlType, position: int | None) -> str:
    """A constant of a view as the oid of what it names, which may be called otherwise later; else as it is."""
    references = binding.references
    if references is None or position is None:
        return text
    oid = oid_meant(binding, text, target, position)
    if oid is None:
        return text
    references.objects[position - 1] = (oid, "regclass" if target.oid == t.REGCLASS.oid else "regnamespace")
    return str(oid)


def settled(binding: Binding, value: Bound) -> Bound:
    """The expression with a type: text, where nothing else has said."""
    return coerce(binding, value, t.TEXT) if value.is_unknown else value


def assign(binding: Binding, value: Bound, target: SqlType, column: str) -> Bound:
    """The expression as it is stored in a column. Raises `DatatypeMismatch` in PostgreSQL's words."""
    check_assignable(value, target, column)
    return coerce(binding, value, target, "assignment")


def check_assignable(value: Bound, target: SqlType, column: str) -> None:
    """Raise `DatatypeMismatch` if the expression cannot be stored in a column of that type."""
    if not can_coerce(value.type, target, "assignment"):
        raise DatatypeMismatch(
            f'column "{column}" is of type {target.unmodified} but expression is of type {value.type.unmodified}',
            hint="You will need to rewrite or cast the expression.",
            position=value.position,
        )


def condition(binding: Binding, value: Bound, clause: str) -> Bound:
    """The expression as a condition. Raises `DatatypeMismatch`."""
    if not value.is_unknown and value.type.oid != t.BOOLEAN.oid:
        raise DatatypeMismatch(
            f"argument of {clause} must be type boolean, not type {value.type.unmodified}", position=value.position
        )
    return coerce(binding, value, t.BOOLEAN)


_CATEGORY: Final[dict[int, str]] = {
    **dict.fromkeys((*NUMBERS, *OIDS), "N"),
    **dict.fromkeys(TEXTUAL, "S"),
    **dict.fromkeys((*MOMENTS, t.TIME.oid), "D"),
    t.INTERVAL.oid: "T",
    t.BOOLEAN.oid: "B",
}
_PREFERRED: Final = frozenset({t.DOUBLE.oid, t.OID.oid, t.TEXT.oid, t.TIMESTAMPTZ.oid, t.INTERVAL.oid, t.BOOLEAN.oid})


def category(sql_type: SqlType) -> str:
    """PostgreSQL's type category (pg_type.typcategory), as far as types compete here."""
    known = _CATEGORY.get(sql_type.oid)
    if known is not None:
        return known
    return "A" if element_of(sql_type) is not None else f"U{sql_type.oid}"


def is_preferred(sql_type: SqlType) -> bool:
    """Whether the type is the preferred one of its category."""
    return sql_type.oid in _PREFERRED


def common_type(values: Sequence[Bound], what: str) -> SqlType:
    """The type of a UNION, CASE, VALUES, array and their like (PostgreSQL: "UNION, CASE, and Related Constructs").

    Raises `DatatypeMismatch`; `what` names the construct in its message.
    """
    known = [value for value in values if not value.is_unknown]
    if not known:
        return t.TEXT
    chosen = known[0].type
    for value in known[1:]:
        if value.type.oid == chosen.oid:
            continue
        if category(value.type) != category(chosen):
            types = f"{chosen.unmodified} and {value.type.unmodified}"
            raise DatatypeMismatch(f"{what} types {types} cannot be matched", position=value.position)
        if not is_preferred(chosen) and can_coerce(chosen, value.type) and not can_coerce(value.type, chosen):
            chosen = value.type
        elif chosen.oid in STRINGS and value.type.oid in STRINGS and can_coerce(chosen, value.type):
            chosen = t.TEXT if t.TEXT.oid in (chosen.oid, value.type.oid) else chosen
    # A length or precision is that of all of them, or of none.
    return chosen if all(value.type == chosen for value in values) else SqlType(chosen.oid)


def wider(one: SqlType, other: SqlType) -> SqlType:
    """Of two types that stand for the same `anycompatible` the one that both become; the first where there is none."""
    if category(one) != category(other) or is_preferred(one):
        return one
    return SqlType(other.oid) if can_coerce(one, other) and not can_coerce(other, one) else one


def coerce_all(binding: Binding, values: Sequence[Bound], target: SqlType) -> list[Bound]:
    """All of them as one type."""
    return [coerce(binding, value, target) for value in values]


def no_operator(symbol: str, operands: Sequence[Bound]) -> UndefinedFunction:
    """PostgreSQL's error for an operator that does not take these operands."""
    operand_types = [operand.type.unmodified for operand in operands]
    if len(operands) == 2:
        words = f"{operand_types[0]} {symbol} {operand_types[1]}"
        types, casts = "types", "explicit type casts"
    else:
        words = f"{symbol} {operand_types[0]}"
        types, casts = "type", "an explicit type cast"
    return UndefinedFunction(
        f"operator does not exist: {words}",
        hint=f"No operator matches the given name and argument {types}. You might need to add {casts}.",
        position=next((operand.position for operand in operands if operand.position is not None), None),
    )
