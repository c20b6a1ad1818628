"""The batches of a query as an asynchronous iterator: computed one ahead, stopped when nobody wants them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future, ThreadPoolExecutor
    from typing import Self

    from sql.query_run import QueryRun
    from sql.result import ResultColumn

_INTERRUPT_AGAIN_S: Final = 0.005
"""An interrupt that comes between two calls into DuckDB is lost: it is repeated this often until the thread stops."""


class QueryStream:
    """The batches of one query: an asynchronous iterator, read once. Close it when stopping early.

    One batch is computed ahead while the one before is being sent. Cancelling whoever waits for a batch interrupts
    DuckDB and waits until its thread has stopped.
    """

    def __init__(self, run: QueryRun, columns: Sequence[ResultColumn], workers: ThreadPoolExecutor) -> None:
        self._run: QueryRun | None = run
        self._columns = columns
        self._workers = workers
        self._ahead: _Reading | None = None
        self._ready: list[pa.RecordBatch] = []

    @property
    def schema(self) -> pa.Schema:
        """The columns as they are announced."""
        return pa.schema([pa.field(column.name, column.type.arrow) for column in self._columns])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> pa.RecordBatch:
        if not self._ready:
            await self._fetch()
        return self._ready.pop(0)

    async def _fetch(self) -> None:
        run = self._run
        if run is None:
            raise StopAsyncIteration
        batches = await self._wait_for(self._ahead or self._start(run))
        self._ahead = None
        if batches:
            self._ready = batches
        if run.ended:
            await self.aclose()
            if not batches:
                raise StopAsyncIteration
        else:
            self._ahead = self._start(run)

    def _start(self, run: QueryRun) -> _Reading:
        thread = self._workers.submit(run.next)
        return _Reading(thread, asyncio.wrap_future(thread))

    async def _wait_for(self, reading: _Reading) -> list[pa.RecordBatch]:
        try:
            return await asyncio.shield(reading.returned)
        except asyncio.CancelledError:
            self._ahead = reading
            await self.aclose()
            raise
        except BaseException:
            self._ahead = None
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Stop the query if it runs, wait until it has stopped, and let its snapshots go."""
        run, self._run = self._run, None
        ahead, self._ahead = self._ahead, None
        if run is None:
            return
        if ahead is not None and not ahead.thread.cancel():
            await _stop(run, ahead)
        run.close()


class _Reading(Struct, frozen=True):
    """A call of `QueryRun.next` in a worker."""

    thread: Future[list[pa.RecordBatch]]
    """Cancelling this one works only until the call has begun."""
    returned: asyncio.Future[list[pa.RecordBatch]]


async def _stop(run: QueryRun, reading: _Reading) -> None:
    """Interrupt a thread that is in DuckDB until it returns, whatever else is cancelled meanwhile."""
    cancelled = False
    while not reading.returned.done():
        run.interrupt()
        try:
            await asyncio.wait([reading.returned], timeout=_INTERRUPT_AGAIN_S)
        except asyncio.CancelledError:
            cancelled = True
    # Whatever it raised, the query has been given up.
    await asyncio.gather(reading.returned, return_exceptions=True)
    if cancelled:
        raise asyncio.CancelledError
