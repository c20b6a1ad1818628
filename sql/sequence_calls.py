"""Calls of the functions of sequences, in trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.errors import FeatureNotSupported
from sql.token_rewrites import call_of
from storage import types as t

if TYPE_CHECKING:
    from storage.catalog_entries import SequenceGenerator
    from storage.types import SqlType

SEQUENCE_RELATION: Final = "sequence_"
"""What the names of the relations begin with that queries read for sequences."""

SEQUENCE_ARGUMENTS: Final[dict[str, tuple[tuple[SqlType, ...], ...]]] = {
    "nextval": ((),),
    "currval": ((),),
    "lastval": ((),),
    "setval": ((t.BIGINT,), (t.BIGINT, t.BOOLEAN)),
}
"""The functions of sequences, and what may follow the name of the sequence; lastval() has none."""

SEQUENCE_FUNCTIONS: Final = frozenset(SEQUENCE_ARGUMENTS)


def is_nextval(tree: exp.Expr) -> bool:
    """Whether a tree is a call of nextval()."""
    return isinstance(tree, exp.Anonymous) and call_of(tree) in ((None, "nextval"), ("pg_catalog", "nextval"))


def sequence_function(tree: exp.Anonymous) -> str | None:
    """The name of the function of sequences that is called; `None` for another function."""
    schema, name = call_of(tree)
    return name if name in SEQUENCE_FUNCTIONS and schema in (None, "pg_catalog") else None


def refused_call(name: str, position: int | None) -> FeatureNotSupported:
    """The error of a call that stands where rows would decide how often it is made."""
    return FeatureNotSupported(
        f"{name}() is not supported here",
        hint="It may stand in a select list, or be a default or a value of INSERT or UPDATE.",
        position=position,
    )


def relation_of_sequence(sequence: SequenceGenerator) -> tuple[str, str]:
    """Namespace and name of the system relation that a query reads for a sequence: where it stands."""
    return "pg_silt", f"{SEQUENCE_RELATION}{sequence.oid}"
