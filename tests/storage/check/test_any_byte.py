"""Whatever byte of a data folder is changed, the check ends, and says so where that byte matters."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import StorageError
from storage.kv import KeyValueStore
from tests.checking import problems_of
from tests.storage.backups import fill
from tests.storage.harness import create_table, delete, flush, insert, open_storage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with all its records in one file of RocksDB."""
    folder = tmp_path_factory.mktemp("bytes")
    storage = open_storage(folder / "data")
    fill(storage)
    table = create_table(storage, name="items")
    for first in (0, 1_000):
        insert(storage, table, *[(n, f"v{n}") for n in range(first, first + 1_000)]).result()
        if not first:
            flush(storage, table)
    delete(storage, table, 7, 1_007).result()
    storage.close()
    kv = KeyValueStore(folder / "data" / "hot", 8 << 20)
    kv.checkpoint(folder / "records")
    kv.close()
    shutil.rmtree(folder / "data" / "hot")
    shutil.copytree(folder / "records", folder / "data" / "hot")
    return folder / "data"


def said(data_dir: Path) -> list[str]:
    """The problems, or what keeps the folder from being opened."""
    try:
        return problems_of(data_dir)
    except StorageError as error:
        return [str(error)]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_byte(whole: Path, data: st.DataObject) -> None:
    """Each byte of a segment matters; of RocksDB's files those do not that only make it quicker."""
    copy = whole.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(whole, copy)
    pattern = data.draw(st.sampled_from(["cold/**/*.parquet", "hot/*.sst", "hot/MANIFEST-*", "hot/CURRENT"]))
    path = data.draw(st.sampled_from(sorted(copy.glob(pattern))))
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    problems = said(copy)
    if path.suffix == ".parquet":
        assert any(path.name in problem for problem in problems)
