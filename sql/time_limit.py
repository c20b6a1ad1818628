"""`statement_timeout`: a limit on how long a statement runs, the reading of its rows included."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from sql.errors import QueryCanceled
from sql.result import CopyOut, Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable
    from typing import Self

    from sql.result import Result

T = TypeVar("T")


class _Closable(Protocol):
    async def aclose(self) -> None: ...


async def within(result: Awaitable[Result], deadline_s: float) -> Result:
    """The result of a statement. Raises `QueryCanceled` at the deadline; the work has stopped by then."""
    return limited(await until(result, deadline_s), deadline_s)


def limited(result: Result, deadline_s: float) -> Result:
    """The same result; one that is read in parts ends with `QueryCanceled` at the deadline (in the loop's time)."""
    if isinstance(result, Stream):
        result.batches = Limited(result.batches, deadline_s)
    elif isinstance(result, CopyOut):
        result.chunks = Limited(result.chunks, deadline_s)
    return result


class Limited(Generic[T]):
    """An asynchronous iterator that ends with `QueryCanceled` at a deadline."""

    def __init__(self, parts: AsyncIterator[T], deadline_s: float) -> None:
        self._parts = parts
        self._deadline_s = deadline_s

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        return await until(anext(self._parts), self._deadline_s)

    async def aclose(self) -> None:
        """Stop reading early."""
        closable: _Closable = self._parts  # type: ignore[assignment]  # whoever gives parts lets them be closed
        await closable.aclose()


async def until(work: Awaitable[T], deadline_s: float) -> T:
    """What comes of a work. Raises `QueryCanceled` at the deadline (in the loop's time)."""
    try:
        async with asyncio.timeout_at(deadline_s):
            return await work
    except TimeoutError:
        raise QueryCanceled("canceling statement due to statement timeout") from None
