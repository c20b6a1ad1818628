"""The arguments of a call: as they were written, and as a signature takes them."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlglot import exp

from sql.binding.coercion import TEXTUAL, coerce, settled
from sql.binding.float_arithmetic import FLOATS
from sql.binding.json_values import as_json, as_key
from sql.binding.named_once import named_once
from sql.binding.record_fields import is_record
from sql.binding.records import as_text
from sql.binding.signatures import ANYJSON, ANYKEY, ANYTEXT, JSONARRAY
from sql.binding.text_casts import text_of
from sql.binding.tree import only, position_at
from sql.binding.values import Bound
from sql.errors import SqlError, UndefinedFunction, UndefinedNamespace
from sql.sequence_calls import SEQUENCE_FUNCTIONS, refused_call
from sql.token_rewrites import call_of
from storage import types as t
from storage.catalog import SYSTEM_NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sql.binding.context import Binding
    from sql.binding.signature import Signature
    from storage.types import SqlType


class CallArguments(Struct, frozen=True):
    """The arguments of a call as they were written."""

    trees: tuple[exp.Expr, ...]
    distinct: bool = False
    order: tuple[exp.Expr, ...] = ()
    star: bool = False


def read_arguments(node: exp.Anonymous) -> CallArguments:
    """Take DISTINCT, ORDER BY and * out of the arguments."""
    trees = list(node.expressions)
    order: tuple[exp.Expr, ...] = ()
    distinct = False
    if trees and isinstance(trees[-1], exp.Order):
        order = tuple(trees[-1].expressions)
        trees[-1] = trees[-1].this
    if len(trees) == 1 and isinstance(trees[0], exp.Distinct):
        only(trees[0], "expressions")
        distinct = True
        trees = list(trees[0].expressions)
    if len(trees) == 1 and isinstance(trees[0], exp.Star):
        only(trees[0])
        return CallArguments((), distinct, order, star=True)
    return CallArguments(tuple(trees), distinct, order)


def function_name(binding: Binding, node: exp.Anonymous) -> str:
    """The name of the function called; every function is in pg_catalog. Raises for one of another namespace."""
    namespace, name = call_of(node)
    if namespace in (None, "pg_catalog"):
        return name
    position = position_at(node)
    if namespace not in SYSTEM_NAMESPACES and binding.context.catalog.namespace(namespace) is None:
        raise UndefinedNamespace(f'schema "{namespace}" does not exist', position=position)
    raise UndefinedFunction(f"function {namespace}.{name} does not exist", position=position)


def no_function(name: str, given: Sequence[Bound], position: int | None) -> SqlError:
    """PostgreSQL's error for a call that fits no function."""
    if name in SEQUENCE_FUNCTIONS:
        return refused_call(name, position)
    types = ", ".join(str(value.type.unmodified) for value in given)
    return UndefinedFunction(
        f"function {name}({types}) does not exist",
        hint="No function matches the given name and argument types. You might need to add explicit type casts.",
        position=position,
    )


def coerced_arguments(binding: Binding, given: Sequence[Bound], wanted: Sequence[SqlType | None]) -> list[Bound]:
    """The arguments as the types that a signature takes; where it takes anything, with a type of their own."""
    return [_coerced(binding, value, target) for value, target in zip(given, wanted, strict=True)]


def _coerced(binding: Binding, value: Bound, target: SqlType | None) -> Bound:
    if target is None:
        return settled(binding, value)
    if target == ANYTEXT:
        value = as_text(binding, value) if is_record(value) else settled(binding, value)
        if value.type.oid == t.BOOLEAN.oid:
            return Bound(f"(CASE WHEN {value.sql} THEN 't' WHEN NOT {value.sql} THEN 'f' END)", t.TEXT)
        return value if value.type.oid in TEXTUAL else Bound(text_of(binding, value.sql, value.type), t.TEXT)
    if target == ANYKEY:
        return as_key(binding, settled(binding, value))
    if target in (ANYJSON, JSONARRAY) or target.oid == t.RECORD.oid:
        return as_json(binding, settled(binding, value))
    return coerce(binding, value, target)


def fill_signature(signature: Signature, arguments: Sequence[str], returns: SqlType) -> str:
    """A signature's template with its arguments: in formulas of floats these are named once, as they are nested."""
    fill = partial(fill_template, signature.template)
    if signature.kind == "scalar" and returns.oid in FLOATS:
        return named_once(arguments, fill)
    return fill(arguments)


def fill_template(template: str, arguments: Sequence[str], parts: Mapping[str, str] = MappingProxyType({})) -> str:
    """A template of `sql.function_tables` with its arguments; `parts` are texts by place."""
    filled = template
    for index in range(len(arguments)):
        filled = filled.replace(f"{{{index}}}", f"\0{index}\0")
    filled = filled.replace("{*}", ", ".join(f"\0{index}\0" for index in range(len(arguments))))
    filled = filled.replace("{+}", ", ".join(f"\0{index}\0" for index in range(1, len(arguments))))
    for place in parts:
        filled = filled.replace(place, f"\0{place}\0")
    # Arguments go in last: what they say is not a template.
    values = {str(index): argument for index, argument in enumerate(arguments)} | dict(parts)
    return "".join(values[part] if index % 2 else part for index, part in enumerate(filled.split("\0")))
