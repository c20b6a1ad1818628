"""SQL scripts through the psql binary: `scripts/NAME.sql` prints what `scripts/NAME.out` has.

A script whose first line is `-- as PostgreSQL` must print the same on PostgreSQL 15. To accept new output on purpose,
run with SILTDB_ACCEPT=1 and read the diff.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.server_process import ServerProcess

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.sql"))
AS_POSTGRES = "-- as PostgreSQL"
OPTIONS = ("-X", "-a", "-q", "-v", "VERBOSITY=verbose", "-v", "SHOW_CONTEXT=never", "-P", "pager=off")


def run_psql(script: Path, connection: str) -> str:
    """What psql prints for a script: the statements, their results and their errors, in order."""
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed")
    result = subprocess.run(
        [psql, *OPTIONS, "-d", connection, "-f", str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=90,
        env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
        check=False,
    )
    return stable(result.stdout)


def stable(output: str) -> str:
    """The output without what differs from run to run: paths, job ids, and PostgreSQL's places in its own source."""
    output = re.sub(r"^psql:[^\n]*?:(\d+): ", r"\1: ", output, flags=re.MULTILINE)
    output = re.sub(r"^LOCATION: .*\n", "", output, flags=re.MULTILINE)
    size = r"[\d.]+ (bytes|kB|MB)"
    output = re.sub(rf"\({size}( → {size})?\)( in [\d.]+ m?s)?", "(size)", output)
    output = re.sub(r"\bback until \d{4}-[-\d :+]+", "back until …", output)
    output = re.sub(r"\bserver process with PID \d+", "server process with PID …", output)
    return re.sub(r"\b([A-Z]{2})-(?!0{12})[0-9a-f]{12}\b", r"\1-…", output)


LEFT = """
    SELECT 'relation ' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname <> 'information_schema' AND nspname <> 'system' AND nspname !~ '^pg_' AND relkind IN ('r', 'v', 'S')
    UNION ALL SELECT 'schema ' || nspname FROM pg_namespace
    WHERE nspname NOT IN ('public', 'information_schema', 'system') AND nspname !~ '^pg_'
    ORDER BY 1
"""
"""What a script has made and not dropped: the next one would find it. A role may own jobs of its dropped tables yet."""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script_prints_what_was_expected(script: Path, server: ServerProcess) -> None:
    """A script prints on SiltDB exactly what the file beside it has, and leaves nothing behind."""
    before = server.execute(LEFT)
    printed = run_psql(script, f"host={server.host} port={server.port} user=admin dbname=siltdb")
    expected = script.with_suffix(".out")
    if os.environ.get("SILTDB_ACCEPT"):
        expected.write_text(printed)
    assert printed == expected.read_text()
    assert [found for found in server.execute(LEFT) if found not in before] == []


@pytest.mark.parametrize(
    "script",
    [script for script in SCRIPTS if script.read_text().startswith(AS_POSTGRES)],
    ids=lambda script: script.stem,
)
def test_script_prints_what_postgres_prints(script: Path, postgres: str) -> None:
    """The expected output of a script that claims so is what PostgreSQL prints."""
    assert script.with_suffix(".out").read_text() == run_psql(script, postgres)
