"""A map that is a value: a changed one shares with the old one all that is the same in both.

The keys are spread over buckets. A change copies the buckets that it touches and the table of buckets; what two maps
differ in is in the buckets that are not the same object in both. So both cost what was changed, not what there is.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, ValuesView
from typing import TYPE_CHECKING, Final, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Iterator

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
D = TypeVar("D")

_NEIGHBOURS_BITS: Final = 5
"""Oids that differ in their last bits only share a bucket: they were made together, and change together."""

_BUCKETS_MASK: Final = 1023
"""Few enough to copy in microseconds, enough for buckets to stay small with tens of thousands of keys."""


class PersistentMap(Mapping[K, V], Generic[K, V]):
    """Immutable. Integers are iterated over in the order of their buckets: oids as they were given out, mostly."""

    __slots__ = ("_buckets", "_length")

    def __init__(self) -> None:
        self._buckets: dict[int, dict[K, V]] = {}
        self._length = 0

    def __getitem__(self, key: K) -> V:
        return self._buckets[_bucket_of(key)][key]

    @overload
    def get(self, key: K) -> V | None: ...
    @overload
    def get(self, key: K, default: V | D) -> V | D: ...
    def get(self, key: K, default: object = None) -> object:
        """The value of a key, or else the default."""
        bucket = self._buckets.get(_bucket_of(key))
        return default if bucket is None else bucket.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self._buckets.get(_bucket_of(key), ())

    def __iter__(self) -> Iterator[K]:
        for bucket in self._buckets.values():
            yield from bucket

    def __len__(self) -> int:
        return self._length

    def values(self) -> ValuesView[V]:
        """The values, without looking each one up."""
        return _Values(self)

    def changed(self, changes: Mapping[K, V | None]) -> PersistentMap[K, V]:
        """With these keys set, and those removed whose value is `None`."""
        buckets = dict(self._buckets)
        own: set[int] = set()
        """Buckets that are copies already."""
        length = self._length
        for key, value in changes.items():
            number = _bucket_of(key)
            bucket = buckets.get(number, {})
            if number not in own:
                bucket = buckets[number] = dict(bucket)
                own.add(number)
            length -= len(bucket)
            if value is None:
                bucket.pop(key, None)
            else:
                bucket[key] = value
            length += len(bucket)
        for number in own:
            if not buckets[number]:
                del buckets[number]
        made: PersistentMap[K, V] = PersistentMap()
        made._buckets, made._length = buckets, length
        return made

    def changes_to(self, other: PersistentMap[K, V]) -> dict[K, V | None]:
        """What `changed` must be given to make the other one of it: by identity, not equality."""
        changes: dict[K, V | None] = {}
        for number, bucket in self._buckets.items():
            others = other._buckets.get(number)
            if others is None:
                changes.update(dict.fromkeys(bucket))
            elif others is not bucket:
                changes.update(dict.fromkeys([key for key in bucket if key not in others]))
        for number, bucket in other._buckets.items():
            mine = self._buckets.get(number, {})
            if mine is not bucket:
                changes.update({key: value for key, value in bucket.items() if mine.get(key) is not value})
        return changes


class _Values(ValuesView[V]):
    __slots__ = ()
    _mapping: PersistentMap[Hashable, V]

    def __iter__(self) -> Iterator[V]:
        for bucket in self._mapping._buckets.values():
            yield from bucket.values()


def _bucket_of(key: object) -> int:
    return hash(key) >> _NEIGHBOURS_BITS & _BUCKETS_MASK
