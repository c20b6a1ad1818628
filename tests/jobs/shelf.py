"""Ended jobs in a dictionary: what reads the history can be tested without a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from jobs import keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobs.record import JobRecord


class Shelf(dict[bytes, bytes]):
    """What the history needs of storage, as a dictionary: a model that cannot be wrong about prefixes."""

    def scan(self, prefix: bytes) -> Iterable[tuple[bytes, bytes]]:
        """As storage does."""
        return iter(sorted(item for item in self.items() if item[0].startswith(prefix)))

    def scan_range(self, start: bytes, end: bytes) -> Iterable[tuple[bytes, bytes]]:
        """As storage does."""
        return iter(sorted(item for item in self.items() if start <= item[0] < end))

    def scan_range_backwards(self, start: bytes, end: bytes) -> Iterable[tuple[bytes, bytes]]:
        """As storage does."""
        return iter(sorted((item for item in self.items() if start <= item[0] < end), reverse=True))

    def write(self, puts: Iterable[Any]) -> None:
        """As storage does, durable at once."""
        self.update((put.key, put.value) for put in puts)


def shelf_of(records: Iterable[JobRecord], *, owners_indexed: bool = True) -> Shelf:
    """Storage with these ended jobs; without the index of owners it is as older servers left it."""
    shelf = Shelf()
    for each in records:
        shelf[keys.ended_key(each.job_id)] = msgspec.msgpack.encode(each)
        shelf.update(dict.fromkeys(keys.index_keys(each), b""))
        if not owners_indexed:
            del shelf[keys.owner_key(each)]
    if owners_indexed:
        shelf[keys.OWNER_INDEX_WHOLE] = b""
    return shelf
