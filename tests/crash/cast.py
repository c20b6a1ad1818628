"""Who takes part, and the threads that they are in."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

from tests.crash.clients import AsyncpgClient, PsycopgClient
from tests.crash.definers import Definer
from tests.crash.families import FamilyWriter
from tests.crash.upserters import Upserter
from tests.crash.writers import Dropper, Loader, RowWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.writers import Writer


def some_of_each(seed: int, roles: tuple[str, ...]) -> list[Writer]:
    """Writers of every kind, through both drivers."""
    seeds = random.Random(seed)
    writers: list[Writer] = [
        RowWriter(number, seeds.randrange(1 << 30), ("keyed", "plain"), client=client)
        for number, client in enumerate((PsycopgClient, AsyncpgClient, PsycopgClient), 1)
    ]
    for number, role in enumerate(roles, len(writers) + 1):
        client = AsyncpgClient if number % 2 else PsycopgClient
        writers.append(RowWriter(number, seeds.randrange(1 << 30), ("mine", "notes"), user=role, client=client))
    for role, client in (("admin", PsycopgClient), (roles[0], AsyncpgClient), (roles[1], PsycopgClient)):
        writers.append(Upserter(len(writers) + 1, seeds.randrange(1 << 30), user=role, client=client))
    for client in (PsycopgClient, AsyncpgClient):
        writers.append(FamilyWriter(len(writers) + 1, seeds.randrange(1 << 30), client=client))
    writers.append(Definer(len(writers) + 1, seeds.randrange(1 << 30)))
    writers.append(Loader(len(writers) + 1, seeds.randrange(1 << 30)))
    writers.append(Dropper(len(writers) + 1, seeds.randrange(1 << 30)))
    return writers


def start_thread(name: str, run: Callable[[], None], failures: list[BaseException]) -> threading.Thread:
    """Run it in a thread; what it raises is kept."""

    def body() -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001  # whatever it is, the test fails with it
            failures.append(error)

    thread = threading.Thread(target=body, name=name, daemon=True)
    thread.start()
    return thread
