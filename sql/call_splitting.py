"""Queries that call functions which DuckDB cannot be asked to call, taken apart.

Such a function takes the number of a sequence, or acts on the session. What is left of a query without them gives
their arguments for each row; then they are called, once a row and in the order of the text; and a query over that
puts what they gave into its place. Where CASE or coalesce() would not get to a call, it is not made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from sqlglot import exp

from sql import errors
from sql.backend_functions import BACKEND_FUNCTIONS
from sql.binding.numbers import gives_row_by_row
from sql.binding.signatures import signatures
from sql.names import fold, position_at
from sql.sequence_calls import SEQUENCE_ARGUMENTS, is_nextval, refused_call, sequence_function
from sql.token_rewrites import call_of
from sql.type_names import cast_to
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sql.result import ResultColumn
    from storage.types import SqlType

_CONDITIONAL: Final = (exp.And, exp.Or, exp.Window, exp.Filter, exp.WithinGroup)
"""What may not evaluate all that is in it, or more than once."""


class RowFilter(Struct, frozen=True):
    """LIMIT and OFFSET of a query of whose rows only those count for which all calls give true."""

    limit: exp.Expr | None
    offset: exp.Expr | None


_STANDS_FOR: Final = "stands for"
"""What an item of an outer query knows of the item of the inner one that it shows: the name of the split, its place."""


class CallSite(Struct, frozen=True):
    """A call that was taken out. Arguments, and the guard without which it is not made, are named columns."""

    function: str
    arguments: tuple[str, ...]
    guard: str | None
    sequence: exp.Expr | None
    """What names its sequence."""
    sequence_text: str | None
    """Where that may be no constant: a column with the name."""


class Split(Struct):
    """A query taken apart: `inner` gives what the calls need, and `outer` is what is made of their results.

    The columns of the inner query are its items, those that `named` names, and then one for each call.
    """

    name: str
    inner: exp.Select
    outer: exp.Select
    items: Sequence[exp.Expr]
    """Those of the select list, as they were."""
    ordinals: Sequence[exp.Literal]
    """Numbers of columns by which the rows are sorted or grouped."""
    calls: list[CallSite] = field(default_factory=list)
    filter: RowFilter | None = None
    """Where the calls say which rows there are."""
    named: list[str] = field(default_factory=list)

    def finish(self, columns: Sequence[ResultColumn]) -> exp.TableAlias:
        """Settle what the items are, now that the columns of the inner query, with the calls, are known.

        Raises `FeatureNotSupported` where rows are sorted by what a call gives: that is done before.
        """
        given = len(columns) - len(self.named) - len(self.calls)
        places: list[range] = []
        for item in self.items:
            start = places[-1].stop if places else 0
            places.append(range(start, start + (1 + given - len(self.items) if _is_star(item) else 1)))
        for ordinal in self.ordinals:
            for item, place in zip(self.items, places, strict=True):
                if int(ordinal.this) - 1 in place and any(calls_in(item)):
                    raise _refused_order(function_called(next(calls_in(item))), ordinal)
        listed: list[exp.Expr] = []
        for each in self.outer.expressions:
            name, index = each.meta.get(_STANDS_FOR, ("", 0)) if each._meta else ("", 0)
            if name != self.name:
                listed.append(each)
                continue
            listed += [
                exp.alias_(_column(f"{name}i{position}"), columns[position].name, quoted=True)
                for position in places[index]
            ]
        self.outer.set("expressions", listed)
        names = [f"{self.name}i{place}" for place in range(given)] + self.named
        names += [f"{self.name}n{number}" for number in range(len(self.calls))]
        quoted = [exp.to_identifier(each, quoted=True) for each in names]
        return exp.TableAlias(this=exp.to_identifier(self.name, quoted=True), columns=quoted)


def function_called(node: exp.Expr) -> str | None:
    """The name of the function that a node calls, if it is one of those; `None` otherwise."""
    if not isinstance(node, exp.Anonymous):
        return None
    schema, name = call_of(node)
    if name in BACKEND_FUNCTIONS and schema in (None, "pg_catalog"):
        return name
    return sequence_function(node)


def changes_sequence(call: exp.Anonymous) -> bool:
    """Whether it is nextval() or setval()."""
    return sequence_function(call) in ("nextval", "setval")


def asks_sequence(call: exp.Anonymous) -> bool:
    """Whether it is lastval(), or currval() of a constant: they give one value for a whole statement."""
    return sequence_function(call) in ("currval", "lastval") and all(map(_is_name, call.expressions))


def calls_in(tree: exp.Expr) -> Iterator[exp.Anonymous]:
    """The calls in a tree, without those in queries inside it, as they stand in the text."""
    for node in tree.walk(bfs=False, prune=lambda each: isinstance(each, exp.Query) and each is not tree):
        if isinstance(node, exp.Anonymous) and function_called(node) is not None:
            yield node


def require_no_calls(tree: exp.Expr) -> None:
    """Raise `FeatureNotSupported` for a function that acts on sessions, which no query can call."""
    for call in tree.find_all(exp.Anonymous):
        schema, name = call_of(call)
        if name in BACKEND_FUNCTIONS and schema in (None, "pg_catalog"):
            raise errors.FeatureNotSupported(f"{name}() is supported in a select list only", position=position_at(call))


def calls_for_rows(select: exp.Select) -> bool:
    """Whether the select list of a query has such calls."""
    return any(any(calls_in(item)) for item in select.expressions)


def is_plain_number(node: exp.Expr) -> bool:
    """Whether it is nextval() of a constant, and nothing else: `sql.binding.numbers` sees to those behind INSERT."""
    return is_nextval(node) and len(node.expressions) == 1 and _is_name(node.expressions[0])


def is_plain_call(node: exp.Expr) -> bool:
    """Whether it is a call with constants only, or none: what a compiled INSERT takes for granted."""
    if isinstance(node, exp.Cast | exp.Neg | exp.Paren):
        return is_plain_call(node.this)
    if isinstance(node, exp.Anonymous):
        return is_plain_number(node) or asks_sequence(node)
    return _is_constant(node) or isinstance(node, exp.Column | exp.Var | exp.CurrentTimestamp | exp.Uuid)


def takes_numbers_whole(select: exp.Select) -> bool:
    """Whether all calls in a query behind INSERT are nextval() as all of a value: see `sql.binding.numbers`."""
    items = [item.this if isinstance(item, exp.Alias) else item for item in select.expressions]
    return gives_row_by_row(select) and all(is_plain_number(item) or not any(calls_in(item)) for item in items)


def split(select: exp.Select, name: str) -> Split:
    """Take the calls in a select list out of a query, which becomes the inner one.

    Raises `FeatureNotSupported` where that cannot be done.
    """
    first = next(call for item in select.expressions for call in calls_in(item))
    called = function_called(first) or ""
    if select.args.get("distinct") or select.args.get("windows"):
        raise errors.FeatureNotSupported(f"DISTINCT is not supported with {called}()", position=position_at(first))
    if sum(map(_is_star, select.expressions)) > 1:
        raise errors.FeatureNotSupported(
            f"more than one * is not supported beside {called}()", position=position_at(first)
        )
    if select.args.get("locks"):
        raise errors.FeatureNotSupported(
            f"FOR UPDATE, or one of its like, is not supported beside {called}()", position=position_at(first)
        )
    source = exp.From(this=exp.Table(this=exp.to_identifier(name, quoted=True)))
    found = Split(name, select, exp.Select(from_=source), list(select.expressions), _ordinals(select, called))
    splitter = Splitter(found)
    items, outer = [], []
    for place, item in enumerate(found.items):
        kept, made = splitter.item(item, place)
        items.append(kept)
        outer.append(made)
    select.set("expressions", [*items, *splitter.extras])
    found.outer.set("expressions", outer)
    return found


def _ordinals(select: exp.Select, called: str) -> list[exp.Literal]:
    """The numbers in ORDER BY and GROUP BY. Raises for calls there, and for names of what they give."""
    names = {_name_of(item) for item in select.expressions if any(calls_in(item))}
    clauses = [select.args.get("order"), select.args.get("group")]
    found: list[exp.Literal] = []
    for item in (each for clause in clauses if clause is not None for each in clause.expressions):
        tree = item.this if isinstance(item, exp.Ordered) else item
        by_name = isinstance(tree, exp.Column) and not tree.args.get("table") and fold(tree.this) in names
        if by_name or any(calls_in(tree)):
            raise _refused_order(called, tree)
        if isinstance(tree, exp.Literal) and not tree.is_string:
            found.append(tree)
    return found


def _refused_order(called: str | None, tree: exp.Expr) -> errors.FeatureNotSupported:
    return errors.FeatureNotSupported(
        f"ORDER BY and GROUP BY of what {called}() gives are not supported", position=position_at(tree)
    )


class Splitter:
    """Takes calls out of trees, and leaves columns of what they give."""

    def __init__(self, found: Split) -> None:
        self._found = found
        self.extras: list[exp.Expr] = []
        """Items of the inner query behind those of the list."""

    def item(self, item: exp.Expr, place: int) -> tuple[exp.Expr, exp.Expr]:
        """An item of the list: what stands for it in the inner query, and what in the outer one."""
        tree = item.this if isinstance(item, exp.Alias) else item
        if not any(calls_in(tree)):
            if _is_constant(tree):
                nothing = exp.Null()
                kept = exp.alias_(nothing, item.args["alias"].copy()) if isinstance(item, exp.Alias) else nothing
                return kept, item.copy()
            return item, self.shown(item, place)
        name = _name_of(item)
        made = self._outer(tree, None)
        return exp.Null(), made if name is None else exp.alias_(made, name, quoted=True)

    def shown(self, item: exp.Expr, place: int) -> exp.Expr:
        """What stands for an item of the inner query in the outer one, until its columns are known."""
        stand_in = item.copy()
        stand_in.meta[_STANDS_FOR] = (self._found.name, place)
        return stand_in

    def _outer(self, node: exp.Expr, guard: exp.Expr | None) -> exp.Expr:
        if not any(calls_in(node)):
            return node.copy() if _is_constant(node) else self._computed(node, guard)
        if function_called(node) is not None and not any(call for each in node.expressions for call in calls_in(each)):
            assert isinstance(node, exp.Anonymous)
            return self.call(node, guard)
        match node:
            case exp.Case():
                return self._case(node, guard)
            case exp.Anonymous() if call_of(node)[1] == "coalesce":
                return self._coalesce(node, guard)
            case exp.Anonymous() if any(each.kind != "scalar" for each in signatures().get(call_of(node)[1], ())):
                raise self._refused(node)
            case _ if isinstance(node, _CONDITIONAL):
                raise self._refused(node)
        made = node.copy()
        for key, value in node.args.items():
            if isinstance(value, list):
                made.set(key, [self._outer(each, guard) if isinstance(each, exp.Expr) else each for each in value])
            elif isinstance(value, exp.Expr) and not isinstance(value, exp.DataType | exp.Identifier):
                made.set(key, self._outer(value, guard))
        return made

    def call(self, call: exp.Anonymous, guard: exp.Expr | None) -> exp.Expr:
        """Take a call out, of whose arguments none has any."""
        function = function_called(call) or ""
        given = list(call.expressions)
        sequence = given.pop(0) if function in SEQUENCE_ARGUMENTS and function != "lastval" and given else None
        types = _argument_types(function, call, given)
        arguments = [cast_to(each.copy(), wanted) for each, wanted in zip(given, types, strict=True)]
        text = None
        if sequence is not None and not _is_name(sequence):
            text = self._extra(cast_to(_without_casts(sequence).copy(), t.TEXT), guard)
        names = tuple(self._extra(each, guard) for each in arguments)
        guarded = None if guard is None else self._extra(guard, None)
        found = self._found
        found.calls.append(CallSite(function, names, guarded, sequence, text))
        return _column(f"{found.name}n{len(found.calls) - 1}")

    def _case(self, node: exp.Case, guard: exp.Expr | None) -> exp.Expr:
        """Each branch with a guard of its own: the first condition that holds, and none before it."""
        subject, branches = node.args.get("this"), []
        before: list[exp.Expr] = []
        if subject is not None and any(calls_in(subject)):
            raise self._refused(node)
        for branch in node.args["ifs"]:
            test = branch.this
            if any(calls_in(test)):
                raise self._refused(node)
            condition = test.copy() if subject is None else exp.EQ(this=subject.copy(), expression=test.copy())
            reached = _reached(before, condition, guard)
            branches.append(exp.If(this=self._computed(reached, None), true=self._outer(branch.args["true"], reached)))
            before.append(condition)
        default = node.args.get("default")
        last = None if default is None else self._outer(default, _reached(before, None, guard))
        return exp.Case(ifs=branches, default=last)

    def _coalesce(self, node: exp.Anonymous, guard: exp.Expr | None) -> exp.Expr:
        """A call is made where all before it are NULL."""
        made = node.copy()
        before: list[exp.Expr] = []
        parts: list[exp.Expr] = []
        called = False
        for each in node.expressions:
            has_calls = any(calls_in(each))
            if has_calls and called:
                raise self._refused(node)
            known = [exp.Is(this=one.copy(), expression=exp.Null(), negate=True) for one in before]
            reached = _reached(known, None, guard) if known else guard
            parts.append(self._outer(each, reached))
            called = called or has_calls
            if not has_calls:
                before.append(each)
        made.set("expressions", parts)
        return made

    def _computed(self, node: exp.Expr, guard: exp.Expr | None) -> exp.Expr:
        return _column(self._extra(node, guard))

    def _extra(self, node: exp.Expr, guard: exp.Expr | None) -> str:
        name = f"{self._found.name}x{len(self.extras)}"
        value = node.copy() if guard is None else exp.Case(ifs=[exp.If(this=guard.copy(), true=node.copy())])
        self.extras.append(exp.alias_(value, name, quoted=True))
        self._found.named.append(name)
        return name

    def _refused(self, node: exp.Expr) -> errors.FeatureNotSupported:
        call = next(calls_in(node))
        return refused_call(function_called(call) or "", position_at(call))


def _reached(before: Sequence[exp.Expr], condition: exp.Expr | None, guard: exp.Expr | None) -> exp.Expr:
    """The condition under which a branch of CASE is evaluated: no earlier one holds, but this; `None` for ELSE."""
    ifs = [exp.If(this=each.copy(), true=exp.false()) for each in before]
    if guard is not None:
        ifs.insert(0, exp.If(this=exp.Not(this=exp.Paren(this=guard.copy())), true=exp.false()))
    if condition is not None:
        ifs.append(exp.If(this=condition.copy(), true=exp.true()))
    return exp.Case(ifs=ifs, default=exp.true() if condition is None else exp.false()) if ifs else exp.true()


def _argument_types(function: str, call: exp.Anonymous, given: Sequence[exp.Expr]) -> Sequence[SqlType]:
    known = BACKEND_FUNCTIONS[function].signatures if function in BACKEND_FUNCTIONS else SEQUENCE_ARGUMENTS[function]
    types = next((each for each in known if len(each) == len(given)), None)
    lacks_name = function in SEQUENCE_ARGUMENTS and function != "lastval" and not call.expressions
    if types is None or lacks_name or (function == "lastval" and given):
        raise errors.UndefinedFunction(
            f"function {function}({', '.join('unknown' for _ in call.expressions)}) does not exist",
            hint="No function matches the given name and argument types. You might need to add explicit type casts.",
            position=position_at(call),
        )
    return types


def _name_of(item: exp.Expr) -> str | None:
    """What PostgreSQL calls an item of a select list with calls, where the query over their results would not."""
    if isinstance(item, exp.Alias):
        return fold(item.args["alias"])
    inner = item
    while isinstance(inner, exp.Cast | exp.Paren | exp.Case):
        if isinstance(inner, exp.Case):
            default = inner.args.get("default")
            inner_name = None if default is None else function_called(default)
            return inner_name or "case"
        inner = inner.this
    return function_called(inner)


def _is_star(item: exp.Expr) -> bool:
    return isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star))


def _is_constant(node: exp.Expr) -> bool:
    """Whether a value may be written in the outer query as well: its type is then open as it would have been."""
    return isinstance(node, exp.Literal | exp.Null | exp.Boolean | exp.Parameter)


def _is_name(argument: exp.Expr) -> bool:
    """Whether the argument that names a sequence is a constant."""
    inner = _without_casts(argument)
    return isinstance(inner, exp.Literal) and inner.is_string


def _without_casts(argument: exp.Expr) -> exp.Expr:
    while isinstance(argument, exp.Cast | exp.Paren):
        argument = argument.this
    return argument


def _column(name: str) -> exp.Column:
    return exp.Column(this=exp.to_identifier(name, quoted=True))
