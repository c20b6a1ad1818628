"""Runs cases: prepare all contestants, then a round of each in turn, then clean up."""

from __future__ import annotations

import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

import asyncpg  # type: ignore[import-untyped] # It ships no types.
import psycopg

from benchmarks.case import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.case import Bench, Case


FAILURES = (psycopg.Error, asyncpg.PostgresError, subprocess.CalledProcessError, OSError, RuntimeError)
"""What a server or a client program that does not do its work raises; anything else is a mistake in the benchmark."""


def run_case(case: Case, bench: Bench) -> Outcome:
    """Measure a case. What a server answers with an error is told in the outcome, and the other cases go on."""
    outcome = Outcome(case)
    contestants = contestants_of(case, bench)
    try:
        try:
            for contestant in contestants:
                case.prepare(bench, contestant)
            for number in range(case.rounds):
                for contestant in contestants if number % 2 == 0 else reversed(contestants):
                    outcome.samples.setdefault(contestant, []).append(case.measure(bench, contestant))
        finally:
            for contestant in contestants:
                case.clean(bench, contestant)
    except FAILURES as error:
        outcome.failure = f"{type(error).__name__}: {error}".splitlines()[0]
        outcome.samples.clear()
    return outcome


def contestants_of(case: Case, bench: Bench) -> Sequence[str]:
    """SiltDB, and whom the case compares it with if that is there."""
    if case.baseline == "postgres" and "postgres" not in bench.addresses:
        return ["siltdb"]
    return ["siltdb", case.baseline] if case.baseline else ["siltdb"]


def summary(outcome: Outcome) -> str:
    """One line of progress on an outcome."""
    if outcome.failure:
        return f"failed: {outcome.failure}"
    return ", ".join(f"{name} {statistics.median(values):.6g}" for name, values in outcome.samples.items())


def run_suite(cases: Sequence[Case], bench: Bench) -> list[Outcome]:
    """Measure all cases, telling on stderr how it goes."""
    outcomes = []
    for case in cases:
        sys.stderr.write(f"{case.name} [{case.unit}] … ")
        sys.stderr.flush()
        outcomes.append(run_case(case, bench))
        sys.stderr.write(f"{summary(outcomes[-1])}\n")
    return outcomes
