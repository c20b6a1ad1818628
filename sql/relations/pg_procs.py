"""pg_proc: the functions, with PostgreSQL's own oids. That one is listed does not mean that a query may call it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from sql.relations.oids import BOOTSTRAP_ROLE_OID, PG_CATALOG_OID
from sql.relations.pg_proc_data import FUNCTIONS
from sql.relations.pg_types import BY_OID, formatted_name
from sql.relations.relation import Content, content_of

INTERNAL_LANGUAGE_OID: Final = 12
ANY_OID: Final = 2276


class Proc(Struct, frozen=True):
    """A row of pg_proc."""

    oid: int
    name: str
    kind: str
    volatility: str
    strict: bool
    returns_set: bool
    variadic: bool
    return_type: int
    argument_types: tuple[int, ...]

    @property
    def variadic_element(self) -> int:
        """pg_proc.provariadic."""
        if not self.variadic:
            return 0
        return BY_OID[self.argument_types[-1]].elem or ANY_OID

    @property
    def arguments(self) -> str:
        """What pg_get_function_arguments() says."""
        names = list(map(formatted_name, self.argument_types))
        if self.variadic:
            names[-1] = f"VARIADIC {names[-1]}"
        return ", ".join(names)

    @property
    def result(self) -> str:
        """What pg_get_function_result() says."""
        name = formatted_name(self.return_type)
        return f"SETOF {name}" if self.returns_set else name


def _parse(entry: str) -> Proc:
    oid, name, flags, return_type, arguments = entry.split(":")
    kind, volatility, strict, more = flags[0], flags[1], flags[2], flags[3:]
    types = tuple(map(int, arguments.split(","))) if arguments else ()
    return Proc(int(oid), name, kind, volatility, strict == "t", "s" in more, "v" in more, int(return_type), types)


PROCS: Final[tuple[Proc, ...]] = tuple(map(_parse, FUNCTIONS.split()))


def pg_proc() -> Content:
    """The rows of pg_proc."""
    rows = (
        (
            each.oid,
            each.name,
            1000.0 if each.returns_set else 0.0,
            each.variadic_element,
            each.kind,
            each.strict,
            each.returns_set,
            each.volatility,
            len(each.argument_types),
            each.return_type,
            list(each.argument_types),
            each.name,
        )
        for each in PROCS
    )
    return content_of(
        "oid proname prorows provariadic prokind proisstrict proretset provolatile pronargs prorettype proargtypes "
        "prosrc",
        rows,
        pronamespace=PG_CATALOG_OID,
        proowner=BOOTSTRAP_ROLE_OID,
        prolang=INTERNAL_LANGUAGE_OID,
        procost=1.0,
        proparallel="s",
    )
