"""Compares two running servers for as long as wanted: `python -m tests.fuzz --help`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict

from tests.fuzz.catalog import read_catalog
from tests.fuzz.differ import Differ, Difference
from tests.fuzz.shrink import shrink
from tests.fuzz.statements import Statement, Statements

if TYPE_CHECKING:
    from tests.fuzz.node import Node


def main() -> None:
    """Print each difference, made small; at the end, how often what was seen."""
    options = _options()
    differ = Differ(conninfo_to_dict(options.ours), options.theirs)
    if options.create:
        differ.create()
    differ.begin()
    catalog = read_catalog(differ.theirs)
    seen: Counter[str] = Counter()
    ends_at = time.monotonic() + options.seconds
    seed = options.seed
    while time.monotonic() < ends_at:
        statement = Statements(Random(seed), catalog).make(tuple(options.kinds.split(",")) if options.kinds else ())
        found = differ.compare(statement.tree.sql, statement)
        seen["statements"] += 1
        if found is not None and found.theirs.sqlstate:
            seen[f"theirs {found.theirs.sqlstate}"] += 1
        if found is not None and found.known:
            seen[f"known: {found.known}"] += 1
            if found.ours.sqlstate in ("0A000", "42883"):
                seen[f"refused: {found.ours.message}"] += 1
        elif found is not None:
            _report(seed, _shrunk(differ, statement, found))
        seed += 1
    for what, count in seen.most_common():
        sys.stderr.write(f"{count:8} {what}\n")


def _shrunk(differ: Differ, statement: Statement, found: Difference) -> Difference:
    smallest = [found]

    def differs(tree: Node) -> bool:
        if statement.is_ordered and tree.sql.count("order by") < statement.tree.sql.count("order by"):
            return False
        again = differ.compare(tree.sql, statement)
        is_same = again is not None and not again.known and _kind(again) == _kind(found)
        if is_same and again is not None:
            smallest[0] = again
        return is_same

    shrink(statement.tree, differs)
    return smallest[0]


def _kind(found: Difference) -> str:
    return found.what.split(" (")[0]


def _report(seed: int, found: Difference) -> None:
    sys.stdout.write(f"-- {seed} {found}\n\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--ours", required=True, help="conninfo of SiltDB")
    parser.add_argument("--theirs", required=True, help="conninfo of PostgreSQL 15")
    parser.add_argument("--create", action="store_true", help="make the tables first")
    parser.add_argument("--seed", type=int, default=1, help="that of the first statement")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kinds", default="", help="calls,scalars,selects,sets,with,writes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
