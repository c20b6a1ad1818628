"""The table that is printed, and the JSON that is kept."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.case import Outcome


def ratio(outcome: Outcome) -> float | None:
    """How many times as well as the baseline SiltDB does; above 1 it does better. `None` without a baseline."""
    case = outcome.case
    ours, theirs = outcome.samples.get("siltdb"), outcome.samples.get(case.baseline or "")
    if not ours or not theirs:
        return None
    a, b = statistics.median(ours), statistics.median(theirs)
    return a / b if case.higher_is_better else b / a


def table(outcomes: Sequence[Outcome]) -> str:
    """The results as a Markdown table: medians, and how many times as well as the baseline."""
    rows = [["work", "unit", "SiltDB", "beside", "ratio", "must reach"], ["---"] * 6]
    for outcome in outcomes:
        case = outcome.case
        if outcome.failure:
            rows.append([case.name, case.unit, f"failed: {outcome.failure}", "", "", case.target])
            continue
        theirs = outcome.samples.get(case.baseline or "")
        factor = ratio(outcome)
        rows.append(
            [
                case.name,
                case.unit,
                figure(outcome.samples["siltdb"]),
                f"{case.baseline} {figure(theirs)}" if theirs else "",
                f"{factor:.2f} ×" if factor is not None else "",
                case.target,
            ]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    rows[1] = ["-" * width for width in widths]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    )


def figure(values: Sequence[float]) -> str:
    """The median; with many rounds the 99th percentile too."""
    text = _digits(statistics.median(values))
    if len(values) >= 20:
        text += f" (p99 {_digits(percentile(values, 0.99))})"
    return text


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * share // 1) - 1))]


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write_json(path: Path, outcomes: Sequence[Outcome], servers: Mapping[str, str], arguments: Sequence[str]) -> None:
    """Write all samples, with what is needed to judge them."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "arguments": list(arguments),
        "machine": {"processors": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "servers": dict(servers),
        "results": [
            {
                "name": outcome.case.name,
                "unit": outcome.case.unit,
                "higher_is_better": outcome.case.higher_is_better,
                "samples": outcome.samples,
                "medians": {name: statistics.median(values) for name, values in outcome.samples.items()},
                "ratio": ratio(outcome),
                "target": outcome.case.target,
                "failure": outcome.failure,
            }
            for outcome in outcomes
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")
