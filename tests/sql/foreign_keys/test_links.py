"""Both sides of foreign keys in step, whatever is done to the tables at either."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sql.foreign_keys.links import references_to, with_links, with_tables_replaced, without_foreign_key
from storage import types
from storage.catalog import Catalog
from storage.catalog_entries import Column, ForeignKey, PrimaryKey, Table

PLACES = st.integers(0, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("refer"), PLACES, PLACES),
        st.tuples(st.just("forget"), PLACES, PLACES),
        st.tuples(st.just("replace"), PLACES, PLACES),
        st.tuples(st.just("alter"), PLACES, PLACES),
    ),
    max_size=20,
)


def table_of(oid: int, name: str) -> Table:
    """A table with a key."""
    key = PrimaryKey(f"{name}_pkey", (1,))
    return Table(oid, "public", name, "admin", (Column(1, "id", types.INTEGER),), key)


def require_in_step(catalog: Catalog) -> None:
    """Each table knows those that refer to it, and no others; nothing refers to what is not there."""
    for table in catalog.tables.values():
        referring = {
            other.oid
            for other in catalog.tables.values()
            if any(each.referenced_table == table.oid for each in other.foreign_keys)
        }
        assert table.referenced_by == tuple(sorted(referring))
        assert all(each.referenced_table in catalog.tables for each in table.foreign_keys)


def closure_of(catalog: Catalog, table: Table) -> dict[int, Table]:
    """A table and those that refer to it, directly or not: what is emptied with it."""
    found = {table.oid: table}
    left = [table]
    while left:
        for other, _ in references_to(catalog, left.pop()):
            if other.oid not in found:
                found[other.oid] = other
                left.append(other)
    return found


@given(STEPS)
def test_both_sides_stay_in_step(steps: list[tuple[str, int, int]]) -> None:
    """After each step, of tables that refer to themselves and to each other in circles, too."""
    names = ("a", "b", "c", "d")
    catalog = Catalog.of([table_of(20_000 + place, name) for place, name in enumerate(names)])
    oids = iter(range(30_000, 40_000))
    for what, one, other in steps:
        table, second = catalog.table("public", names[one]), catalog.table("public", names[other])
        assert table is not None
        assert second is not None
        before = catalog
        if what == "refer":
            made = ForeignKey(next(oids), "f", (1,), second.oid, (1,))
            catalog = with_links(catalog, replace(table, foreign_keys=(*table.foreign_keys, made)))
        elif what == "forget" and table.foreign_keys:
            catalog = without_foreign_key(catalog, table.oid, table.foreign_keys[0].oid)
        elif what == "replace":
            gone = closure_of(catalog, table)
            catalog = with_tables_replaced(catalog, {oid: replace(each, oid=next(oids)) for oid, each in gone.items()})
        elif what == "alter":
            # Whoever changes it may have it from before another table began to refer to it.
            catalog = with_links(catalog, replace(table, referenced_by=(), comment="changed"))
        require_in_step(catalog)
        if what == "refer":
            # Its writers are to know, also where it was referred to by the same table already.
            assert catalog.tables[second.oid] is not before.tables[second.oid]
