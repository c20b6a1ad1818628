"""What can be called, read from PostgreSQL's own catalogs: operators, functions, casts over the types of `values`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sql.binding.signatures import signatures
from tests.fuzz.values import ELEMENTS, TEXTS, TYPES

if TYPE_CHECKING:
    import psycopg

POLYMORPHIC: Final = frozenset({"anyelement", "anyarray", "anycompatible", "anycompatiblearray", "any", '"any"'})

WRITTEN: Final = ("numeric", "numeric[]")
"""Types whose values are not written as PostgreSQL writes them: with as many digits as the others of their column."""

_NEVER: Final = frozenset({
    "random", "now", "current_setting", "version", "pg_sleep", "age", "hashtext", "pg_column_size", "timeofday",
    "oid", "to_regclass", "position", "normalize", "~<~", "~<=~", "~>~", "~>=~", "@", "@@", "count",
    "format_type", "text", "bool", "date", "pg_typeof",
    "obj_description", "col_description",
})  # fmt: skip
"""Of the moment, of the server, or not to be written as calls."""

_OPERATORS: Final = """
    select oprname, 'o', false, oprresult::regtype::text, array[oprleft, oprright]::regtype[]::text[], 2
    from pg_operator where oprleft <> 0 and oprnamespace = 'pg_catalog'::regnamespace
    union all select oprname, 'p', false, oprresult::regtype::text, array[oprright]::regtype[]::text[], 1
    from pg_operator where oprleft = 0 and oprnamespace = 'pg_catalog'::regnamespace
"""
_FUNCTIONS: Final = """
    select proname, prokind::text, proretset, prorettype::regtype::text,
        array(select a::oid::regtype::text from unnest(proargtypes) with ordinality u(a, n) order by n),
        pronargs - pronargdefaults
    from pg_proc p where pronamespace = 'pg_catalog'::regnamespace and provolatile <> 'v' and proname = any(%s)
        and not exists (select from pg_aggregate a where a.aggfnoid = p.oid and a.aggkind <> 'n')
        and (proargmodes is null or proargmodes <@ '{i,v}'::"char"[])
"""
_CASTS: Final = """
    select 'cast', 'c', false, casttarget::regtype::text, array[castsource]::regtype[]::text[], 1
    from pg_cast where castsource <> casttarget
"""


@dataclass(frozen=True, slots=True)
class Callable:
    """One way to call something. `kind` is PostgreSQL's (f, a, w), `o` and `p` for operators, `c` for a cast."""

    name: str
    kind: str
    is_set: bool
    returns: str
    arguments: tuple[str, ...]
    required: int


@dataclass(frozen=True, slots=True)
class Catalog:
    """Scalars, aggregates and window functions by the type of their result, then by name."""

    scalars: dict[str, dict[str, tuple[Callable, ...]]]
    aggregates: dict[str, dict[str, tuple[Callable, ...]]]
    windows: dict[str, dict[str, tuple[Callable, ...]]]


def read_catalog(connection: psycopg.Connection[object]) -> Catalog:
    """Ask PostgreSQL. Of functions there are those that SiltDB has by name."""
    names = sorted(set(signatures()) - _NEVER)
    rows = [
        *connection.execute(_OPERATORS).fetchall(),
        *connection.execute(_FUNCTIONS, (names,)).fetchall(),
        *connection.execute(_CASTS).fetchall(),
        *(("cast", "c", False, "text", [each], 1) for each in TYPES),
        *(("cast", "c", False, each, ["text"], 1) for each in TYPES),
    ]
    found = sorted(
        (
            Callable(name, kind, is_set, returns, tuple(arguments), required)
            for name, kind, is_set, returns, arguments, required in rows
        ),
        key=repr,
    )
    usable = [each for each in found if not each.is_set and each.name not in _NEVER and _is_known(each)]
    return Catalog(
        _by_type([each for each in usable if each.kind in "fopc"]),
        _by_type([each for each in usable if each.kind == "a"]),
        _by_type([each for each in usable if each.kind == "w"]),
    )


def _is_known(each: Callable) -> bool:
    if each.kind == "p" and each.name == "+":
        return False
    if each.kind == "c" and each.arguments[0] in WRITTEN and each.returns in (*TEXTS, "name", '"char"'):
        return False
    return all(type_ in TYPES or type_ in POLYMORPHIC for type_ in (each.returns, *each.arguments))


def _by_type(listed: list[Callable]) -> dict[str, dict[str, tuple[Callable, ...]]]:
    found: dict[str, dict[str, tuple[Callable, ...]]] = {}
    for each in listed:
        for type_ in _results(each.returns):
            by_name = found.setdefault(type_, {})
            by_name[each.name] = (*by_name.get(each.name, ()), each)
    return found


def _results(returns: str) -> tuple[str, ...]:
    if returns in ("anyelement", "anycompatible"):
        return TYPES
    if returns in ("anyarray", "anycompatiblearray"):
        return tuple(ELEMENTS.values())
    return (returns,)
