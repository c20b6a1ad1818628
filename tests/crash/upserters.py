"""A writer of rows with two keys: ON CONFLICT, MERGE, savepoints, and statements that read what they write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.crash.writers import UNIQUE_VIOLATION, Forbidden, Statements, Step, Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.clients import Statement

ROWS_MAX = 40
COPIED_IDS = 30


class Upserter(Writer):
    """Rows of `accounts`, or of the user table `wallets`: `(writer, id, code, v)`. Their value is `(code, v)`."""

    @property
    def table(self) -> str:
        """Where it writes."""
        return "accounts" if self.user == "admin" else "wallets"

    def next_step(self) -> Step:
        """See `Writer`."""
        rows = self._rows()
        if len(rows) > ROWS_MAX:
            return self._delete_using(rows)
        steps: list[Callable[[dict[int, tuple[str, str]]], Step]] = [self._insert, self._savepoints]
        if rows:
            steps += [
                self._update_on_conflict,
                self._nothing_on_conflict,
                self._update_by_code,
                self._merge,
                self._copy_rows,
                self._update_from,
                self._new_codes,
                self._duplicate_code,
            ]
        return self.random.choice(steps)(rows)

    def _rows(self) -> dict[int, tuple[str, str]]:
        return {row[1]: value for row, value in self.history.state.items()}  # type: ignore[misc]

    def _code(self, row_id: int) -> str:
        return f"{self.table}-{row_id}"

    def _row(self, row_id: int, code: str | None, value: str | None) -> tuple[tuple[str, object], object]:
        return (self.table, row_id), None if code is None else (code, value)

    def _new(self, value: str) -> tuple[tuple[tuple[str, object], object], Statement]:
        row_id = self.new_number()
        code = self._code(row_id)
        insert = (f"INSERT INTO {self.table} VALUES (%s, %s, %s, %s)", (self.number, row_id, code, value))
        return self._row(row_id, code, value), insert

    def _some(self, rows: dict[int, tuple[str, str]]) -> tuple[int, str]:
        row_id = self.random.choice(list(rows))
        return row_id, rows[row_id][0]

    def _insert(self, rows: dict[int, tuple[str, str]]) -> Step:
        row, statement = self._new("inserted")
        return Statements((row,), statement)

    def _update_on_conflict(self, rows: dict[int, tuple[str, str]]) -> Step:
        """One row that is there, and one that is not."""
        old, code = self._some(rows)
        new, value = self.new_number(), f"upserted {self._last}"
        text = (
            f"INSERT INTO {self.table} VALUES (%s, %s, %s, %s), (%s, %s, %s, %s) "
            "ON CONFLICT (id) DO UPDATE SET v = excluded.v"
        )
        values = (self.number, old, "not taken", value, self.number, new, self._code(new), value)
        return Statements((self._row(old, code, value), self._row(new, self._code(new), value)), (text, values))

    def _nothing_on_conflict(self, rows: dict[int, tuple[str, str]]) -> Step:
        _, code = self._some(rows)
        new = self.new_number()
        text = f"INSERT INTO {self.table} VALUES (%s, %s, %s, 'no'), (%s, %s, %s, 'new') ON CONFLICT (code) DO NOTHING"
        values = (self.number, self.new_number(), code, self.number, new, self._code(new))
        return Statements((self._row(new, self._code(new), "new"),), (text, values))

    def _update_by_code(self, rows: dict[int, tuple[str, str]]) -> Step:
        old, code = self._some(rows)
        value = f"by code {self.new_number()}"
        text = f"INSERT INTO {self.table} VALUES (%s, %s, %s, %s) ON CONFLICT (code) DO UPDATE SET v = excluded.v"
        return Statements((self._row(old, code, value),), (text, (self.number, self._last, code, value)))

    def _merge(self, rows: dict[int, tuple[str, str]]) -> Step:
        """One row is updated, one deleted, one inserted."""
        old, code = self._some(rows)
        gone = self.random.choice(list(rows))
        new, value = self.new_number(), f"merged {self._last}"
        text = (
            f"MERGE INTO {self.table} AS t "
            "USING (VALUES (%s::int, 'update'), (%s::int, 'delete'), (%s::int, 'insert')) "
            "AS s(id, what) ON t.id = s.id WHEN MATCHED AND s.what = 'delete' THEN DELETE "
            "WHEN MATCHED THEN UPDATE SET v = %s WHEN NOT MATCHED THEN INSERT VALUES (%s, s.id, %s, %s)"
        )
        if gone == old:
            return self._update_by_code(rows)
        values = (old, gone, new, value, self.number, self._code(new), value)
        change = (self._row(old, code, value), self._row(gone, None, None), self._row(new, self._code(new), value))
        return Statements(change, (text, values))

    def _copy_rows(self, rows: dict[int, tuple[str, str]]) -> Step:
        """INSERT … SELECT of what it has already, under other keys."""
        least, _ = self._some(rows)
        some = [row_id for row_id in sorted(rows) if least <= row_id < least + COPIED_IDS]
        first = self.new_number()
        self._last = first + max(some) - min(some)
        text = (
            f"INSERT INTO {self.table} SELECT writer, id + %s, '{self.table}-' || (id + %s), 'copied' "
            f"FROM {self.table} WHERE id = ANY(%s)"
        )
        offset = first - min(some)
        change = tuple(self._row(old + offset, self._code(old + offset), "copied") for old in some)
        return Statements(change, (text, (offset, offset, some)))

    def _update_from(self, rows: dict[int, tuple[str, str]]) -> Step:
        old, code = self._some(rows)
        value = f"from {self.new_number()}"
        text = f"UPDATE {self.table} AS t SET v = s.v FROM (VALUES (%s::int, %s::text)) AS s(id, v) WHERE t.id = s.id"
        return Statements((self._row(old, code, value),), (text, (old, value)))

    def _delete_using(self, rows: dict[int, tuple[str, str]]) -> Step:
        some = sorted(rows)[: ROWS_MAX // 2]
        text = f"DELETE FROM {self.table} AS t USING unnest(%s::int[]) AS s(id) WHERE t.id = s.id"
        return Statements(tuple(self._row(row_id, None, None) for row_id in some), (text, (some,)))

    def _new_codes(self, rows: dict[int, tuple[str, str]]) -> Step:
        """A code is given up by one row and taken by another one, in one transaction."""
        old, code = self._some(rows)
        other, other_code = self._some(rows)
        if old == other:
            return self._update_from(rows)
        text = f"UPDATE {self.table} SET code = %s WHERE id = %s"
        values = rows[old][1], rows[other][1]
        change = (self._row(old, other_code, values[0]), self._row(other, code, values[1]))
        return Statements(change, (text, (f"on the way {old}", old)), (text, (code, other)), (text, (other_code, old)))

    def _savepoints(self, rows: dict[int, tuple[str, str]]) -> Step:
        """What is rolled back to a savepoint is not there, what is before and behind it is."""
        first, insert_first = self._new("before")
        _, never = self._new("never")
        last, insert_last = self._new("behind")
        statements = [insert_first, ("SAVEPOINT a", ()), never]
        if rows:
            statements.append((f"DELETE FROM {self.table} WHERE id = %s", (self._some(rows)[0],)))
        statements += [("ROLLBACK TO a", ()), insert_last, ("RELEASE a", ())]
        return Statements((first, last), *statements)

    def _duplicate_code(self, rows: dict[int, tuple[str, str]]) -> Step:
        _, code = self._some(rows)
        values = (self.number, self.new_number(), code)
        return Forbidden(UNIQUE_VIOLATION, (f"INSERT INTO {self.table} VALUES (%s, %s, %s, 'never')", values))
