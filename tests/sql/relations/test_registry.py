"""The list of system relations."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from sql.relations import RelationContext, TableStatistics
from sql.relations.oids import FIRST_USER_OID
from sql.relations.relation import Content, Wanted, table_of
from tests.sql.relations.sample import ORDERS, sample_context, seen_by

if TYPE_CHECKING:
    from sql.relations import Relation, Relations


def test_every_relation_has_an_oid_of_its_own_below_those_of_users(relations: Relations) -> None:
    """Oids are unique in pg_class and cannot meet one of a user's object."""
    oids = Counter(relation.oid for relation in relations.all())
    assert max(oids.values()) == 1
    assert max(oids) < FIRST_USER_OID


def test_postgres_catalogs_have_their_fixed_oids(relations: Relations) -> None:
    """Clients know these oids by heart."""
    for name, oid in (("pg_class", 1259), ("pg_type", 1247), ("pg_attribute", 1249), ("pg_proc", 1255)):
        relation = relations.find("pg_catalog", name)
        assert relation is not None
        assert relation.oid == oid


def test_find_knows_namespaces_apart(relations: Relations) -> None:
    """A name is found in its namespace and in no other."""
    assert relations.find("system", "tables") is not relations.find("information_schema", "tables")
    assert relations.find("pg_catalog", "tables") is None
    assert relations.find("public", "pg_class") is None


def test_in_namespace_lists_what_find_finds(relations: Relations) -> None:
    """`in_namespace` and `all` tell of the same relations, and of none that only macros read."""
    listed = [each for name in ("system", "pg_catalog", "information_schema") for each in relations.in_namespace(name)]
    assert Counter(listed) == Counter(relations.all())
    assert not relations.in_namespace("pg_silt")
    assert relations.find("pg_silt", "silt_names") is not None


def test_rows_have_the_declared_columns_and_types(relations: Relations, context: RelationContext) -> None:
    """What a relation computes is what its columns promise, for every relation, with rows or without."""
    for relation in relations.all():
        schema = relation.rows(context).schema
        assert [(field.name, field.type) for field in schema] == [
            (column.name, column.type.arrow) for column in relation.columns
        ], relation.name


def test_columns_that_may_not_be_null_are_not(relations: Relations, context: RelationContext) -> None:
    """NOT NULL holds for computed rows too."""
    for relation in relations.all():
        table = relation.rows(context)
        for column in relation.columns:
            assert not (column.not_null and table.column(column.name).null_count), (relation.name, column.name)


def test_rows_that_never_change_are_made_once(relations: Relations) -> None:
    """Reading pg_type costs nothing: every query shares one table."""
    pg_type = _find(relations, "pg_catalog", "pg_type")
    assert pg_type.rows(sample_context()) is pg_type.rows(sample_context())


def test_rows_are_remembered_until_the_catalog_changes(relations: Relations) -> None:
    """The same catalog is laid out once; another catalog, role or search path gives other rows."""
    context = sample_context()
    pg_attribute, names = _find(relations, "pg_catalog", "pg_attribute"), _find(relations, "pg_silt", "silt_names")
    rows = pg_attribute.rows(context)
    assert pg_attribute.rows(replace(context)) is rows
    smaller = replace(context, catalog=context.catalog.without_table(ORDERS.oid))
    assert pg_attribute.rows(smaller).num_rows < rows.num_rows
    assert pg_attribute.rows(context).equals(rows)
    assert names.rows(context) != names.rows(replace(context, search_path=("pg_catalog", "app")))
    assert names.rows(context) != names.rows(seen_by(context, "bob"))


def test_what_storage_tells_is_never_remembered(relations: Relations) -> None:
    """Row counts, sessions, settings and jobs are of now, though the catalog is the same."""
    context = sample_context()
    later = replace(
        context,
        statistics=lambda: [TableStatistics(ORDERS.oid, hot_rows=99)],
        sessions=list,
        settings=list,
        segments=list,
    )
    for namespace, name in (
        ("system", "tables"),
        ("system", "segments"),
        ("system", "sessions"),
        ("system", "settings"),
        ("pg_catalog", "pg_class"),
        ("pg_catalog", "pg_settings"),
        ("pg_catalog", "pg_stat_activity"),
        ("pg_catalog", "pg_stat_user_tables"),
        ("pg_catalog", "pg_stat_database"),
        ("pg_silt", "silt_sizes"),
        ("pg_silt", "silt_settings"),
    ):
        relation = _find(relations, namespace, name)
        assert not relation.rows(context).equals(relation.rows(later)), name


def test_content_for_a_column_that_is_not_there_is_refused(relations: Relations) -> None:
    """A misspelt column cannot vanish silently."""
    with pytest.raises(KeyError, match="nspnam"):
        table_of(_find(relations, "pg_catalog", "pg_namespace").columns, Content(0, {"nspnam": []}))


def _find(relations: Relations, namespace: str, name: str) -> Relation:
    relation = relations.find(namespace, name)
    assert relation is not None
    return relation


def test_names_of_relations_need_no_sizes(relations: Relations) -> None:
    """Only what asks for the sizes of tables has them taken; all else follows from the catalog."""
    context = sample_context()
    untaken = RelationContext(context.catalog, context.role, context.search_path)
    pg_class = _find(relations, "pg_catalog", "pg_class")
    assert pg_class.needs(("oid", "relname")) == frozenset()
    assert pg_class.needs(("relname", "reltuples")) == pg_class.needs(None) == {"statistics"}
    names = pg_class.rows(untaken, Wanted(frozenset({"relname"})))
    assert "orders" in names.column("relname").to_pylist()
    with pytest.raises(LookupError):
        pg_class.rows(untaken)
    sizes = pg_class.rows(context, Wanted(frozenset({"relname", "relpages"}))).to_pylist()
    assert [row["relpages"] for row in sizes if row["relname"] == "orders"] == [3]
