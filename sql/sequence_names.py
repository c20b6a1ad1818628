"""Names → sequences: in statements, in the text that nextval() and its like are given, and in stored defaults."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from sql import errors
from sql.names import QualifiedName, position_at
from sql.privileges import has_privilege
from sql.relations.identifiers import qualified, quote_identifier
from sql.text_names import name_of_text
from sql.token_rewrites import call_of
from sql.tokens import scan, string_value
from sql.type_names import type_of
from storage import types as t
from storage.catalog_entries import SequenceGenerator, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.acting_role import ActingRole
    from storage.catalog import Catalog
    from storage.catalog_entries import Relation

    Path = tuple[str, ...]

_BY_OID: Final = re.compile(r"nextval\('(\d+)'::regclass\)")
"""How a stored default names a sequence: a name could change."""

_OBJECTS: Final = {"Table": "TABLE", "View": "VIEW"}


def find_relation(catalog: Catalog, path: Path, name: QualifiedName) -> Relation | None:
    """The table, view or sequence that a name means; `None` if there is none."""
    for namespace in path if name.namespace is None else (name.namespace,):
        relation = catalog.relation(namespace, name.name)
        if relation is not None:
            return relation
    return None


def find_sequence(catalog: Catalog, path: Path, name: QualifiedName, *, drop: bool = False) -> SequenceGenerator | None:
    """The sequence that a name means; `None` if there is none. Raises `WrongObjectType` for another relation."""
    relation = find_relation(catalog, path, name)
    if relation is None or isinstance(relation, SequenceGenerator):
        return relation
    word = _OBJECTS[type(relation).__name__]
    hint = f"Use DROP {word} to remove a {word.lower()}." if drop else None
    raise errors.WrongObjectType(f'"{relation.name}" is not a sequence', hint=hint)


def sequence_of_text(catalog: Catalog, path: Path, text: str, position: int | None = None) -> SequenceGenerator:
    """The sequence that a text names, as regclass reads it: a name, quoted where it has to be, or an oid.

    Raises `UndefinedTable`, `WrongObjectType`, `InvalidName`.
    """
    if text.isdigit():
        relation = catalog.relation_by_oid(int(text))
        if relation is None:
            raise errors.UndefinedTable(f'relation "{text}" does not exist', position=position)
        name = QualifiedName(relation.namespace, relation.name, 0)
    else:
        name = name_of_text(text, position)
    sequence = find_sequence(catalog, path, name)
    if sequence is None and name.namespace is not None and catalog.namespace(name.namespace) is None:
        raise errors.UndefinedNamespace(f'schema "{name.namespace}" does not exist', position=position)
    if sequence is None:
        raise errors.UndefinedTable(f'relation "{name}" does not exist', position=position)
    return sequence


def sequence_argument(catalog: Catalog, path: Path, tree: exp.Expr) -> SequenceGenerator | None:
    """The sequence that a constant argument names: `'s'`, `'s'::regclass`, `'s'::text`. `None` for another one."""
    position = position_at(tree)
    while isinstance(tree, exp.Cast | exp.Paren):
        if isinstance(tree, exp.Cast) and type_of(tree).oid not in (t.REGCLASS.oid, t.TEXT.oid):
            return None
        tree = tree.this
    if isinstance(tree, exp.Literal) and tree.is_string:
        return sequence_of_text(catalog, path, str(tree.this), position)
    if isinstance(tree, exp.Anonymous) and call_of(tree)[1] == "pg_get_serial_sequence":
        return _serial_sequence(catalog, path, tree.expressions)
    return None


def _serial_sequence(catalog: Catalog, path: Path, arguments: Sequence[exp.Expr]) -> SequenceGenerator | None:
    """What pg_get_serial_sequence('table', 'column') names; `None` unless both are constants, or where it is NULL."""
    texts = [str(each.this) for each in arguments if isinstance(each, exp.Literal) and each.is_string]
    if len(texts) != len(arguments) or len(texts) != 2:
        return None
    table = find_relation(catalog, path, name_of_text(texts[0], None))
    column = table.column(texts[1]) if isinstance(table, Table) else None
    if table is None or column is None:
        return None
    at = (table.oid, column.number)
    return next((each for each in catalog.sequences.values() if each.owned_by == at), None)


def usable_sequence(catalog: Catalog, path: Path, role: ActingRole, tree: exp.Expr) -> SequenceGenerator | None:
    """As `sequence_argument`, for a role that takes numbers of it. Raises `InsufficientPrivilege`."""
    sequence = sequence_argument(catalog, path, tree)
    if sequence is not None:
        require_numbers(catalog, role, sequence)
    return sequence


def require_numbers(catalog: Catalog, role: ActingRole, sequence: SequenceGenerator) -> None:
    """Raise `InsufficientPrivilege` unless the role may take numbers.

    Those of an identity column, and of a column of a user table, may be taken by everyone who may insert there.
    """
    if has_privilege(role, sequence, "USAGE") or has_privilege(role, sequence, "UPDATE"):
        return
    owner = owning_column(catalog, sequence)
    if owner is not None:
        table, name = owner
        column = table.column(name)
        with_table = table.type == "user" or (column is not None and column.identity is not None)
        if with_table and has_privilege(role, table, "INSERT"):
            return
    raise errors.InsufficientPrivilege(f"permission denied for sequence {sequence.name}")


def sequences_in_default(default: str | None) -> tuple[int, ...]:
    """The oids of the sequences from which a stored default takes numbers."""
    return () if default is None else tuple(int(oid) for oid in _BY_OID.findall(default))


def name_sequences_by_oid(default: str, catalog: Catalog, path: Path) -> str:
    """A default as it was written, with the oid of the sequence in each call of nextval()."""
    text, offset = default, 0
    for tokens in scan(default):
        for index, token in enumerate(tokens[:-2]):
            argument = tokens[index + 2]
            if token.text.lower() != "nextval" or tokens[index + 1].text != "(":
                continue
            end = next(each for each in tokens[index + 3 :] if each.text == ")")
            sequence = sequence_of_text(catalog, path, string_value(argument, default))
            named = default_of_sequence(sequence)
            text = text[: token.start + offset] + named + text[end.end + 1 + offset :]
            offset += len(named) - (end.end + 1 - token.start)
    return text


def default_of_sequence(sequence: SequenceGenerator) -> str:
    """The stored default of a column that takes its values from a sequence."""
    return f"nextval('{sequence.oid}'::regclass)"


def shown_default(catalog: Catalog, default: str, visible_in: tuple[str, ...]) -> str:
    """A stored default for people: with the names of sequences, qualified unless the search path has their schema."""

    def named(match: re.Match[str]) -> str:
        sequence = catalog.sequences.get(int(match[1]))
        if sequence is None:
            return match[0]
        plain = sequence.namespace in visible_in
        name = quote_identifier(sequence.name) if plain else qualified(sequence.namespace, sequence.name)
        escaped = name.replace("'", "''")
        return f"nextval('{escaped}'::regclass)"

    return _BY_OID.sub(named, default)


def owning_column(catalog: Catalog, sequence: SequenceGenerator) -> tuple[Table, str] | None:
    """The table and the name of the column that a sequence goes with."""
    if sequence.owned_by is None:
        return None
    table = catalog.table_by_oid(sequence.owned_by[0])
    if table is None:
        return None
    return next(((table, each.name) for each in table.columns if each.number == sequence.owned_by[1]), None)
