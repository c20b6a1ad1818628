"""Point work through pgbench, prepared: a look-up by primary key, a durable insert of one row, TPC-B."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, ClassVar

from benchmarks.case import Case
from benchmarks.cases.data import KEYED_COLUMNS, load, settle
from benchmarks.servers import POSTGRES_BIN

if TYPE_CHECKING:
    from benchmarks.case import Bench

_TPS = re.compile(rb"^tps = ([0-9.]+)", re.MULTILINE)


def pgbench(bench: Bench, contestant: str, script: str, connections: int, **variables: int) -> float:
    """Transactions a second of a script, in prepared mode. Raises RuntimeError with pgbench's words when it fails."""
    path = bench.folder / "pgbench.sql"
    path.write_text(script)
    defined = [option for name, value in variables.items() for option in ("-D", f"{name}={value}")]
    return _throughput(bench, contestant, connections, "-f", str(path), *defined)


def _throughput(bench: Bench, contestant: str, connections: int, *options: str) -> float:
    load = (
        "-n",
        "-M",
        "prepared",
        "-c",
        str(connections),
        "-j",
        str(min(connections, 2)),
        "-T",
        f"{bench.seconds:.0f}",
    )
    output = _run_pgbench(bench, contestant, *load, *options)
    match = _TPS.search(output)
    if match is None:
        raise RuntimeError(f"pgbench tells no throughput: {output.decode()}")
    return float(match[1])


def _run_pgbench(bench: Bench, contestant: str, *options: str) -> bytes:
    address = bench.addresses[contestant]
    program = POSTGRES_BIN / "pgbench"
    command = [str(program) if program.exists() else shutil.which("pgbench") or "pgbench", *options]
    result = subprocess.run([*command, *address.options(), address.dbname], capture_output=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(result.stderr.decode().strip().splitlines()[-1])
    return result.stdout


class PointSelect(Case):
    """`SELECT … WHERE id = $1` of a table of 1 M rows."""

    unit = "tps"
    higher_is_better = True
    tables = ("accounts",)
    rows: ClassVar[int] = 1_000_000

    def __init__(self, connections: int, *, cold: bool) -> None:
        where = "cold" if cold else "hot"
        super().__init__(f"point select, prepared, {where}, {connections} conn", "0.5 ×")
        self.connections = connections
        self.cold = cold

    def prepare(self, bench: Bench, contestant: str) -> None:
        load(bench, contestant, "accounts", bench.rows(self.rows), KEYED_COLUMNS)
        if self.cold or contestant == "postgres":
            settle(bench, contestant, "accounts")

    def measure(self, bench: Bench, contestant: str) -> float:
        script = "\\set id random(0, :last)\nSELECT amount FROM accounts WHERE id = :id;\n"
        return pgbench(bench, contestant, script, self.connections, last=bench.rows(self.rows) - 1)


class SingleRowInsert(Case):
    """`INSERT … VALUES` of one row with a primary key, durable when acknowledged."""

    unit = "tps"
    higher_is_better = True
    tables = ("events",)

    def __init__(self, connections: int) -> None:
        super().__init__(f"insert, prepared, durable, {connections} conn", "0.5 ×")
        self.connections = connections
        self._round = 0

    def prepare(self, bench: Bench, contestant: str) -> None:
        bench.addresses[contestant].execute("DROP TABLE IF EXISTS events", f"CREATE TABLE events {KEYED_COLUMNS}")

    def measure(self, bench: Bench, contestant: str) -> float:
        self._round += 1
        # Every client of every round counts up in a range of its own: no key comes twice.
        script = (
            "\\set n :n + 1\n"
            "\\set id :base + :client_id * 1000000000 + :n\n"
            "INSERT INTO events VALUES (:id, :client_id, 12.5, 'a note of some length', '2024-01-01 00:00:00');\n"
        )
        return pgbench(bench, contestant, script, self.connections, n=0, base=self._round * 1_000_000_000_000)


class TpcB(Case):
    """pgbench's own script: five statements in a transaction, of which one updates the same row in all of them."""

    unit = "tps"
    higher_is_better = True
    tables = ("pgbench_accounts", "pgbench_tellers", "pgbench_branches", "pgbench_history")

    def __init__(self, connections: int) -> None:
        super().__init__(f"TPC-B, {connections} conn", "0.3 ×")
        self.connections = connections

    def prepare(self, bench: Bench, contestant: str) -> None:
        # At any other scale there would be another number of branches to wait for.
        _run_pgbench(bench, contestant, "-i", "-q", "-s", "1")

    def measure(self, bench: Bench, contestant: str) -> float:
        return _throughput(bench, contestant, self.connections, "-b", "tpcb-like")
