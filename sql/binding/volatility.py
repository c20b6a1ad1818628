"""Whether an expression has the same value whenever and wherever it is computed, as PostgreSQL's pg_proc has it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding.coercion import MOMENTS, REGS, STRINGS
from sql.binding.tree import fold
from sql.relations.pg_procs import PROCS, Proc
from sql.token_rewrites import call_of
from sql.type_names import type_of
from sql.words import words
from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sql.binding.context import Binding
    from sql.binding.scope import Scope
    from storage.types import SqlType


def _by_name() -> Mapping[str, Sequence[Proc]]:
    found = defaultdict(list)
    for proc in PROCS:
        found[proc.name].append(proc)
    return dict(found)


_BY_NAME: Final = _by_name()
_OF_THE_SESSION: Final = (
    exp.CurrentTimestamp,
    exp.CurrentDate,
    exp.Localtimestamp,
    exp.Localtime,
    exp.Uuid,
    exp.CurrentUser,
    exp.SessionUser,
    exp.CurrentSchema,
    exp.CurrentCatalog,
)
_KEYWORDS: Final = words("user current_role current_user session_user current_catalog current_schema")
_COMPARED: Final = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_READ_BY_SETTINGS: Final = frozenset((*MOMENTS, t.TIME.oid, t.INTERVAL.oid, *REGS))
"""Types whose text depends on settings, or on the catalog, to be read."""
_WRITTEN_BY_SETTINGS: Final = frozenset((*MOMENTS, *REGS))


def is_immutable(binding: Binding, scope: Scope, tree: exp.Expr) -> bool:
    """Whether all that an expression, which binds, calls and casts is immutable."""

    def type_at(node: exp.Expr) -> SqlType:
        return binding.bind(scope, node).type

    def is_immutable_call(node: exp.Anonymous) -> bool:
        named = _BY_NAME.get(call_of(node)[1], ())
        procs = [proc for proc in named if proc.variadic or len(proc.argument_types) == len(node.expressions)]
        if len({proc.volatility for proc in procs}) > 1:
            given = [type_at(argument).oid for argument in node.expressions]
            procs = [proc for proc in procs if _fits(proc, given)] or procs
        return all(proc.volatility == "i" for proc in procs)

    def is_immutable_node(node: exp.Expr) -> bool:
        match node:
            case exp.Anonymous():
                return is_immutable_call(node)
            case exp.Cast():
                return _is_immutable_cast(type_at(node.this), type_of(node))
            case exp.Column():
                plain = node.args.get("table") is None and not node.this.args.get("quoted")
                return not (plain and fold(node.this) in _KEYWORDS)
            case exp.Extract():
                return type_at(node.expression).oid != t.TIMESTAMPTZ.oid
            case exp.Add() | exp.Sub():
                return {type_at(node.left).oid, type_at(node.right).oid} != {t.TIMESTAMPTZ.oid, t.INTERVAL.oid}
            case exp.DPipe():
                pair = {type_at(node.left).oid, type_at(node.right).oid}
                return not (pair & set(STRINGS) and pair & _WRITTEN_BY_SETTINGS)
        if isinstance(node, _COMPARED):
            pair = {type_at(node.left).oid, type_at(node.right).oid}
            return not (t.TIMESTAMPTZ.oid in pair and pair & {t.DATE.oid, t.TIMESTAMP.oid})
        return not isinstance(node, _OF_THE_SESSION)

    return all(is_immutable_node(node) for node in tree.walk())


def _fits(proc: Proc, given: Sequence[int]) -> bool:
    return all(oid in (wanted, t.UNKNOWN.oid) for wanted, oid in zip(proc.argument_types, given, strict=True))


def _is_immutable_cast(before: SqlType, after: SqlType) -> bool:
    source, target = (element_of(before) or before).oid, (element_of(after) or after).oid
    if source == target or source == t.UNKNOWN.oid:
        # A constant is read once.
        return True
    if source in STRINGS:
        return target not in _READ_BY_SETTINGS
    if target in STRINGS:
        return source not in _WRITTEN_BY_SETTINGS
    return t.TIMESTAMPTZ.oid not in (source, target)
