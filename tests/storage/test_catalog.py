"""The catalog as values."""

from __future__ import annotations

from msgspec.structs import replace

from storage.catalog import Catalog, bootstrap
from storage.catalog_entries import Namespace, Role
from tests.storage.harness import define

CATALOG = bootstrap().with_table(define(20000)).with_table(define(20001, name="other"))


def test_a_new_catalog_has_what_postgresql_expects() -> None:
    """The namespace public and the superuser admin, with PostgreSQL's oids."""
    public, admin = bootstrap().namespace("public"), bootstrap().role("admin")
    assert public == bootstrap().namespace_by_oid(2200) == Namespace(2200, "public", "admin")
    assert admin == bootstrap().role_by_oid(10) == Role(10, "admin", superuser=True, login=True)


def test_objects_are_found_by_name_and_oid() -> None:
    """A table by namespace and name, by oid, and among those of its namespace."""
    assert CATALOG.table("public", "t") is CATALOG.table_by_oid(20000) is not None
    assert CATALOG.table("elsewhere", "t") is None
    assert [table.name for table in CATALOG.tables_in("public")] == ["other", "t"]


def test_a_change_leads_from_one_catalog_to_the_other() -> None:
    """And on top of a third one brings just what changed: added, altered, renamed and removed objects."""
    renamed = replace(CATALOG.tables[20000], name="renamed", version=2)
    after = (
        CATALOG.with_table(renamed)
        .without_table(20001)
        .with_namespace(Namespace(20002, "ns", "admin"))
        .with_role(Role(20003, "ada", login=True))
    )
    change = CATALOG.change_to(after)
    assert CATALOG.apply(change) == after
    assert len(change.entries) == 4
    assert after.change_to(after).entries == {}
    third = CATALOG.with_table(define(20009, name="third"))
    merged = third.apply(change)
    assert {table.name for table in merged.tables.values()} == {"renamed", "third"}
    assert merged.table("public", "t") is None


def test_catalogs_are_values() -> None:
    """A change makes a new one and leaves the old one as it was."""
    before = Catalog.of(CATALOG.tables.values())
    before.with_table(define(3)).without_table(20000).with_role(Role(1, "r")).without_role("r")
    assert before == Catalog.of(CATALOG.tables.values())
    namespaced = before.with_namespace(Namespace(5, "n", "admin"))
    assert namespaced.without_namespace("n") == before
