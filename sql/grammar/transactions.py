"""BEGIN, COMMIT, ROLLBACK, savepoints and SET TRANSACTION."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.statements import (
    Begin,
    Commit,
    LockTables,
    Release,
    Rollback,
    RollbackTo,
    Savepoint,
    TransactionModes,
)
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from sql.names import QualifiedName
    from sql.statements import Isolation, OwnStatement
    from sql.tokens import TokenReader


def read_begin(reader: TokenReader) -> Begin:
    """BEGIN [WORK | TRANSACTION] modes, START TRANSACTION modes."""
    if reader.accept("start"):
        reader.expect("transaction")
        return Begin(read_modes(reader), "START TRANSACTION")
    reader.expect("begin")
    reader.accept_one_of("work", "transaction")
    return Begin(read_modes(reader), "BEGIN")


def read_modes(reader: TokenReader) -> TransactionModes:
    """ISOLATION LEVEL …, READ ONLY | READ WRITE, [NOT] DEFERRABLE; the last of a kind holds."""
    isolation: Isolation | None = None
    read_only: bool | None = None
    deferrable: bool | None = None
    while reader.token is not None:
        if reader.accept("isolation"):
            reader.expect("level")
            isolation = _isolation(reader)
        elif reader.accept("read"):
            mode = reader.accept_one_of("only", "write")
            if mode is None:
                reader.fail()
            read_only = mode == "only"
        elif reader.accept("not", "deferrable"):
            deferrable = False
        elif reader.accept("deferrable"):
            deferrable = True
        else:
            reader.fail()
        reader.accept(",")
    return TransactionModes(isolation, read_only, deferrable)


def _isolation(reader: TokenReader) -> Isolation:
    if reader.accept("serializable"):
        return "serializable"
    if reader.accept("repeatable", "read"):
        return "repeatable read"
    reader.expect("read")
    if reader.accept_one_of("committed", "uncommitted") is None:
        reader.fail()
    return "read committed"


def read_end(reader: TokenReader) -> OwnStatement:
    """COMMIT, END, ROLLBACK, ABORT, ROLLBACK TO."""
    word = reader.accept_one_of("commit", "end", "rollback", "abort")
    if word in ("commit", "rollback") and reader.word() == "prepared":
        reader.refuse(f"{word.upper()} PREPARED")
    reader.accept_one_of("work", "transaction")
    if word == "rollback" and reader.accept("to"):
        reader.accept("savepoint")
        return RollbackTo(reader.name())
    chain = False
    if reader.accept("and"):
        chain = not reader.accept("no")
        reader.expect("chain")
    return Commit(chain) if word in ("commit", "end") else Rollback(chain)


def read_savepoint(reader: TokenReader) -> OwnStatement:
    """SAVEPOINT n, RELEASE [SAVEPOINT] n."""
    if reader.accept("release"):
        reader.accept("savepoint")
        return Release(reader.name())
    reader.expect("savepoint")
    return Savepoint(reader.name())


def read_lock(reader: TokenReader) -> LockTables:
    """LOCK [TABLE] [ONLY] name [, …] [IN mode MODE] [NOWAIT]."""
    reader.expect("lock")
    reader.accept("table")
    tables = [_table(reader)]
    while reader.accept(","):
        tables.append(_table(reader))
    mode = LockMode.ACCESS_EXCLUSIVE
    if reader.accept("in"):
        mode = _mode(reader)
        reader.expect("mode")
    return LockTables(tuple(tables), mode, not reader.accept("nowait"))


def _table(reader: TokenReader) -> QualifiedName:
    reader.accept("only")
    name = reader.qualified_name()
    reader.accept("*")
    return name


def _mode(reader: TokenReader) -> LockMode:
    # The longer names first: SHARE begins some of them.
    by_length = sorted(LockMode, key=lambda mode: -len(mode.name))
    found = next((mode for mode in by_length if reader.accept(*mode.name.lower().split("_"))), None)
    if found is None:
        reader.fail()
    return found
