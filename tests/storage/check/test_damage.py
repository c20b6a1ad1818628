"""Every kind of damage is found, and told of by the name of what is damaged."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import msgspec
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from storage.catalog_entries import Index
from storage.errors import DataFolderVersion, NoDataFolder, StorageError
from storage.keys import KeyKind, key, pack_seq
from storage.kv import Delete, KeyValueStore, Put, add_to_batch, new_batch
from tests.checking import findings_of, problems_of
from tests.storage.backups import fill
from tests.storage.harness import create_table, delete, flush, insert, open_storage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.kv import Mutation
    from storage.segment import Segment

ROWS = 3_000


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two segments of one table and hot rows behind them, some of both dead; nobody has it open."""
    data_dir = tmp_path_factory.mktemp("whole")
    storage = open_storage(data_dir)
    fill(storage)
    table = create_table(storage, name="items")
    for first in (0, ROWS):
        insert(storage, table, *[(n, f"v{n}") for n in range(first, first + ROWS)]).result()
        flush(storage, table)
    insert(storage, table, *[(n, f"v{n}") for n in range(2 * ROWS, 2 * ROWS + 100)]).result()
    delete(storage, table, 7, 2 * ROWS + 7).result()
    storage.close()
    return data_dir


@pytest.fixture
def data_dir(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(whole, tmp_path / "data")


def change(data_dir: Path, *mutations: Mutation) -> None:
    """Change records."""
    kv = KeyValueStore(data_dir / "hot", 8 << 20)
    batch = new_batch()
    add_to_batch(batch, mutations)
    kv.write(batch)
    kv.sync()
    kv.close()


def items(data_dir: Path) -> tuple[int, list[Segment]]:
    """The oid of the table, and its segments."""
    storage = open_storage(data_dir)
    oid = next(table.oid for table in storage.catalog.tables.values() if table.name == "items")
    segments = list(storage.snapshot(oid).segments)
    storage.close()
    return oid, segments


def flip(path: Path, place: int) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def entry_of(oid: int, number: int) -> bytes:
    """The index entry of a key."""
    return key(KeyKind.INDEX, oid) + (number + (1 << 63)).to_bytes(8, "big")


def test_nothing_is_wrong_with_a_whole_folder(data_dir: Path) -> None:
    """And nothing of it is changed, not even the times of its files."""

    def state() -> dict[Path, tuple[bytes, int]]:
        files = (path for path in data_dir.rglob("*") if path.is_file())
        return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    before = state()
    assert findings_of(data_dir) == []
    assert state() == before


def damage_page(segments: list[Segment]) -> None:
    """A bit in the middle of the values of a column."""
    chunk = pq.ParquetFile(segments[0].path).metadata.row_group(0).column(1)
    flip(segments[0].path, chunk.data_page_offset + chunk.total_compressed_size // 2)


def damage_footer(segments: list[Segment]) -> None:
    """A bit of the statistics that DuckDB reads."""
    flip(segments[0].path, segments[0].bytes - 100)


def truncate(segments: list[Segment]) -> None:
    """The end is gone."""
    os.truncate(segments[0].path, segments[0].bytes - 10)


def swap(segments: list[Segment]) -> None:
    """Two files have each other's name."""
    other = segments[0].path.with_suffix(".other")
    segments[0].path.rename(other)
    segments[1].path.rename(segments[0].path)
    other.rename(segments[1].path)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damage_page, "its checksum is"),
        (damage_footer, "its checksum is"),
        (truncate, "cannot be read: it has"),
        (lambda segments: segments[0].path.unlink(), "No such file"),
        (swap, ""),
    ],
    ids=["page", "footer", "truncated", "deleted", "swapped"],
)
def test_a_damaged_segment(data_dir: Path, damage: Callable[[list[Segment]], None], said: str) -> None:
    """Its file is named, once; that its rows cannot be compared with the index is no problem of its own."""
    _, segments = items(data_dir)
    damage(segments)
    problems = problems_of(data_dir)
    assert problems[0].startswith(f"problem: public.items: segment {segments[0].path.name}"), problems
    assert said in problems[0]
    assert len(problems) == (2 if damage is swap else 1)


@pytest.mark.parametrize("column", [0, 1])
def test_a_file_without_checksum_is_held_to_those_of_its_pages(data_dir: Path, column: int) -> None:
    """So is what an older server has written of one that is there again."""
    oid, segments = items(data_dir)
    rewrite_manifest(data_dir, oid, segments[0], 9, None)
    chunk = pq.ParquetFile(segments[0].path).metadata.row_group(0).column(column)
    start = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
    flip(segments[0].path, start + chunk.total_compressed_size - 5)
    (problem,) = problems_of(data_dir)
    assert f"segment {segments[0].path.name} cannot be read" in problem


def rewrite_manifest(data_dir: Path, oid: int, segment: Segment, field: int, value: object) -> None:
    """Change a field of a manifest entry, by its place."""
    kv = KeyValueStore(data_dir / "hot", 8 << 20)
    manifest_key = key(KeyKind.MANIFEST, oid, segment.min_seq)
    entry = msgspec.msgpack.decode(kv.get(manifest_key) or b"")
    kv.close()
    entry[field] = value
    change(data_dir, Put(manifest_key, msgspec.msgpack.encode(entry)))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (1, 2_999, "instead of 2999 in 1: it is not the file that was written"),
        (4, 3_001, "its last row is 3000 instead of 3001"),
        (4, 4_000, "overlap: rows up to 4000"),
        (5, [2], "row group 0 begins with row 1 instead of 2"),
        (6, [[1, 5, 2_999, 0]], 'the statistics of column "id" are '),
        (6, [[1, 0, 2_999, 7]], 'the statistics of column "id" are '),
        (8, 7, "the manifest entry of row 1 cannot be decoded"),
        (9, 12345, "instead of 00003039"),
    ],
)
def test_a_manifest_that_does_not_fit_the_file(data_dir: Path, field: int, value: object, said: str) -> None:
    """Rows, highest seq, row groups, statistics, layout, checksum."""
    oid, segments = items(data_dir)
    rewrite_manifest(data_dir, oid, segments[0], field, value)
    problems = problems_of(data_dir)
    assert any(said in problem and problem.startswith("problem: public.items: ") for problem in problems), problems


def test_the_fields_of_a_manifest_entry_have_these_places(data_dir: Path) -> None:
    """Which the tests above change."""
    oid, segments = items(data_dir)
    kv = KeyValueStore(data_dir / "hot", 8 << 20)
    value = kv.get(key(KeyKind.MANIFEST, oid, 1)) or b""
    kv.close()
    fields = msgspec.msgpack.decode(value)
    assert (fields[1], fields[4], fields[9]) == (ROWS, ROWS, segments[0].checksum)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (lambda oid: Delete(entry_of(oid, 5)), "index items_pkey: row 6 with key (id)=(5) has no entry"),
        (lambda oid: Delete(entry_of(oid, 6_050)), "row 6051 with key (id)=(6050) has no entry"),
        (lambda oid: Put(entry_of(oid, -9), pack_seq(3)), "the entry of key (id)=(-9) leads to row 3, which is not"),
        (lambda oid: Put(entry_of(oid, 7), pack_seq(8)), "the entry of key (id)=(7) leads to row 8, which is not"),
        (lambda oid: Put(entry_of(oid, 99_999), pack_seq(77_777)), "key (id)=(99999) leads to row 77777, which is not"),
        (lambda oid: Put(entry_of(oid, 5), b"?"), "the entry of key (id)=(5) leads to no row"),
        (lambda oid: Delete(key(KeyKind.DEAD, oid, 8)), "row 8 with key (id)=(7) has no entry"),
        (lambda oid: Put(key(KeyKind.DEAD, oid, 9), bytes(8)), "key (id)=(8) leads to row 9, which is not a live row"),
        (lambda oid: Put(key(KeyKind.DEAD, oid, 90_000), bytes(8)), "row 90000 is recorded as dead, but no segment"),
        (lambda oid: Put(key(KeyKind.HOT, oid, 6_001), b"\1\x91?"), "the hot rows from row 6001 on cannot be decoded"),
        (lambda oid: Put(key(KeyKind.HOT, oid, 6_001), b"\3\7\x90"), "the hot rows from row 6001 on cannot be decoded"),
        (
            lambda oid: Put(key(KeyKind.HOT, oid, 3), b"\1\x91\x92\1\xa1x"),
            "hot rows 3 to 3 overlap with segment 1-3000-",
        ),
        (lambda oid: Put(key(KeyKind.HOT, oid, 6_050), b"\1\x91\x92\1\xa1x"), "overlap with hot rows 6001 to 6100"),
        (lambda oid: Put(key(KeyKind.HIGH_WATER, oid), pack_seq(9)), "rows up to 6000, but up to row 9 was ever"),
    ],
)
def test_records_of_a_table_that_do_not_fit(data_dir: Path, changes: Callable[[int], Mutation], said: str) -> None:
    """Index entries without rows and rows without entries, dead rows that are nowhere, hot rows that overlap."""
    oid, _ = items(data_dir)
    change(data_dir, changes(oid))
    problems = problems_of(data_dir)
    assert any(said in problem and problem.startswith("problem: public.items: ") for problem in problems), problems


def test_a_hot_value_of_other_rows(data_dir: Path) -> None:
    """It can be decoded, and its keys are not those of the index."""
    oid, _ = items(data_dir)
    rows = [[n, "other"] for n in range(9_000, 9_100)]
    change(data_dir, Put(key(KeyKind.HOT, oid, 6_001), b"\1" + msgspec.msgpack.encode(rows)))
    problems = problems_of(data_dir)
    assert "problem: public.items: index items_pkey: row 6001 with key (id)=(9000) has no entry" in problems
    assert "problem: public.items: 89 more: index items_pkey: rows without entries" in problems


def test_two_rows_of_one_key(data_dir: Path) -> None:
    """Both are named."""
    oid, _ = items(data_dir)
    change(data_dir, Put(key(KeyKind.HOT, oid, 7_000), b"\1" + msgspec.msgpack.encode([[5, "again"]])))
    assert problems_of(data_dir) == ["problem: public.items: index items_pkey: rows 6 and 7000 both have key (id)=(5)"]


@pytest.mark.parametrize(
    ("kind", "name"), [(KeyKind.TABLE, "table"), (KeyKind.NAMESPACE, "namespace"), (KeyKind.ROLE, "role")]
)
def test_a_record_of_the_catalog_that_cannot_be_decoded(data_dir: Path, kind: KeyKind, name: str) -> None:
    """It is named by its kind and oid; the tables that are known are checked all the same."""
    oid, segments = items(data_dir)
    storage = open_storage(data_dir)
    victim = next(found for found, _ in storage.scan(kind.value) if found != key(KeyKind.TABLE, oid))
    storage.close()
    change(data_dir, Put(victim, b"?"))
    segments[0].path.unlink()
    problems = problems_of(data_dir)
    assert any(f"problem: catalog: {name} {int.from_bytes(victim[1:], 'big')} cannot be decoded" in p for p in problems)
    assert any(f"public.items: segment {segments[0].path.name}" in problem for problem in problems)


def test_a_block_of_rocksdb_that_cannot_be_read(data_dir: Path) -> None:
    """The file is named as it is in the folder, and so is the table."""
    kv = KeyValueStore(data_dir / "hot", 8 << 20)
    kv.checkpoint(data_dir / "new")
    kv.close()
    shutil.rmtree(data_dir / "hot")
    (data_dir / "new").rename(data_dir / "hot")
    file = max((data_dir / "hot").glob("*.sst"), key=lambda path: path.stat().st_size)
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)
    flip(file, len(content) // 2)
    problems = problems_of(data_dir)
    assert any(
        "problem: public.items: " in problem and f"{data_dir / 'hot' / file.name} offset" in problem
        for problem in problems
    ), problems


def test_damage_in_the_middle_of_the_log(data_dir: Path) -> None:
    """What is behind it is lost, and no start tells of it again."""
    storage = open_storage(data_dir)
    table = next(table for table in storage.catalog.tables.values() if table.name == "items")
    for number in range(10_000, 10_100):
        insert(storage, table, (number, "late" * 50)).result()
    shutil.copytree(data_dir, data_dir.with_name("killed"))
    storage.close()
    killed = data_dir.with_name("killed")
    assert findings_of(killed) == []
    log = max((killed / "hot").glob("*.log"), key=lambda path: path.stat().st_size)
    flip(log, log.stat().st_size // 2)
    problems = problems_of(killed)
    assert problems[0].startswith("problem: hot: the write-ahead log ends in damage: Corruption: checksum mismatch")


@pytest.mark.parametrize(
    ("mutation", "said"),
    [
        (Put(key(KeyKind.META, "next oid"), pack_seq(16_390)), "problem: catalog: oid "),
        (Delete(key(KeyKind.META, "next oid")), "problem: catalog: the next free oid is not recorded"),
        (Put(b"zz", b""), "problem: records: record 0x7a7a is of no known kind"),
        (Put(key(KeyKind.JOB, b"e") + b"FL-0123456789ab", b"?"), "problem: jobs: job "),
        (Put(key(KeyKind.SCHEDULE, b"x"), b"?"), "problem: jobs: schedule "),
    ],
)
def test_records_of_no_table(data_dir: Path, mutation: Mutation, said: str) -> None:
    """Each is named."""
    change(data_dir, mutation)
    (problem,) = problems_of(data_dir)
    assert problem.startswith(said)


def test_leftovers_are_notes(data_dir: Path) -> None:
    """What the next start removes is no problem."""
    oid, segments = items(data_dir)
    stray = segments[0].path.with_name("1-2-0123456789abcdef.parquet")
    stray.write_bytes(b"?" * 1_500)
    segments[0].path.with_name("0123456789abcdef.parquet.tmp").write_bytes(b"?")
    (data_dir / "cold" / "README").write_text("mine")
    change(data_dir, Put(key(KeyKind.DEAD, 99_999, 1), b""), Put(key(KeyKind.UNIQUE, oid, 99_998, b"x"), pack_seq(1)))
    found = findings_of(data_dir)
    assert len(found) == 4
    assert found[0] == "note: public.items: 1 entry of an index that it does not have, to be removed by the next start"
    assert found[1] == "note: store 99999: 1 record of kind DEAD of no table, to be removed by the next start"
    assert (
        f"note: {stray.relative_to(data_dir)}: no table has this file (1.5 kB), to be removed by the next start"
        in found
    )


def test_a_truncated_table_shares_its_indexes_with_its_successor(data_dir: Path) -> None:
    """As long as its space is not reclaimed: as after a crash right behind TRUNCATE."""
    storage = open_storage(data_dir)
    transaction = storage.begin()
    table = next(table for table in storage.catalog.tables.values() if table.name == "items")
    index = Index(transaction.new_oid(), "items_v", (2,), unique=False)
    indexed = replace(table, indexes=(*table.indexes, index))
    transaction.change_catalog(lambda catalog: catalog.with_relation(indexed))
    storage.commit(transaction).result()
    truncation = storage.begin()
    empty = replace(indexed, oid=truncation.new_oid())
    truncation.change_catalog(lambda catalog: catalog.without_relation(indexed).with_relation(empty))
    storage.commit(truncation).result()
    storage.close()
    assert [line for line in findings_of(data_dir) if "oid" in line] == []


def test_what_is_no_data_folder_is_not_checked(tmp_path: Path, data_dir: Path) -> None:
    """Nor one of a later version; neither is changed."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoDataFolder, match="empty is not a data folder"):
        findings_of(tmp_path / "empty")
    change(data_dir, Put(key(KeyKind.META, "format"), pack_seq(99)))
    with pytest.raises(DataFolderVersion, match="has format version 99"):
        findings_of(data_dir)


def test_a_manifest_of_rocksdb_that_cannot_be_read(data_dir: Path) -> None:
    """Nothing else can be said, but that is."""
    manifest = next((data_dir / "hot").glob("MANIFEST-*"))
    flip(manifest, manifest.stat().st_size // 2)
    with pytest.raises(StorageError, match=f"cannot open {data_dir / 'hot'}: Corruption"):
        findings_of(data_dir)
