"""RocksDB as the rest of storage sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.kv import KeyValueStore, Put, add_to_batch, new_batch

if TYPE_CHECKING:
    from pathlib import Path

CACHE_BYTES = 32 << 20


def test_the_configured_block_cache_holds_for_a_folder_that_was_there(tmp_path: Path) -> None:
    """A database that is opened again has the cache that it is given now: without it a look-up takes 70 times as long.

    rocksdict opens the column families that it finds with their stored options, which know of no cache, unless it is
    told otherwise.
    """
    for _ in range(2):
        store = KeyValueStore(tmp_path, CACHE_BYTES)
        assert store.measure("block-cache-capacity") == CACHE_BYTES
        batch = new_batch()
        add_to_batch(batch, [Put(b"k", b"v")])
        store.write(batch)
        store.close()


def test_an_unknown_figure_is_zero(tmp_path: Path) -> None:
    """What RocksDB does not measure is not an error."""
    store = KeyValueStore(tmp_path, CACHE_BYTES)
    assert store.measure("no-such-figure") == 0
    store.close()
