"""Names of objects in constants of a view, which mean the same object whatever it is called later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import UndefinedNamespace, UndefinedTable
from sql.text_names import name_of_text
from storage import types as t
from storage.catalog import SYSTEM_NAMESPACES

if TYPE_CHECKING:
    from sql.binding.context import Binding
    from storage.types import SqlType


def oid_meant(binding: Binding, text: str, target: SqlType, position: int | None) -> int | None:
    """The oid of the relation or schema of the user's that a constant names; `None` for another object.

    Raises `UndefinedTable`, `UndefinedNamespace` for a name that nothing has.
    """
    if text.isdigit() or text == "-":
        return None
    context = binding.context
    catalog = context.catalog
    if target.oid == t.REGNAMESPACE.oid:
        name = name_of_text(text, position)
        namespace = catalog.namespace(name.name)
        if namespace is None and name.name not in SYSTEM_NAMESPACES:
            raise UndefinedNamespace(f'schema "{name}" does not exist', position=position)
        return None if namespace is None else namespace.oid
    if target.oid != t.REGCLASS.oid:
        return None
    name = name_of_text(text, position)
    spaces = ("pg_catalog", *context.search_path) if name.namespace is None else (name.namespace,)
    for space in spaces:
        relation = catalog.relation(space, name.name)
        if relation is not None:
            return relation.oid
        if context.relations.find(space, name.name) is not None or catalog.is_taken(space, name.name):
            # One of the server's, or an index.
            return None
    raise UndefinedTable(f'relation "{name}" does not exist', position=position)
