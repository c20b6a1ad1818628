"""FLUSH, COMPACT, VACUUM, UNDROP, BACKUP and RESTORE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.errors import SqlSyntaxError
from sql.grammar.job_options import read_start_options, read_text
from sql.job_syntax import (
    BackupDatabase,
    CompactTable,
    FlushAllTables,
    FlushTable,
    RestoreDatabase,
    UndropTable,
    Vacuum,
)
from sql.words import words

if TYPE_CHECKING:
    from sql.names import QualifiedName
    from sql.tokens import TokenReader

_VACUUM_OPTIONS: Final = words(
    "full freeze verbose analyze disable_page_skipping skip_locked index_cleanup process_toast truncate parallel"
)
"""PostgreSQL 15's. `full` is what is done anyway; the others choose how its own storage is gone through."""
_VACUUM_WORDS: Final = ("full", "freeze", "verbose", "analyze")
"""Those that may stand without parentheses, in this order."""


def read_flush(reader: TokenReader) -> FlushTable | FlushAllTables:
    """FLUSH TABLE t, FLUSH ALL [TABLES] [IN NAMESPACE n], behind STORAGE or not."""
    reader.accept("storage")
    reader.expect("flush")
    if reader.accept("table"):
        return FlushTable(reader.qualified_name(), read_start_options(reader))
    reader.expect("all")
    reader.accept("tables")
    namespace = None
    if reader.accept("in"):
        if not reader.accept_one_of("namespace", "schema"):
            reader.fail()
        namespace = reader.name()
    return FlushAllTables(namespace, read_start_options(reader))


def read_compact(reader: TokenReader) -> CompactTable:
    """COMPACT TABLE t."""
    reader.expect("compact", "table")
    return CompactTable(reader.qualified_name(), read_start_options(reader))


def read_vacuum(reader: TokenReader) -> Vacuum:
    """VACUUM [FULL] [FREEZE] [VERBOSE] [ANALYZE] | (options) [a, b]."""
    reader.expect("vacuum")
    if reader.word() == "(":
        chosen = _vacuum_options(reader)
    else:
        chosen = [word for word in _VACUUM_WORDS if reader.accept(word)]
    tables: tuple[QualifiedName, ...] = ()
    if reader.word() != "with" and reader.token is not None:
        tables = reader.qualified_names()
        if reader.word() == "(":
            reader.refuse("VACUUM of columns")
    ignored = tuple(option for option in chosen if option != "full")
    return Vacuum(tables, ignored, read_start_options(reader))


def _vacuum_options(reader: TokenReader) -> list[str]:
    """The options in parentheses that are not switched off."""
    chosen = []
    reader.expect("(")
    while True:
        position, option = reader.position, reader.word()
        if not option.isidentifier():
            reader.fail()
        if option not in _VACUUM_OPTIONS:
            raise SqlSyntaxError(f'unrecognized VACUUM option "{option}"', position=position)
        reader.index += 1
        value = reader.accept_string()
        if value is None and reader.word() not in ("", ",", ")"):
            value = reader.word()
            reader.index += 1
        if value is None or value.lower() not in ("false", "off", "0"):
            chosen.append(option)
        if not reader.accept(","):
            break
    reader.expect(")")
    return chosen


def read_undrop(reader: TokenReader) -> UndropTable:
    """UNDROP TABLE t [RENAME TO new_name]."""
    reader.expect("undrop", "table")
    table = reader.qualified_name()
    if not reader.accept("rename"):
        return UndropTable(table)
    reader.expect("to")
    return UndropTable(table, reader.name())


def read_backup(reader: TokenReader) -> BackupDatabase:
    """BACKUP DATABASE TO 'name'."""
    reader.expect("backup", "database", "to")
    return BackupDatabase(read_text(reader), read_start_options(reader))


def read_restore(reader: TokenReader) -> RestoreDatabase:
    """RESTORE DATABASE FROM 'name'."""
    reader.expect("restore", "database", "from")
    return RestoreDatabase(read_text(reader), read_start_options(reader))
