"""Foreign keys in backups: after a restore both sides name each other by the oids that they have there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from storage import types
from storage.catalog_entries import Check, Column, ForeignKey, Index
from storage.references import referenced_key
from tests.checking import assert_whole
from tests.storage.backups import back_up, change_catalog, restore
from tests.storage.harness import create_table, flush, insert, open_storage

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.engine import Storage

COLUMNS = (Column(1, "id", types.BIGINT, not_null=True), Column(2, "code", types.TEXT), Column(3, "up", types.BIGINT))


def linked(storage: Storage) -> tuple[Table, Table]:
    """A table that refers to another one, by its primary key and by an index of it, and to itself."""
    parent, child = create_table(storage, COLUMNS, name="parent"), create_table(storage, COLUMNS, name="child")
    new_oid = storage.visible.new_oid
    index = Index(new_oid(), "parent_code_key", (2,), unique=True, constraint=True)
    parent = replace(parent, indexes=(index,), referenced_by=(child.oid,))
    child = replace(
        child,
        checks=(Check(new_oid(), "c", "id > 0", (1,)),),
        foreign_keys=(
            ForeignKey(new_oid(), "by_code", (2,), parent.oid, (2,), index.oid, on_delete="cascade", comment="why"),
            ForeignKey(new_oid(), "by_id", (3,), parent.oid, (1,), deferrable=True),
            ForeignKey(new_oid(), "itself", (3,), child.oid, (1,), on_delete="set null", set_columns=(3,)),
        ),
        referenced_by=(child.oid,),
    )
    change_catalog(storage, parent, child)
    insert(storage, parent, (1, "a", None), (2, "b", None)).result()
    flush(storage, parent)
    insert(storage, child, (1, "b", 1)).result()
    return parent, child


def table_of(storage: Storage, name: str) -> Table:
    """The table of that name."""
    found = storage.catalog.table("public", name)
    assert found is not None
    return found


def test_they_are_those_of_the_tables_that_come_with_them(tmp_path: Path) -> None:
    """With all that is said of each, in a server that has such tables itself; the keys they refer to are found."""
    storage = open_storage(tmp_path / "one")
    before = {table.name: table for table in linked(storage)}
    back_up(storage, tmp_path / "backups")
    storage.close()
    other = open_storage(tmp_path / "other")
    create_table(other, name="more")
    there = {table.oid for table in linked(other)}
    restore(other, tmp_path / "backups")
    for _ in range(2):
        parent, child = table_of(other, "parent"), table_of(other, "child")
        assert not {parent.oid, child.oid} & there
        assert (parent.referenced_by, child.referenced_by) == ((child.oid,), (child.oid,))
        by_code, by_id, itself = child.foreign_keys
        oids = {each.oid for each in child.foreign_keys}
        assert len(oids) == 3
        assert not oids & {each.oid for each in before["child"].foreign_keys}
        assert [each.referenced_table for each in child.foreign_keys] == [parent.oid, parent.oid, child.oid]
        assert (by_code.referenced_index, by_id.referenced_index) == (parent.indexes[0].oid, None)
        for now, then in zip((by_code, by_id, itself), before["child"].foreign_keys, strict=True):
            same = {"oid": 0, "referenced_table": 0, "referenced_index": None}
            assert replace(now, **same) == replace(then, **same)
        transaction = other.begin()
        for foreign_key, values in ((by_code, (0, "b", 0)), (by_id, (2, "", 0))):
            entry = referenced_key(parent, foreign_key, parent.oid).entry_of(values)
            assert entry is not None
            assert transaction.references.has_key(parent.oid, entry)
        other.rollback(transaction)
        other.close()
        assert_whole(tmp_path / "other")
        other = open_storage(tmp_path / "other")
    other.close()
