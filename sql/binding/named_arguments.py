"""Calls with `name => value`: the arguments in the order in which the function has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql.binding.arguments import no_function
from sql.binding.tree import position_at
from sql.errors import SqlSyntaxError
from sql.token_rewrites import call_of

if TYPE_CHECKING:
    from sql.binding.context import Binding
    from sql.binding.scope import Scope

_PATHS: Final = ("target", "path", "vars", "silent")
_TIME: Final = ("year", "month", "mday", "hour", "min", "sec")
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    **{
        f"jsonb_path_{what}{zone}": _PATHS
        for what in ("exists", "match", "query", "query_array", "query_first")
        for zone in ("", "_tz")
    },
    "jsonb_set": ("jsonb_in", "path", "replacement", "create_if_missing"),
    "jsonb_set_lax": ("jsonb_in", "path", "replacement", "create_if_missing", "null_value_treatment"),
    "jsonb_insert": ("jsonb_in", "path", "replacement", "insert_after"),
    "make_date": ("year", "month", "day"),
    "make_time": ("hour", "min", "sec"),
    "make_timestamp": _TIME,
    "make_timestamptz": (*_TIME, "timezone"),
    "make_interval": ("years", "months", "weeks", "days", "hours", "mins", "secs"),
    "parse_ident": ("str", "strict"),
    "regexp_replace": ("string", "pattern", "replacement", "start", "n", "flags"),
}
"""The parameters of the functions that give them names."""

_DEFAULTS: Final[dict[str, exp.Expr]] = {
    "vars": exp.Literal.string("{}"),
    "silent": exp.false(),
    "create_if_missing": exp.true(),
    "null_value_treatment": exp.Literal.string("use_json_null"),
    "insert_after": exp.false(),
    "strict": exp.true(),
    **dict.fromkeys(_NAMES["make_interval"], exp.Literal.number(0)),
}
"""What stands for a parameter that is left out, where another behind it is given."""


def without_names(binding: Binding, scope: Scope, node: exp.Anonymous) -> exp.Anonymous:
    """The call with its arguments by place. Raises `UndefinedFunction` where the function has no such names."""
    if not any(isinstance(item, exp.Kwarg | exp.PropertyEQ) for item in node.expressions):
        return node
    places = _places(node)
    if places is None:
        trees = [item.expression if _is_named(item) else item for item in node.expressions]
        given = [binding.bind(scope, tree) for tree in trees]
        raise no_function(call_of(node)[1], given, position_at(node))
    plain = node.copy()
    plain.set("expressions", [tree.copy() for tree in places])
    return plain


def _is_named(item: exp.Expr) -> bool:
    return isinstance(item, exp.Kwarg | exp.PropertyEQ)


def _places(node: exp.Anonymous) -> list[exp.Expr] | None:
    """The arguments in order; `None` where they are not those of the function."""
    parameters = _NAMES.get(call_of(node)[1], ())
    given: dict[str, exp.Expr] = {}
    named: set[str] = set()
    for index, item in enumerate(node.expressions):
        if _is_named(item):
            parameter = str(item.this.name).lower()
            if parameter in named:
                message = f'argument name "{parameter}" used more than once'
                raise SqlSyntaxError(message, position=position_at(item.this))
            named.add(parameter)
        elif named:
            raise SqlSyntaxError("positional argument cannot follow named argument", position=position_at(item))
        else:
            parameter = parameters[index] if index < len(parameters) else ""
        if parameter not in parameters or parameter in given:
            return None
        given[parameter] = item.expression if _is_named(item) else item
    listed = parameters[: max(parameters.index(parameter) for parameter in given) + 1]
    if any(each not in given and each not in _DEFAULTS for each in listed):
        return None
    return [given[each] if each in given else _DEFAULTS[each] for each in listed]
