"""`python -m benchmarks`: starts the servers, runs the suite, prints the table, writes the JSON."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.case import Bench
from benchmarks.report import table, write_json
from benchmarks.runner import run_suite
from benchmarks.servers import PostgresServer, Server, SiltDBServer
from benchmarks.suite import suite

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run the benchmarks that the command line asks for. Returns 1 if one could not be measured."""
    options = _parser().parse_args()
    cases = [case for case in suite() if all(word in case.name for word in options.only)]
    if options.list:
        print("\n".join(case.name for case in cases))
        return 0
    options.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="siltdb-bench-", dir=options.folder)))
        folder.chmod(0o755)
        siltdb = SiltDBServer(folder)
        servers: list[Server] = [siltdb, *([PostgresServer(folder)] if options.against == "postgres" else [])]
        addresses = {}
        for server in servers:
            addresses[server.name] = server.start()
            stack.callback(server.stop)
        described = {server.name: server.describe() for server in servers}
        for line in described.values():
            print(line)
        print(f"rows × {options.scale:g}, rounds of {options.seconds:g} s, data in {options.folder}\n", flush=True)
        outcomes = run_suite(cases, Bench(addresses, siltdb, folder, options.scale, options.seconds))
    print(f"\n{table(outcomes)}")
    path = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    write_json(path, outcomes, described, sys.argv[1:])
    print(f"\n{path}")
    return int(any(outcome.failure for outcome in outcomes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--against", choices=["postgres"], help="measure Debian's PostgreSQL 15 in the same run")
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help="only cases with WORD in the name")
    parser.add_argument("--scale", type=float, default=1.0, help="factor for the number of rows (default 1)")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long a throughput round lasts (default 5)")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="where data goes; no memory disk")
    parser.add_argument("--list", action="store_true", help="list the cases and stop")
    return parser


if __name__ == "__main__":
    sys.exit(main())
