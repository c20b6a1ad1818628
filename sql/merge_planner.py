"""MERGE → plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from sqlglot import exp

from sql.binder import bind_merge
from sql.binding.merge import check_reachable
from sql.errors import FeatureNotSupported
from sql.generated_columns import not_insertable
from sql.names import QualifiedName, fold, is_default, position_of
from sql.plan import MergeQuery
from sql.privileges import require_privilege
from sql.resolve import find_relation, table_for
from sql.write_planner import default_of, fill_defaults
from storage.catalog_entries import Table

if TYPE_CHECKING:
    from sql.merge_syntax import Merge, MergeAction
    from sql.resolve import Action
    from sql.session_state import SessionState
    from storage.types import SqlType

_NEEDED: Final[dict[str, Action]] = {"update": "update", "delete": "delete", "insert": "insert"}


def plan_merge(merge: Merge, session: SessionState, declared: tuple[SqlType | None, ...]) -> MergeQuery:
    """The plan of a MERGE. Raises `SqlError`."""
    namespace = merge.target.args.get("db")
    position = position_of(merge.target) or 0
    name = QualifiedName(None if namespace is None else fold(namespace), fold(merge.target.this), position)
    found = find_relation(session, name)
    if found is not None and not isinstance(found, Table):
        raise FeatureNotSupported(
            f'cannot execute MERGE on relation "{found.name}"', detail="This operation is not supported for views."
        )
    wanted = [_NEEDED[action.kind] for action in merge.actions if action.kind in _NEEDED]
    table = table_for(session, name, wanted[0] if wanted else "update")
    for action in wanted[1:]:
        table_for(session, name, action)
    require_privilege(session.role, table, "SELECT")
    check_reachable(merge.actions)
    merge = replace(merge, actions=tuple(_with_defaults(action, table) for action in merge.actions))
    defaults = {position: default_of(table, position) for position in range(len(table.columns))}
    query, numbered = bind_merge(merge, table, defaults, session.bind_context(declared))
    return MergeQuery(table, query, tuple(action.kind for action in merge.actions), numbered)


def _with_defaults(action: MergeAction, table: Table) -> MergeAction:
    """The action with what DEFAULT stands for; of INSERT these are left out, since all columns have their defaults."""
    if action.tree is None:
        return action
    tree = action.tree.copy()
    if isinstance(tree, exp.Update):
        fill_defaults(tree.expressions, table)
    elif isinstance(tree.args.get("expression"), exp.Values):
        names = [fold(each) for each in tree.this.expressions] if isinstance(tree.this, exp.Schema) else None
        columns = [column.name for column in table.columns] if names is None else names
        positions = {column.name: position for position, column in enumerate(table.columns)}
        row = tree.args["expression"].expressions[0]
        for column, value in zip(columns, list(row.expressions), strict=False):
            place = positions.get(column)
            if place is None:
                continue
            if is_default(value):
                value.replace(default_of(table, place))
            elif table.columns[place].generated is not None:
                raise not_insertable(table.columns[place])
    return replace(action, tree=tree)
