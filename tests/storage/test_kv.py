"""RocksDB as the rest of storage sees it."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from storage.errors import CorruptRecords, StorageError
from storage.kv import KeyValueStore, Put, add_to_batch, new_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
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


def test_a_range_is_read_in_both_directions(tmp_path: Path) -> None:
    """From the start up to and without the end, or the same the other way round."""
    store = KeyValueStore(tmp_path, CACHE_BYTES)
    batch = new_batch()
    add_to_batch(batch, [Put(bytes([number]), b"") for number in range(10)])
    store.write(batch)
    for start, end, expected in ((b"\x02", b"\x05", [2, 3, 4]), (b"\x07", b"\xff", [7, 8, 9]), (b"\x0b", b"\x0c", [])):
        assert [key[0] for key, _ in store.scan_range(start, end)] == expected
        assert [key[0] for key, _ in store.scan_range_backwards(start, end)] == expected[::-1]
    store.close()


@pytest.mark.parametrize("scan", [KeyValueStore.scan_range, KeyValueStore.scan_range_backwards])
def test_a_scan_does_not_end_at_a_damaged_block(
    tmp_path: Path, scan: Callable[[KeyValueStore, bytes, bytes], Iterable[object]]
) -> None:
    """It raises, and names the file: what is behind the block is there, and must not look as if it were not."""
    store = KeyValueStore(tmp_path / "hot", CACHE_BYTES)
    for number in range(2_000):
        put(store, number.to_bytes(8, "big"), os.urandom(40))
    store.checkpoint(tmp_path / "copy")
    store.close()
    (file,) = (tmp_path / "copy").glob("*.sst")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.unlink()
    file.write_bytes(content)
    store = KeyValueStore.of_checkpoint(tmp_path / "copy")
    with pytest.raises(CorruptRecords, match=file.name):
        list(scan(store, b"", b"\xff"))
    assert len(list(scan(store, b"", (100).to_bytes(8, "big")))) == 100
    store.close()


def test_an_unknown_figure_is_zero(tmp_path: Path) -> None:
    """What RocksDB does not measure is not an error."""
    store = KeyValueStore(tmp_path, CACHE_BYTES)
    assert store.measure("no-such-figure") == 0
    store.close()


def put(store: KeyValueStore, key: bytes, value: bytes) -> None:
    """Write one key."""
    batch = new_batch()
    add_to_batch(batch, [Put(key, value)])
    store.write(batch)


def test_a_checkpoint_has_what_was_written_before_it_and_nothing_after(tmp_path: Path) -> None:
    """Opened read-only it shows the moment at which it was made, while the store goes on."""
    store = KeyValueStore(tmp_path / "db", CACHE_BYTES)
    put(store, b"a", b"1")
    store.checkpoint(tmp_path / "copy")
    put(store, b"a", b"2")
    put(store, b"b", b"2")
    copy = KeyValueStore(tmp_path / "copy", CACHE_BYTES, read_only=True)
    assert list(copy.scan_range(b"a", b"z")) == [(b"a", b"1")]
    copy.close()
    store.close()


def test_reading_a_checkpoint_leaves_its_folder_as_it_is(tmp_path: Path) -> None:
    """No file is made or changed, not even by what has to be read out of a log."""
    store = KeyValueStore(tmp_path / "db", CACHE_BYTES)
    put(store, b"a", b"1")
    store.close()
    before = {path.name: path.read_bytes() for path in (tmp_path / "db").iterdir()}
    copy = KeyValueStore(tmp_path / "db", CACHE_BYTES, read_only=True)
    assert copy.get(b"a") == b"1"
    copy.close()
    assert {path.name: path.read_bytes() for path in (tmp_path / "db").iterdir()} == before


def test_a_checkpoint_into_a_folder_that_is_there_fails(tmp_path: Path) -> None:
    """It is refused, and the store goes on."""
    store = KeyValueStore(tmp_path / "db", CACHE_BYTES)
    (tmp_path / "copy").mkdir()
    with pytest.raises(StorageError, match="cannot make a checkpoint"):
        store.checkpoint(tmp_path / "copy")
    put(store, b"a", b"1")
    store.close()


@pytest.mark.parametrize("busy", ["sync", "checkpoint"])
def test_closing_waits_for_who_is_at_it_without_the_gil(tmp_path: Path, busy: str) -> None:
    """Close while another thread syncs or makes a checkpoint works, and the folder can be opened again at once."""
    for number in range(2):
        kv = KeyValueStore(tmp_path / "hot", 8 << 20)
        batch = new_batch()
        for row in range(2_000):
            batch.put(b"key %d %d" % (number, row), b"value" * 10)
        kv.write(batch)
        began = threading.Event()

        def work(kv: KeyValueStore = kv, began: threading.Event = began, number: int = number) -> None:
            began.set()
            with contextlib.suppress(StorageError):
                while True:
                    kv.sync() if busy == "sync" else kv.checkpoint(tmp_path / f"{number} {time.monotonic_ns()}")

        worker = threading.Thread(target=work)
        worker.start()
        began.wait()
        kv.close()
        worker.join()
