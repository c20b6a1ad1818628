"""CREATE, ALTER and DROP SEQUENCE, and the sequences that columns have: serial and identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql import errors
from sql.clock import now_us
from sql.dependencies import plan_drop
from sql.drops import carry_out_drop
from sql.relation_names import choose_name
from sql.resolve import creation_namespace
from sql.result import Command
from sql.sequence_names import find_relation, find_sequence
from sql.sequence_rules import with_options
from sql.sequence_syntax import AlterSequence, CreateSequence, DropSequence
from storage import types as t
from storage.catalog_entries import SequenceGenerator, Table

if TYPE_CHECKING:
    from sql.names import QualifiedName
    from sql.sequence_syntax import OwnedBy, SequenceOptions, SequenceStatement
    from sql.session_state import SessionState
    from storage.catalog_entries import Column


def run_sequence_statement(statement: SequenceStatement, session: SessionState) -> Command:
    """Run a statement about sequences, in the session's transaction."""
    match statement:
        case CreateSequence():
            return _create(statement, session)
        case AlterSequence():
            return _alter(statement, session)
        case DropSequence():
            return _drop(statement, session)


def new_sequence(
    session: SessionState, namespace: str, name: str, options: SequenceOptions, *, identity: bool = False
) -> SequenceGenerator:
    """A sequence by its options, not in the catalog yet. Raises `InvalidParameterValue`."""
    transaction = session.block.for_writing("CREATE SEQUENCE")
    blank = SequenceGenerator(0, namespace, name, session.role.name, t.BIGINT, 1, 1, 1, 1, created_at=now_us())
    made = with_options(blank, options, None, identity=identity)
    return replace(made, oid=transaction.new_oid())


def sequence_of_column(
    session: SessionState, table: Table, column: Column, options: SequenceOptions, taken: set[str], *, identity: bool
) -> SequenceGenerator:
    """The sequence that a serial or identity column owns, not in the catalog yet; its name is added to `taken`.

    Raises `InvalidParameterValue`, `DuplicateTable`.
    """
    namespace = table.namespace
    if options.name is not None:
        name = options.name.name
        namespace = namespace if options.name.namespace is None else creation_namespace(session, options.name)
        if session.catalog.is_taken(namespace, name) or name in taken:
            raise errors.DuplicateTable(f'relation "{name}" already exists')
    else:
        name = choose_name(session.catalog, namespace, table.name, column.name, "seq", taken)
    taken.add(name)
    typed = options if options.type is not None else replace(options, type=column.type)
    made = new_sequence(session, namespace, name, typed, identity=identity)
    return replace(made, owner=table.owner, owned_by=(table.oid, column.number))


def restarted(session: SessionState, sequence: SequenceGenerator, first: int | None = None) -> SequenceGenerator:
    """The sequence as it begins anew, at `first` or at its start: a change of the catalog, which a rollback undoes."""
    store = session.block.for_writing("ALTER SEQUENCE").new_oid()
    return replace(sequence, store=store, first=first, version=sequence.version + 1)


def restart_identities(session: SessionState, tables: tuple[Table, ...]) -> None:
    """TRUNCATE … RESTART IDENTITY: the sequences that columns of the tables own begin anew, in the transaction."""
    oids = {table.oid for table in tables}
    owned = [each for each in session.catalog.sequences.values() if each.owned_by and each.owned_by[0] in oids]
    for sequence in owned:
        if not session.role.owns(sequence.owner):
            raise errors.InsufficientPrivilege(f"must be owner of sequence {sequence.name}")
        _put(session, "TRUNCATE TABLE", restarted(session, sequence))


def _put(session: SessionState, command: str, *sequences: SequenceGenerator) -> None:
    transaction = session.block.for_writing(command)
    for sequence in sequences:
        transaction.change_catalog(lambda catalog, sequence=sequence: catalog.with_relation(sequence))  # type: ignore[misc]  # a default argument binds the loop's value


def _create(statement: CreateSequence, session: SessionState) -> Command:
    namespace, name = creation_namespace(session, statement.name), statement.name.name
    if session.catalog.is_taken(namespace, name):
        if not statement.if_not_exists:
            raise errors.DuplicateTable(f'relation "{name}" already exists')
        session.notice(f'relation "{name}" already exists, skipping', sqlstate="42P07")
        return Command("CREATE SEQUENCE")
    sequence = new_sequence(session, namespace, name, statement.options)
    if statement.options.owned_by is not None:
        sequence = replace(sequence, owned_by=_owner(session, sequence, statement.options.owned_by))
    _put(session, "CREATE SEQUENCE", sequence)
    return Command("CREATE SEQUENCE")


def _alter(statement: AlterSequence, session: SessionState) -> Command:
    sequence = find_sequence(session.catalog, session.search_path, statement.name)
    if sequence is None:
        _missing(statement.name, session, "relation", if_exists=statement.if_exists)
        return Command("ALTER SEQUENCE")
    if not session.role.owns(sequence.owner):
        raise errors.InsufficientPrivilege(f"must be owner of sequence {sequence.name}")
    options = statement.options
    value = session.shared.storage.sequences.value(sequence)
    changed = with_options(sequence, options, value.last)
    changed = replace(changed, version=sequence.version + 1)
    if options.restart is not None:
        changed = restarted(session, changed, None if options.restart == "start" else options.restart)
    if options.owned_by is not None:
        changed = replace(changed, owned_by=_owner(session, sequence, options.owned_by))
    _put(session, "ALTER SEQUENCE", changed)
    return Command("ALTER SEQUENCE")


def _owner(session: SessionState, sequence: SequenceGenerator, owned_by: OwnedBy) -> tuple[int, int] | None:
    """The column that OWNED BY names. Raises what PostgreSQL raises where it cannot own the sequence."""
    identity = _identity_table(session, sequence)
    if identity is not None:
        raise errors.FeatureNotSupported(
            "cannot change ownership of identity sequence",
            detail=f'Sequence "{sequence.name}" is linked to table "{identity.name}".',
        )
    if owned_by.table is None:
        return None
    table = find_relation(session.catalog, session.search_path, owned_by.table)
    if table is None:
        raise errors.UndefinedTable(f'relation "{owned_by.table}" does not exist')
    if not isinstance(table, Table):
        raise errors.WrongObjectType(f'sequence cannot be owned by relation "{table.name}"')
    if table.owner != sequence.owner:
        raise errors.WrongState("sequence must have same owner as table it is linked to")
    if table.namespace != sequence.namespace:
        raise errors.WrongState("sequence must be in same schema as table it is linked to")
    column = table.column(owned_by.column)
    if column is None:
        raise errors.UndefinedColumn(f'column "{owned_by.column}" of relation "{table.name}" does not exist')
    return (table.oid, column.number)


def _identity_table(session: SessionState, sequence: SequenceGenerator) -> Table | None:
    """The table of whose identity column the sequence is."""
    if sequence.owned_by is None:
        return None
    table = session.catalog.table_by_oid(sequence.owned_by[0])
    number = sequence.owned_by[1]
    if table is None or not any(column.number == number and column.identity for column in table.columns):
        return None
    return table


def _drop(statement: DropSequence, session: SessionState) -> Command:
    found = []
    for name in statement.names:
        sequence = find_sequence(session.catalog, session.search_path, name, drop=True)
        if sequence is None:
            _missing(name, session, "sequence", if_exists=statement.if_exists)
            continue
        if not session.role.owns(sequence.owner):
            raise errors.InsufficientPrivilege(f"must be owner of sequence {sequence.name}")
        table = _identity_table(session, sequence)
        if table is not None and sequence.owned_by is not None:
            column = next(each.name for each in table.columns if each.number == sequence.owned_by[1])
            raise errors.DependentObjectsStillExist(
                f"cannot drop sequence {sequence.name} because column {column} of table {table.name} requires it",
                hint=f"You can drop column {column} of table {table.name} instead.",
            )
        found.append(sequence)
    if found:
        carry_out_drop(plan_drop(session, found, cascade=statement.cascade), session, "DROP SEQUENCE")
    return Command("DROP SEQUENCE")


def _missing(name: QualifiedName, session: SessionState, kind: str, *, if_exists: bool) -> None:
    if not if_exists:
        raise errors.UndefinedTable(f'{kind} "{name}" does not exist')
    session.notice(f'{kind} "{name.name}" does not exist, skipping')
