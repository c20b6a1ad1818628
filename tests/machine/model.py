"""What a database does with the statements of the machine, in plain Python."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.machine import statements as s

if TYPE_CHECKING:
    from tests.machine.statements import Statement

Value = int | str | None

DUPLICATE_KEY = "23505"
NOT_NULL = "23502"
FAILED_BLOCK = "25P02"


class Refused(Exception):
    """The statement is refused with a SQLSTATE."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@dataclass
class Column:
    """A column: numbers are compared and shown as numbers, texts as texts."""

    type: str
    default: Value = None
    not_null: bool = False
    unique: bool = False

    def value(self, given: Value) -> Value:
        """A constant as the column has it. Raises `Refused` for a text that is no number."""
        if given is None:
            return None
        if self.type == "text":
            return str(given)
        try:
            return int(given)
        except ValueError:
            raise Refused("22P02") from None


@dataclass
class Table:
    """A table: its columns besides the key, in order, and its rows by key."""

    columns: dict[str, Column]
    rows: dict[int, dict[str, Value]] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """The column of that name."""
        if name not in self.columns:
            raise Refused("42703")
        return self.columns[name]

    def shown(self) -> list[tuple[Value, ...]]:
        """What SELECT * ORDER BY id gives."""
        return [(key, *(row[name] for name in self.columns)) for key, row in sorted(self.rows.items())]

    def check(self, changed: set[int]) -> None:
        """Raise `Refused` for what constraints say of these rows, or of all together."""
        for name, column in self.columns.items():
            if column.not_null and any(self.rows[key][name] is None for key in changed):
                raise Refused(NOT_NULL)
        for name, column in self.columns.items():
            values = [row[name] for row in self.rows.values() if row[name] is not None]
            if column.unique and len(set(values)) < len(values):
                raise Refused(DUPLICATE_KEY)


State = dict[str, Table]


class Model:
    """A database with one session."""

    def __init__(self) -> None:
        self.committed: State = {}
        self._own: State | None = None
        """In a transaction block: what it sees."""
        self._savepoints: list[tuple[str, State]] = []
        self.has_failed = False

    @property
    def is_in_block(self) -> bool:
        """Whether BEGIN was the last of BEGIN, COMMIT and ROLLBACK."""
        return self._own is not None

    @property
    def tables(self) -> State:
        """What the session sees."""
        return self.committed if self._own is None else self._own

    def crash(self) -> None:
        """What was not committed is gone."""
        self._end(self.committed)

    def run(self, statement: Statement) -> str | None:
        """Run a statement. Returns the SQLSTATE with which it is refused."""
        try:
            self._run(statement)
        except Refused as refused:
            self.has_failed = self.is_in_block
            return refused.sqlstate
        return None

    def _run(self, statement: Statement) -> None:
        match statement:
            case s.BEGIN:
                self._own = copy.deepcopy(self.committed)
            case s.COMMIT:
                self._end(self.committed if self.has_failed else self.tables)
            case s.ROLLBACK:
                self._end(self.committed)
            case s.ToSavepoint("ROLLBACK TO", name):
                at = self._place_of(name)
                del self._savepoints[at + 1 :]
                self._own, self.has_failed = copy.deepcopy(self._savepoints[at][1]), False
            case _ if self.has_failed:
                raise Refused(FAILED_BLOCK)
            case s.ToSavepoint("SAVEPOINT", name):
                self._savepoints.append((name, copy.deepcopy(self.tables)))
            case s.ToSavepoint("RELEASE", name):
                del self._savepoints[self._place_of(name) :]
            case _:
                after = copy.deepcopy(self.tables)
                _change(after, statement)
                if self._own is None:
                    self.committed = after
                else:
                    self._own = after

    def _end(self, state: State) -> None:
        self.committed, self._own, self.has_failed = state, None, False
        self._savepoints.clear()

    def _place_of(self, name: str) -> int:
        for at in reversed(range(len(self._savepoints))):
            if self._savepoints[at][0] == name:
                return at
        raise Refused("3B001")


def _change(tables: State, statement: Statement) -> None:
    if isinstance(statement, s.Create):
        if statement.table in tables:
            raise Refused("42P07")
        tables[statement.table] = Table({"n": Column("integer"), "s": Column("text", "new")})
        return
    assert isinstance(statement, s.OnTable)
    table = tables.get(statement.table)
    if table is None:
        raise Refused("42P01")
    match statement:
        case s.Drop(name):
            del tables[name]
        case s.Rename(name, to):
            if to in tables:
                raise Refused("42P07")
            tables[to] = tables.pop(name)
        case s.Truncate():
            table.rows.clear()
        case s.Insert():
            _insert(table, statement)
        case s.Update(_, name, value, first, last):
            column = table.column(name)
            new = column.value(value)
            found = {key for key in table.rows if first <= key <= last}
            for key in found:
                table.rows[key][name] = new
            table.check(found)
        case s.Delete(_, first, last):
            table.rows = {key: row for key, row in table.rows.items() if not first <= key <= last}
        case _:
            _alter(table, statement)


def _insert(table: Table, statement: s.Insert) -> None:
    column = table.column(statement.column)
    changed: set[int] = set()
    given = [(key, column.value(value)) for key, value in statement.rows]
    for key, value in given:
        new = {name: each.default for name, each in table.columns.items()} | {statement.column: value}
        if any(each.not_null and new[name] is None for name, each in table.columns.items()):
            raise Refused(NOT_NULL)
        if key in table.rows and isinstance(statement, s.Upsert):
            if statement.does == "nothing":
                continue
            if key in changed:
                raise Refused("21000")
            table.rows[key][statement.column] = value
        elif key in table.rows:
            raise Refused(DUPLICATE_KEY)
        else:
            table.rows[key] = new
        changed.add(key)
        table.check({key})


def _alter(table: Table, statement: s.OnTable) -> None:
    match statement:
        case s.AddColumn(_, name, default):
            if name in table.columns:
                raise Refused("42701")
            table.columns[name] = Column("integer", default)
            for row in table.rows.values():
                row[name] = default
        case s.DropColumn(_, name):
            table.column(name)
            del table.columns[name]
            for row in table.rows.values():
                del row[name]
        case s.RenameColumn(_, name, to):
            table.column(name)
            if to in table.columns:
                raise Refused("42701")
            table.columns = {to if each == name else each: column for each, column in table.columns.items()}
            for row in table.rows.values():
                row[to] = row.pop(name)
        case s.Retype(_, name, to):
            column = table.column(name)
            if column.type == "text" and to != "text":
                raise Refused("42804")
            column.type = to
            column.default = column.value(column.default)
            for row in table.rows.values():
                row[name] = column.value(row[name])
        case s.SetNotNull(_, name):
            table.column(name).not_null = True
            table.check(set(table.rows))
        case s.MakeUnique(_, name):
            table.column(name).unique = True
            table.check(set())
        case _:
            raise AssertionError(statement)
