"""What a benchmark is: one kind of work, measured one round at a time for each contestant."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.servers import Address, SiltDBServer


@dataclass(frozen=True, slots=True)
class Bench:
    """What a case works with: the running servers by name, a folder for files on the same disk, and how much to do."""

    addresses: Mapping[str, Address]
    siltdb: SiltDBServer
    folder: Path
    scale: float
    seconds: float
    """How long a round of a throughput case lasts."""

    def rows(self, count: int) -> int:
        """A number of rows, scaled."""
        return max(1, round(count * self.scale))


class Case(ABC):
    """One kind of work.

    `baseline` is whom SiltDB is compared with: `postgres`, `duckdb`, or `None` where there is only a limit to keep.
    `target` says in words what performance.md asks for.
    """

    unit: ClassVar[str]
    higher_is_better: ClassVar[bool] = False
    baseline: ClassVar[str | None] = "postgres"
    rounds: ClassVar[int] = 5

    def __init__(self, name: str, target: str = "") -> None:
        self.name = name
        self.target = target

    @abstractmethod
    def prepare(self, bench: Bench, contestant: str) -> None:
        """Load what the work needs. Not measured."""

    @abstractmethod
    def measure(self, bench: Bench, contestant: str) -> float:
        """Do the work once and return its figure, in `unit`."""

    def clean(self, bench: Bench, contestant: str) -> None:
        """Remove what `prepare` made, so that the next case finds the servers as this one did."""
        address = bench.addresses.get(contestant)
        if address is not None:
            address.execute(*(f"DROP TABLE IF EXISTS {table}" for table in self.tables))

    tables: ClassVar[tuple[str, ...]] = ()
    """The tables that the case makes."""


@dataclass(slots=True)
class Outcome:
    """What was measured of one case: the figures of every round, by contestant."""

    case: Case
    samples: dict[str, list[float]] = field(default_factory=dict)
    failure: str = ""
    """Why it could not be measured; empty if it could."""
