"""Every system relation, by namespace and name."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from sql.relations import (
    fixed,
    helpers,
    information_schema,
    information_schema_columns,
    job_rows,
    pg_attribute,
    pg_catalog_columns,
    pg_class,
    pg_constraint,
    pg_depend,
    pg_descriptions,
    pg_index,
    pg_roles,
    pg_sequences,
    pg_sessions,
    pg_view_columns,
    pg_views,
    standard_columns,
    system,
)
from sql.relations.columns import read_declarations
from sql.relations.oids import HELPERS_OID
from sql.relations.owners import HELPERS
from sql.relations.pg_sequences import sequence_relation
from sql.relations.relation import ALL, EMPTY, Content, Relation, Wanted, selecting, table_of
from sql.relations.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sql.relations.context import Part, RelationContext

    Compute = Callable[[RelationContext], Content]
    Key = tuple[str, str]

PG_CATALOG: Final[Mapping[str, Compute]] = {
    "pg_attrdef": pg_attribute.pg_attrdef,
    "pg_attribute": pg_attribute.pg_attribute,
    "pg_auth_members": pg_roles.pg_auth_members,
    "pg_authid": pg_roles.pg_authid,
    "pg_class": pg_class.pg_class,
    "pg_constraint": pg_constraint.pg_constraint,
    "pg_database": pg_roles.pg_database,
    "pg_depend": pg_depend.pg_depend,
    "pg_description": pg_descriptions.pg_description,
    "pg_group": pg_roles.pg_group,
    "pg_index": pg_index.pg_index,
    "pg_indexes": pg_views.pg_indexes,
    "pg_namespace": pg_roles.pg_namespace,
    "pg_roles": pg_roles.pg_roles,
    "pg_sequence": pg_sequences.pg_sequence,
    "pg_sequences": pg_sequences.pg_sequences,
    "pg_settings": pg_views.pg_settings,
    "pg_shdescription": pg_descriptions.pg_shdescription,
    "pg_shadow": pg_roles.pg_shadow,
    "pg_cursors": pg_sessions.pg_cursors,
    "pg_locks": pg_sessions.pg_locks,
    "pg_stat_activity": pg_views.pg_stat_activity,
    "pg_stat_all_tables": pg_views.pg_stat_tables,
    "pg_stat_database": pg_views.pg_stat_database,
    "pg_stat_user_tables": pg_views.pg_stat_tables,
    "pg_user": pg_roles.pg_user,
}
"""By name, the rows that follow from a session's view. What is neither here nor among the fixed ones is empty."""

_COMPUTED: Final[Mapping[str, Mapping[str, Compute]]] = {
    "pg_catalog": PG_CATALOG,
    "information_schema": {
        **information_schema.INFORMATION_SCHEMA,
        "columns": standard_columns.columns,
        "sequences": pg_sequences.sequences,
    },
    "system": system.SYSTEM,
}

_DECLARED: Final = (
    ("pg_catalog", pg_catalog_columns.CATALOGS, "r"),
    ("pg_catalog", pg_view_columns.VIEWS, "v"),
    ("information_schema", information_schema_columns.VIEWS, "v"),
    ("system", system.DECLARATIONS, "v"),
)
"""Namespace, relations and their columns, relkind."""


_SHOWS: Final[Mapping[Key, Part]] = {
    ("pg_catalog", "pg_class"): "statistics",
    ("pg_catalog", "pg_cursors"): "cursors",
    ("pg_catalog", "pg_locks"): "locks",
    ("pg_catalog", "pg_sequences"): "sequences",
    ("pg_catalog", "pg_settings"): "settings",
    ("pg_catalog", "pg_stat_activity"): "sessions",
    ("pg_catalog", "pg_stat_all_tables"): "statistics",
    ("pg_catalog", "pg_stat_database"): "sessions",
    ("pg_catalog", "pg_stat_user_tables"): "statistics",
    (HELPERS, "silt_sizes"): "statistics",
    (HELPERS, "silt_settings"): "settings",
    **{("system", name): part for name, part in system.SHOWS.items()},
}
"""Relations that show more than the catalog, and so must be computed each time."""


class Relations:
    """Finds system relations. Made once for a server."""

    def __init__(self) -> None:
        listed = tuple(self._declared())
        self._listed = listed
        self._by_name: dict[Key, Relation] = {(each.namespace, each.name): each for each in listed}
        self._computed: dict[Key, Compute] = {
            (namespace, name): compute for namespace, group in _COMPUTED.items() for name, compute in group.items()
        }
        self._computed["pg_catalog", "pg_tables"] = partial(pg_views.pg_tables, relations=listed)
        self._computed["pg_catalog", "pg_views"] = partial(pg_views.pg_views, relations=listed)
        self._fixed: dict[Key, Callable[[], pa.Table]] = {
            # Laying all of them out would take as long as anything else that a start does.
            key: cache(partial(self._laid_out, key, content))
            for key, content in _fixed_content(listed)
        }
        self._by_name |= {(each.namespace, each.name): each for each in _helpers(listed)}

    def find(self, namespace: str, name: str) -> Relation | None:
        """The relation of that name; those of `pg_silt` are found too: what only macros read, and sequences."""
        found = self._by_name.get((namespace, name))
        return sequence_relation(name) if found is None and namespace == HELPERS else found

    def in_namespace(self, namespace: str) -> tuple[Relation, ...]:
        """The relations of a namespace."""
        return tuple(each for each in self._listed if each.namespace == namespace)

    def all(self) -> tuple[Relation, ...]:
        """Every relation that clients are told of."""
        return self._listed

    def _declared(self) -> Iterator[Relation]:
        for namespace, text, kind in _DECLARED:
            for each in read_declarations(text):
                key = (namespace, each.name)
                if namespace == "system" and each.name in job_rows.FILTERED:
                    filtered, compute = job_rows.FILTERED[each.name]
                    rows: Callable[[RelationContext, Wanted], pa.Table] = partial(compute, each.columns)
                elif key == ("pg_catalog", "pg_class"):
                    filtered, rows = frozenset(), partial(pg_class.with_sizes, Remembered(partial(self._rows, key)))
                elif key in _SHOWS:
                    filtered, rows = frozenset(), partial(self._rows, key)
                else:
                    filtered, rows = frozenset(), selecting(Remembered(partial(self._rows, key)))
                measured = pg_class.MEASURED if key == ("pg_catalog", "pg_class") else None
                yield Relation(
                    namespace, each.name, each.oid, each.columns, rows, kind, filtered, _shows(key), measured
                )

    def _laid_out(self, key: Key, content: Callable[[], Content]) -> pa.Table:
        return table_of(self._by_name[key].columns, content())

    def _rows(self, key: Key, context: RelationContext, wanted: Wanted = ALL) -> pa.Table:
        fixed, compute = self._fixed.get(key), self._computed.get(key)
        fixed_rows = None if fixed is None else fixed()
        if compute is None and fixed_rows is not None:
            return fixed_rows
        table = table_of(self._by_name[key].columns, compute(context) if compute else EMPTY, wanted)
        return table if fixed_rows is None else pa.concat_tables([table, fixed_rows.select(table.column_names)])


def _shows(key: Key) -> frozenset[Part]:
    return frozenset({_SHOWS[key]}) if key in _SHOWS else frozenset()


def _fixed_content(listed: Sequence[Relation]) -> Iterator[tuple[Key, Callable[[], Content]]]:
    """What makes the rows that never change: PostgreSQL's own, and what the catalogs say of the system relations."""
    for name, content in fixed.FIXED.items():
        yield ("pg_catalog", name), content
    yield ("pg_catalog", "pg_attribute"), partial(pg_attribute.pg_attribute_of_relations, listed)
    yield ("pg_catalog", "pg_class"), partial(pg_class.pg_class_of_relations, listed)
    yield ("information_schema", "columns"), partial(standard_columns.columns_of_relations, listed)
    yield ("information_schema", "tables"), partial(information_schema.tables_of_relations, listed)
    yield ("information_schema", "views"), partial(information_schema.views_of_relations, listed)


def _helpers(listed: Sequence[Relation]) -> Iterator[Relation]:
    fixed_helper = cache(helpers.fixed)
    rows: dict[str, Callable[[RelationContext], pa.Table]] = {
        "silt_fixed": lambda _context: fixed_helper(),
        "silt_names": Remembered(partial(helpers.names, relations=listed)),
        "silt_definitions": Remembered(partial(helpers.definitions, relations=listed)),
        "silt_sizes": partial(helpers.sizes, relations=listed),
        "silt_settings": helpers.settings,
        "silt_comments": Remembered(helpers.comments),
    }
    for number, (name, compute) in enumerate(rows.items(), start=1):
        yield Relation(HELPERS, name, HELPERS_OID + number, (), selecting(compute), shows=_shows((HELPERS, name)))
