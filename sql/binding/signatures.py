"""The built-in functions, read from `sql.function_tables`, and the choice among those of one name."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sql.binding.candidates import best_of, is_text_if_open, undetermined
from sql.binding.coercion import can_coerce, category, is_preferred, wider
from sql.binding.elements import VECTORS, array_element, array_type
from sql.binding.signature import Kind, Signature
from sql.function_tables.aggregates import AGGREGATES, ORDERED_SET, SETS, WINDOWS
from sql.function_tables.json_paths import SCALAR_JSON_PATHS, SETS_OF_JSON_PATHS
from sql.function_tables.scalars import SCALARS
from sql.function_tables.vectors import OF_VECTORS
from storage import types as t
from storage.types import SqlType, array_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


ANY: Final = SqlType(2276)
ANYTEXT: Final = SqlType(2276, 1)
"""Anything, as the text that its output function writes."""

ANYJSON: Final = SqlType(2276, 2)
"""Anything, as DuckDB's functions of JSON take it to write what PostgreSQL's do."""

ANYKEY: Final = SqlType(2276, 3)
"""Anything that can be the key of a JSON object, as JSON."""

ANYELEMENT: Final = SqlType(2283)
ANYARRAY: Final = SqlType(2277)
JSONARRAY: Final = SqlType(2277, 2)
"""Any array, as JSON."""

_TYPES: Final[dict[str, SqlType]] = {
    "any": ANY,
    "anytext": ANYTEXT,
    "anyjson": ANYJSON,
    "anykey": ANYKEY,
    "jsonarray": JSONARRAY,
    "character": t.CHAR,
    "anyelement": ANYELEMENT,
    "anyarray": ANYARRAY,
    "smallint": t.SMALLINT,
    "integer": t.INTEGER,
    "bigint": t.BIGINT,
    "numeric": t.NUMERIC,
    "real": t.REAL,
    "float8": t.DOUBLE,
    "text": t.TEXT,
    "boolean": t.BOOLEAN,
    "bytea": t.BYTEA,
    "date": t.DATE,
    "time": t.TIME,
    "timestamp": t.TIMESTAMP,
    "timestamptz": t.TIMESTAMPTZ,
    "interval": t.INTERVAL,
    "uuid": t.UUID,
    "json": t.JSON,
    "jsonb": t.JSONB,
    "jsonpath": t.JSONPATH,
    "int2vector": SqlType(22),
    "oidvector": SqlType(30),
    "record": t.RECORD,
    "void": t.VOID,
    "oid": t.OID,
    "regclass": t.REGCLASS,
    "regtype": t.REGTYPE,
    "text[]": array_of(t.TEXT),
    "integer[]": array_of(t.INTEGER),
}
_KINDS: Final[dict[str, Kind]] = {"@": "aggregate", "%": "window", "#": "set", "": "scalar"}
_LINE: Final = re.compile(r"([@%#]?)(\w+)\((.*?)\) ([\w\[\]]+)(?: = (.*?)(?: > (DECIMAL\(\d+,\d+\)))?)?")


@cache
def signatures() -> Mapping[str, tuple[Signature, ...]]:
    """All built-in functions by name."""
    by_name: dict[str, list[Signature]] = {}
    for text in (SCALARS, OF_VECTORS, SCALAR_JSON_PATHS, AGGREGATES, ORDERED_SET, WINDOWS, SETS, SETS_OF_JSON_PATHS):
        for line in re.split(r"\n+(?! )", text.strip()):
            signature = _read(re.sub(r"\n +", " ", line), "ordered set" if text is ORDERED_SET else None)
            by_name.setdefault(signature.name, []).append(signature)
    return {name: tuple(listed) for name, listed in by_name.items()}


def _read(line: str, kind: Kind | None) -> Signature:
    match = _LINE.fullmatch(line)
    assert match is not None, line
    mark, name, arguments, returns, template, gives = match.groups()
    needed, _, optional = arguments.partition("|")
    required = [word.strip() for word in needed.split(",") if word.strip()]
    listed = required + [word.strip() for word in optional.split(",") if word.strip()]
    variadic = bool(listed) and listed[-1].endswith("*")
    types = tuple(_TYPES[word.rstrip("*")] for word in listed)
    return Signature(
        name,
        kind or _KINDS[mark],
        types,
        len(required) - (1 if variadic else 0),
        variadic,
        _TYPES[returns],
        template or (f"{name}({{d}}{{*}}{{o}}){{s}}" if mark == "@" else f"{name}({{*}})"),
        gives or "",
    )


def choose(candidates: Sequence[Signature], given: Sequence[SqlType]) -> Signature | None:
    """The best of the signatures for arguments of these types, UNKNOWN where one is open.

    PostgreSQL's rules ("Function Type Resolution"): all must be reachable by implicit casts; then most exact matches;
    then most preferred types; an open argument counts as text where text is taken. Raises `AmbiguousFunction` where
    that leaves several for open arguments, and `DatatypeMismatch` where they are all that a polymorphic one has.
    """
    possible = [c for c in candidates if c.takes(len(given)) and _fits(c, given)]
    if not possible:
        return None
    if any(actual.oid == t.UNKNOWN.oid for actual in given):
        return best_of(possible, given)
    return max(possible, key=lambda candidate: _score(candidate, given))


def _fits(candidate: Signature, given: Sequence[SqlType]) -> bool:
    for index, actual in enumerate(given):
        declared = candidate.argument(index)
        if declared in (ANY, ANYTEXT, ANYJSON, ANYKEY, ANYELEMENT):
            continue
        if declared in (ANYARRAY, JSONARRAY):
            if actual.oid != t.UNKNOWN.oid and array_element(actual) is None:
                return False
        elif declared.oid in VECTORS:
            # Nothing else becomes a vector: a constant is an array.
            if actual.oid != declared.oid:
                return False
        elif not can_coerce(actual, declared):
            return False
    return True


def _score(candidate: Signature, given: Sequence[SqlType]) -> tuple[int, int]:
    exact = preferred = 0
    for index, actual in enumerate(given):
        declared = candidate.argument(index)
        exact += declared.oid == actual.oid
        preferred += is_preferred(declared) and category(declared) == category(actual)
    return exact, preferred


class Resolved(Struct, frozen=True):
    """The types of a call: of its arguments (`None` where anything goes) and of its result."""

    arguments: tuple[SqlType | None, ...]
    returns: SqlType


def resolve(signature: Signature, given: Sequence[SqlType]) -> Resolved:
    """Settle `anyelement` and `anyarray` by what is given."""
    element = _element(signature, given)
    if element is None:
        declared = {signature.argument(index) for index, _ in enumerate(given)}
        if declared & {ANYELEMENT, ANYARRAY} and not is_text_if_open(signature.name, len(given)):
            raise undetermined()
        element = t.TEXT
    arguments = tuple(_concrete(signature.argument(index), element) for index in range(len(given)))
    returns = _concrete(signature.returns, element)
    return Resolved(arguments, t.TEXT if returns is None else returns)


def _element(signature: Signature, given: Sequence[SqlType]) -> SqlType | None:
    chosen: SqlType | None = None
    for index, actual in enumerate(given):
        if actual.oid == t.UNKNOWN.oid:
            continue
        declared = signature.argument(index)
        found = actual if declared == ANYELEMENT else array_element(actual) if declared == ANYARRAY else None
        if found is not None:
            chosen = SqlType(found.oid) if chosen is None else wider(chosen, found)
    return chosen


def _concrete(declared: SqlType, element: SqlType) -> SqlType | None:
    if declared == ANY:
        return None
    if declared == ANYELEMENT:
        return element
    if declared == ANYARRAY:
        return array_type(element)
    return declared
