"""Statements that the machine of test_sql_machine.py runs: what they say, as data and as SQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(frozen=True)
class Statement(ABC):
    """A statement; `sql` is its text."""

    @property
    @abstractmethod
    def sql(self) -> str:
        """As PostgreSQL and SiltDB read it."""


@dataclass(frozen=True)
class Plain(Statement):
    """A statement that says all in its text: BEGIN, COMMIT and their like."""

    text: str

    @property
    def sql(self) -> str:
        """The text."""
        return self.text


BEGIN, COMMIT, ROLLBACK = Plain("BEGIN"), Plain("COMMIT"), Plain("ROLLBACK")


@dataclass(frozen=True)
class ToSavepoint(Statement):
    """SAVEPOINT, ROLLBACK TO or RELEASE a name."""

    verb: str
    name: str

    @property
    def sql(self) -> str:
        """The verb and the name."""
        return f"{self.verb} {self.name}"


@dataclass(frozen=True)
class OnTable(Statement):
    """A statement about one table."""

    table: str


@dataclass(frozen=True)
class Create(OnTable):
    """A table with a key and two columns, one of them with a default."""

    @property
    def sql(self) -> str:
        """CREATE TABLE."""
        return f"CREATE TABLE {self.table} (id integer PRIMARY KEY, n integer, s text DEFAULT 'new')"


@dataclass(frozen=True)
class Drop(OnTable):
    """DROP TABLE."""

    @property
    def sql(self) -> str:
        """DROP TABLE."""
        return f"DROP TABLE {self.table}"


@dataclass(frozen=True)
class Truncate(OnTable):
    """TRUNCATE."""

    @property
    def sql(self) -> str:
        """TRUNCATE."""
        return f"TRUNCATE {self.table}"


@dataclass(frozen=True)
class Rename(OnTable):
    """ALTER TABLE … RENAME TO."""

    to: str

    @property
    def sql(self) -> str:
        """ALTER TABLE."""
        return f"ALTER TABLE {self.table} RENAME TO {self.to}"


@dataclass(frozen=True)
class Insert(OnTable):
    """Rows of `id` and another column, which may be NULL; the rest are defaults."""

    column: str
    rows: tuple[tuple[int, int | str | None], ...]

    @property
    def values(self) -> str:
        """VALUES and its lists."""
        return "VALUES " + ", ".join(f"({key}, {literal(value)})" for key, value in self.rows)

    @property
    def sql(self) -> str:
        """INSERT."""
        return f"INSERT INTO {self.table} (id, {self.column}) {self.values}"


@dataclass(frozen=True)
class Upsert(Insert):
    """The same, but a row that is there takes the new value."""

    does: str
    """`nothing` or `update`."""

    @property
    def sql(self) -> str:
        """INSERT … ON CONFLICT."""
        action = "NOTHING" if self.does == "nothing" else f"UPDATE SET {self.column} = excluded.{self.column}"
        return f"{super().sql} ON CONFLICT (id) DO {action}"


@dataclass(frozen=True)
class Update(OnTable):
    """All rows with ids of a range take a value."""

    column: str
    value: int | str | None
    first: int
    last: int

    @property
    def sql(self) -> str:
        """UPDATE."""
        where = f"id BETWEEN {self.first} AND {self.last}"
        return f"UPDATE {self.table} SET {self.column} = {literal(self.value)} WHERE {where}"


@dataclass(frozen=True)
class Delete(OnTable):
    """Rows with ids of a range go."""

    first: int
    last: int

    @property
    def sql(self) -> str:
        """DELETE."""
        return f"DELETE FROM {self.table} WHERE id BETWEEN {self.first} AND {self.last}"


@dataclass(frozen=True)
class AddColumn(OnTable):
    """ALTER TABLE … ADD COLUMN; rows that are there have the default."""

    column: str
    default: int | None

    @property
    def sql(self) -> str:
        """ALTER TABLE."""
        default = "" if self.default is None else f" DEFAULT {self.default}"
        return f"ALTER TABLE {self.table} ADD COLUMN {self.column} integer{default}"


@dataclass(frozen=True)
class DropColumn(OnTable):
    """ALTER TABLE … DROP COLUMN."""

    column: str

    @property
    def sql(self) -> str:
        """ALTER TABLE."""
        return f"ALTER TABLE {self.table} DROP COLUMN {self.column}"


@dataclass(frozen=True)
class RenameColumn(OnTable):
    """ALTER TABLE … RENAME COLUMN."""

    column: str
    to: str

    @property
    def sql(self) -> str:
        """ALTER TABLE."""
        return f"ALTER TABLE {self.table} RENAME COLUMN {self.column} TO {self.to}"


@dataclass(frozen=True)
class Retype(OnTable):
    """ALTER TABLE … ALTER COLUMN … TYPE: a wider number, or the number as text, which is written anew."""

    column: str
    to: str

    @property
    def sql(self) -> str:
        """ALTER TABLE."""
        return f"ALTER TABLE {self.table} ALTER COLUMN {self.column} TYPE {self.to}"


@dataclass(frozen=True)
class SetNotNull(OnTable):
    """ALTER TABLE … SET NOT NULL."""

    column: str

    @property
    def sql(self) -> str:
        """ALTER TABLE."""
        return f"ALTER TABLE {self.table} ALTER COLUMN {self.column} SET NOT NULL"


@dataclass(frozen=True)
class MakeUnique(OnTable):
    """CREATE UNIQUE INDEX."""

    column: str

    @property
    def sql(self) -> str:
        """CREATE UNIQUE INDEX."""
        return f"CREATE UNIQUE INDEX ON {self.table} ({self.column})"


def literal(value: int | str | None) -> str:
    """A value as a constant whose type is open, so that it goes into a column of any."""
    return "NULL" if value is None else f"'{value}'"
