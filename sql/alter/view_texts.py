"""Views whose text names what gets another name: they go on reading the same, under the names that they know it by.

As in PostgreSQL a view keeps the names of its own columns, and what it reads is found by what it is. Where a view names
a relation in its FROM, the text gets the relation's new name and, as an alias, the old one, with the old names of its
columns: `FROM public.new AS old(a, b)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from sqlglot import exp

from sql import errors
from sql.dependencies import views_on
from sql.names import fold
from sql.relations.identifiers import qualified, quote_identifier
from sql.relations.view_definitions import view_tree
from storage.catalog_entries import Table, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage.catalog import Catalog
    from storage.catalog_entries import Relation


class Renaming(Struct, frozen=True):
    """A relation as it was and as it will be, or perhaps with other names for its columns, or without some of them."""

    before: Relation
    after: Relation


def views_after(catalog: Catalog, renamings: Sequence[Renaming]) -> dict[int, View]:
    """The views, by oid, that name what is renamed, as they will be. Raises `FeatureNotSupported`."""
    found: dict[int, View] = {}
    for renaming in renamings:
        for view in views_on(catalog, renaming.before):
            before = found.get(view.oid, view)
            text = _text_after(before, renaming)
            if text != before.text:
                found[view.oid] = replace(before, text=text, version=view.version + 1)
    return found


def _text_after(view: View, renaming: Renaming) -> str:
    before, text = renaming.before, view.text
    places = []
    for node in view_tree(text).find_all(exp.Table):
        namespace = node.args.get("db")
        if namespace is not None and (fold(namespace), fold(node.this)) == (before.namespace, before.name):
            places.append(_place(view, node, renaming))
    for start, end, written in sorted(places, reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _place(view: View, node: exp.Table, renaming: Renaming) -> tuple[int, int, str]:
    """From where to where a relation stands in FROM, with its alias, and what to write there."""
    alias = node.args.get("alias")
    listed = [] if alias is None else [fold(column) for column in alias.args.get("columns") or ()]
    parts = [node.args["db"], node.this, *(() if alias is None else alias.find_all(exp.Identifier))]
    if any("end" not in part.meta for part in parts):
        raise errors.FeatureNotSupported(f'view "{view.name}" names what is renamed in a way that cannot be changed')
    start = min(int(part.meta["start"]) for part in parts)
    end = max(int(part.meta["end"]) for part in parts) + 1
    if listed:
        end = view.text.index(")", end) + 1
    called = renaming.before.name if alias is None else fold(alias.this)
    names = _known_names(renaming, listed)
    after = renaming.after
    columns = [name for _, name in _columns(after)]
    written = qualified(after.namespace, after.name)
    while names and names[-1] == columns[len(names) - 1]:
        # Those at the end that have their own names need not be written.
        names.pop()
    if names:
        written += f" AS {quote_identifier(called)}({', '.join(map(quote_identifier, names))})"
    elif called != after.name or alias is not None:
        written += f" AS {quote_identifier(called)}"
    return start, end, written


def _known_names(renaming: Renaming, listed: Sequence[str]) -> list[str]:
    """What a view calls the columns that there will be: as it calls them now, and new ones by their names."""
    names = [name for _, name in _columns(renaming.before)]
    known = [*listed, *names[len(listed) :]]
    numbers = [number for number, _ in _columns(renaming.before)]
    called = dict(zip(numbers, known, strict=True))
    return [called.get(number) or _unlike(name, known) for number, name in _columns(renaming.after)]


def _unlike(name: str, known: Sequence[str]) -> str:
    """A new column's name, or, where the view calls another column so, one that the view does not know."""
    while name in known:
        name += "_"
    return name


def _columns(relation: Relation) -> Iterable[tuple[int, str]]:
    if isinstance(relation, Table):
        return [(column.number, column.name) for column in relation.columns]
    if isinstance(relation, View):
        return [(number, column.name) for number, column in enumerate(relation.columns, start=1)]
    return []
