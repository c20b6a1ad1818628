"""Runs psql, shows what it was told and what it said, and compares the figures."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Final

from benchmarks.servers import POSTGRES_BIN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from benchmarks.servers import Address

WAIT_SECONDS: Final = 120.0


class TourError(Exception):
    """something came out differently"""


class Tour:
    """A psql user at a server, and a DuckDB beside it that knows what must come out."""

    def __init__(self, address: Address, expected: duckdb.DuckDBPyConnection) -> None:
        self._address = address
        self._expected = expected
        self._program = shutil.which("psql") or str(POSTGRES_BIN / "psql")
        self.checked = 0
        """How many values have been compared."""

    def chapter(self, title: str, text: str) -> None:
        """Print a heading and what the chapter is about."""
        print("\n" + _styled(f"── {title} {'─' * max(0, 96 - len(title))}", bold=True))
        print(textwrap.fill(text, 100), flush=True)

    def run(self, *statements: str, tag: str) -> str:
        """Run statements in one psql; the last line that it prints must be `tag`. Returns all that it printed."""
        for statement in statements:
            _show(statement)
        printed = self._psql(*statements)
        print(printed, flush=True)
        self.equal(printed.splitlines()[-1] if printed else "", tag, statements[-1])
        return printed

    def query(self, statement: str, expected: str = "") -> list[list[str]]:
        """Run a query; DuckDB, asked the same (or `expected`), must give the same rows. Returns the rows as text."""
        rows = self.show(statement)
        wanted = [[_text(value) for value in row] for row in self._expected.execute(expected or statement).fetchall()]
        self.equal(rows, wanted, statement)
        return rows

    def change(self, statement: str) -> None:
        """Run an UPDATE or DELETE; DuckDB must change as many rows of its own."""
        row = self._expected.execute(statement).fetchone()
        assert row is not None
        self.run(statement, tag=f"{statement.split(maxsplit=1)[0]} {row[0]}")

    def show(self, statement: str) -> list[list[str]]:
        """Run a query and return its rows as text, as psql prints them."""
        _show(statement)
        printed = self._psql(statement)
        print(printed, flush=True)
        return cells_of(printed)

    def ask(self, statement: str) -> list[list[str]]:
        """Run a query without showing anything."""
        return cells_of(self._psql(statement))

    def wait_until(self, statement: str, wanted: Sequence[str]) -> str:
        """Ask until the only value of a query is one of `wanted`, and return it."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            rows = self.ask(statement)
            if rows and rows[0][0] in wanted:
                return rows[0][0]
            if time.monotonic() > deadline:
                raise TourError(f"waited {WAIT_SECONDS:.0f} s for {' or '.join(wanted)}: {statement} gives {rows}")

    def copy(self, table: str, path: Path, rows: int) -> None:
        """Load a csv file through psql's \\copy."""
        _show(f"\\copy {table} FROM '{path.name}' WITH (FORMAT csv, HEADER, NULL 'NA')")
        printed = self._psql(f"\\copy {table} FROM '{path}' WITH (FORMAT csv, HEADER, NULL 'NA')")
        print(printed, flush=True)
        self.equal(printed, f"COPY {rows}", table)

    def rows_in(self, table: str) -> int:
        """How many rows DuckDB has in a table of its own."""
        row = self._expected.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert row is not None
        return int(row[0])

    def equal(self, found: object, wanted: object, where: str) -> None:
        """Compare; what differs ends the tour."""
        if found != wanted:
            raise TourError(f"{where}\n  gives {found}\n  must be {wanted}")
        self.checked += len(wanted) * len(wanted[0]) if isinstance(wanted, list) and wanted else 1

    def _psql(self, *commands: str) -> str:
        texts = [option for command in commands for option in ("-c", command)]
        result = subprocess.run(
            [
                self._program,
                "-X",
                "-v",
                "ON_ERROR_STOP=1",
                *self._address.options(),
                "-d",
                self._address.dbname,
                *texts,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"PGTZ": "UTC"},
        )
        if result.returncode != 0:
            raise TourError(f"{' '.join(commands)}\n  {result.stdout.strip()}")
        return result.stdout.rstrip()


def _show(statement: str, prompt: str = "siltdb=# ") -> None:
    lines = textwrap.dedent(statement).strip().splitlines()
    print("\n" + _styled(prompt + lines[0]))
    for line in lines[1:]:
        print(_styled(" " * len(prompt) + line))


def _styled(text: str, *, bold: bool = False) -> str:
    """Bold or coloured on a terminal, plain elsewhere."""
    return f"\033[{1 if bold else 36}m{text}\033[0m" if sys.stdout.isatty() else text


def cells_of(printed: str) -> list[list[str]]:
    """The cells of psql's aligned output: what stands between its dashed line and its count of rows."""
    lines = printed.splitlines()
    dashes = next((number for number, line in enumerate(lines) if line and not line.strip("-+")), None)
    if dashes is None:
        return []
    rows = []
    for line in lines[dashes + 1 :]:
        if line.startswith("(") and line.endswith(("row)", "rows)")):
            break
        rows.append([cell.strip() for cell in line.split("|")])
    return rows


def _text(value: object) -> str:
    """A value of DuckDB's as psql prints it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)
