"""A statement taken apart: what in its WITH clause and its subqueries is to be run by itself, and what is left.

INSERT, UPDATE and DELETE in WITH are such steps, queries with FOR UPDATE or its like wherever they stand, and what is
left of queries without the calls that are made for each of their rows (`sql.call_splitting`). So is a query in WITH
that one of these reads: it is computed once for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from sqlglot import exp

from sql.binding.locked_rows import check_lockable, first_lock
from sql.binding.parts import marker_of
from sql.call_filters import filters_by_calls, split_filter
from sql.call_splitting import (
    asks_sequence,
    calls_for_rows,
    calls_in,
    changes_sequence,
    is_plain_call,
    is_plain_number,
    require_no_calls,
    split,
    takes_numbers_whole,
)
from sql.errors import DuplicateAlias, InvalidRecursion
from sql.names import fold, position_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sql.call_splitting import Split

_CHANGES = (exp.Insert, exp.Update, exp.Delete)


class Step(Struct, frozen=True):
    """One of the steps: what the others call it, and its tree. A query that has no name is a subquery."""

    name: str
    alias: exp.TableAlias
    tree: exp.Expr
    kind: Literal["change", "locking query", "calls", "query"]
    is_subquery: bool = False
    is_recursive: bool = False
    split: Split | None = None
    """Of a query with calls, of which `tree` is the inner query."""


class Steps(Struct, frozen=True):
    """The steps of a statement in order, and the statement without them."""

    steps: tuple[Step, ...]
    rest: exp.Expr

    def read_beside(self) -> set[str]:
        """The names that RETURNING and ON CONFLICT may read: they are texts of their own."""
        return names_read_beside(self.rest).union(*(names_read_beside(step.tree) for step in self.steps))


def steps_of(tree: exp.Expr) -> Steps | None:
    """The statement taken apart; `None` where there is nothing to be run by itself.

    Raises `FeatureNotSupported` for calls of functions that act on sessions where it is not clear how often they
    would be made.
    """
    finders = (_locks_apart, _with_calls, _single_values)
    if not (writes_in_with(tree) or _reads_with_beside(tree) or any(any(find(tree)) for find in finders)):
        require_no_calls(tree)
        return None
    rest = tree.copy()
    clause = rest.args.get("with_")
    steps: list[Step] = []
    if clause is not None:
        rest.set("with_", None)
        for each in clause.expressions:
            steps += _take_subqueries(each.this, len(steps))
            steps += _take_calls(each.this, len(steps))
            body = each.this
            name, recursive = fold(each.args["alias"].this), bool(clause.args.get("recursive"))
            if any(step.name == name for step in steps):
                raise DuplicateAlias(
                    f'WITH query name "{name}" specified more than once', position=position_at(each.args["alias"])
                )
            is_recursive = recursive and name in names_read(body)
            if is_recursive and isinstance(body, _CHANGES):
                raise InvalidRecursion(
                    f'recursive query "{name}" must not contain data-modifying statements',
                    position=position_at(each.args["alias"]),
                )
            steps.append(Step(name, each.args["alias"], body, _kind_of(body), is_recursive=is_recursive))
    steps += _take_subqueries(rest, len(steps))
    # So that the statement itself can be replaced.
    around = exp.Subquery(this=rest)
    steps += _take_calls(rest, len(steps))
    for each in (around, *(step.tree for step in steps)):
        require_no_calls(each)
    return Steps(tuple(steps), around.this.pop())


def writes_in_with(tree: exp.Expr) -> bool:
    """Whether there are INSERT, UPDATE or DELETE in the WITH clause of a statement."""
    clause = tree.args.get("with_")
    return clause is not None and any(isinstance(each.this, _CHANGES) for each in clause.expressions)


def names_read_beside(tree: exp.Expr) -> set[str]:
    """The names in RETURNING and ON CONFLICT that may be those of WITH queries."""
    clauses = (tree.args.get("returning"), tree.args.get("conflict")) if isinstance(tree, _CHANGES) else ()
    return set().union(*(names_read(clause) for clause in clauses if clause is not None))


def _reads_with_beside(tree: exp.Expr) -> bool:
    clause = tree.args.get("with_")
    return clause is not None and not names_read_beside(tree).isdisjoint(
        {fold(each.args["alias"].this) for each in clause.expressions}
    )


def _kind_of(tree: exp.Expr) -> Literal["change", "locking query", "query"]:
    if isinstance(tree, _CHANGES):
        return "change"
    return "query" if first_lock(tree) is None else "locking query"


def _locks_apart(tree: exp.Expr) -> Iterator[exp.Select]:
    """The queries with FOR UPDATE in a statement, but for those at its top; inner ones after those around them."""
    top = {id(each) for each in _top(tree)}
    for select in tree.find_all(exp.Select, bfs=False):
        if select.args.get("locks") and id(select) not in top:
            yield select


def _top(tree: exp.Expr) -> Iterator[exp.Expr]:
    yield tree
    if isinstance(tree, exp.Subquery):
        yield from _top(tree.this)
    elif isinstance(tree, exp.SetOperation):
        yield from _top(tree.this)
        yield from _top(tree.expression)


def _take_subqueries(tree: exp.Expr, number: int) -> list[Step]:
    """Take the locking queries out of a tree, and leave queries of what they will have given."""
    steps: list[Step] = []
    for select in reversed(list(_locks_apart(tree))):
        _require_alone(select)
        # A name that nobody can write.
        name = f"\0{number + len(steps)}"
        source = exp.Table(this=exp.to_identifier(name, quoted=True))
        select.replace(exp.Select(expressions=[exp.Star()], from_=exp.From(this=source)))
        alias = exp.TableAlias(this=exp.to_identifier(name, quoted=True))
        steps.append(Step(name, alias, select, "locking query", is_subquery=True))
    return steps


def _with_calls(tree: exp.Expr) -> Iterator[exp.Select]:
    """The queries in a statement with calls in their lists or conditions; inner ones after those around them."""
    for select in tree.find_all(exp.Select, bfs=False):
        is_numbered = isinstance(select.parent, exp.Insert) and takes_numbers_whole(select)
        if filters_by_calls(select) or (calls_for_rows(select) and not is_numbered):
            yield select


def _take_calls(tree: exp.Expr, number: int) -> list[Step]:
    """Take the calls out of the queries in a tree, which has something around it, and leave queries of the rest."""
    steps: list[Step] = []
    for select in reversed(list(_with_calls(tree))):
        around: exp.Select = select
        while filters_by_calls(around) or calls_for_rows(around):
            name = f"\0{number + len(steps)}"
            found = split_filter(around, name) if filters_by_calls(around) else split(around, name)
            around.replace(found.outer)
            alias = exp.TableAlias(this=exp.to_identifier(name, quoted=True))
            steps.append(Step(name, alias, found.inner, "calls", select is not tree, split=found))
            around = found.outer
    return steps + _take_values(tree, number + len(steps))


def _take_values(tree: exp.Expr, number: int) -> list[Step]:
    """Take single calls out: in VALUES behind INSERT, and of what a sequence stands at wherever it is asked for."""
    steps: list[Step] = []
    for value in list(_single_values(tree)):
        name = f"\0{number + len(steps)}"
        found = split(exp.Select(expressions=[value.copy()]), name)
        made = found.outer.expressions[0]
        made = made.this if isinstance(made, exp.Alias) else made
        around = exp.Paren(this=made)
        for column in list(around.find_all(exp.Column)):
            query = exp.Select(expressions=[column.copy()], from_=found.outer.args["from_"].copy())
            column.replace(exp.Subquery(this=query))
        value.replace(around.this)
        alias = exp.TableAlias(this=exp.to_identifier(name, quoted=True))
        steps.append(Step(name, alias, found.inner, "calls", is_subquery=True, split=found))
    return steps


def _single_values(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Values that are computed once, with calls that nothing else sees to."""
    source = tree.args.get("expression")
    if isinstance(tree, exp.Insert) and isinstance(source, exp.Values):
        cells = [cell for row in source.expressions if isinstance(row, exp.Tuple) for cell in row.expressions]
        # A compiled INSERT makes plain calls itself, if nothing else in it is too much for that.
        if any(any(calls_in(cell)) for cell in cells) and not all(map(is_plain_call, cells)):
            yield from (cell for cell in cells if not is_plain_number(cell) and any(calls_in(cell)))
        return
    if not any(changes_sequence(call) for call in tree.find_all(exp.Anonymous)):
        for call in tree.find_all(exp.Anonymous):
            if asks_sequence(call) and call.find_ancestor(exp.Returning, exp.OnConflict) is None:
                yield call


def _require_alone(select: exp.Select) -> None:
    around = select.parent
    while isinstance(around, exp.Subquery):
        around = around.parent
    if isinstance(around, exp.SetOperation):
        check_lockable(around)


def names_read(tree: exp.Expr) -> set[str]:
    """The names in a tree that may be those of WITH queries."""
    return {
        fold(table.this)
        for table in tree.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and not table.args.get("db")
    }


def with_markers(tree: exp.Expr, parts: Mapping[str, tuple[int, exp.TableAlias]]) -> exp.Expr:
    """The tree with markers for the parts that it reads, before what it has in WITH itself."""
    clause = tree.args.get("with_")
    own: Sequence[exp.Expr] = () if clause is None else clause.expressions
    hidden = {fold(each.args["alias"].this) for each in own}
    wanted = names_read(tree) - hidden
    markers = [marker_of(number, alias) for name, (number, alias) in parts.items() if name in wanted]
    if markers:
        recursive = clause is not None and clause.args.get("recursive")
        tree.set("with_", exp.With(expressions=[*markers, *own], recursive=recursive))
    return tree


def as_query(step: Step) -> exp.Expr:
    """The tree of a step that is a query: of a recursive one a query around it."""
    if not step.is_recursive:
        return step.tree
    name = exp.to_identifier(step.name, quoted=True)
    itself = exp.CTE(this=step.tree, alias=exp.TableAlias(this=name.copy()))
    columns = step.alias.args.get("columns")
    if columns:
        itself.args["alias"].set("columns", [each.copy() for each in columns])
    source = exp.From(this=exp.Table(this=name))
    return exp.Select(expressions=[exp.Star()], from_=source, with_=exp.With(expressions=[itself], recursive=True))


def without_parts(tree: exp.Expr) -> exp.Expr:
    """The statement as if none of its subqueries locked what they give, and calls gave NULL."""
    around = exp.Subquery(this=tree.copy())
    for select in list(_locks_apart(around.this)):
        select.set("locks", None)
    for select in list(_with_calls(around.this)):
        for item in select.expressions:
            for call in list(calls_in(item)):
                call.replace(exp.Null())
    whole: exp.Expr = around.this.pop()
    return whole
