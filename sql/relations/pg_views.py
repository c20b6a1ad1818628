"""System views over what the server holds and does: pg_tables, pg_indexes, pg_settings, pg_stat_activity and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.relations.context import DATABASE, HOT_MEMORY, JOB
from sql.relations.indexes import indexes_of
from sql.relations.oids import BOOTSTRAP_ROLE_OID, DATABASE_OID
from sql.relations.owners import role_name
from sql.relations.relation import Content, content_of
from sql.relations.view_definitions import view_definition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.relations.context import RelationContext
    from sql.relations.relation import Relation

HIDDEN_QUERY: Final = "<insufficient privilege>"

OF_THE_SERVER: Final = (HOT_MEMORY, JOB)
"""Waits for the server itself, and not for a lock of another client."""
"""What PostgreSQL shows for another user's statement."""


def pg_tables(context: RelationContext, relations: Sequence[Relation]) -> Content:
    """The rows of pg_tables: the catalogs and users' tables."""
    owner = role_name(context.catalog, BOOTSTRAP_ROLE_OID)
    system = ((each.namespace, each.name, owner, False, False) for each in relations if each.kind == "r")
    users = (
        (
            table.namespace,
            table.name,
            table.owner,
            table.primary_key is not None or bool(table.indexes),
            bool(table.foreign_keys or table.referenced_by),
        )
        for table in context.catalog.tables.values()
    )
    return content_of(
        "schemaname tablename tableowner hasindexes hastriggers",
        [*system, *users],
        hasrules=False,
        rowsecurity=False,
    )


def pg_views(context: RelationContext, relations: Sequence[Relation]) -> Content:
    """The rows of pg_views: users' views, and the computed relations, which have no SQL definition."""
    owner = role_name(context.catalog, BOOTSTRAP_ROLE_OID)
    system = ((each.namespace, each.name, owner, None) for each in relations if each.kind == "v")
    catalog, path = context.catalog, context.search_path
    users = (
        (view.namespace, view.name, view.owner, view_definition(view, catalog, path)) for view in catalog.views.values()
    )
    return content_of("schemaname viewname viewowner definition", [*users, *system])


def pg_indexes(context: RelationContext) -> Content:
    """The rows of pg_indexes."""
    rows = (
        (index.table.namespace, index.table.name, index.name, index.definition) for index in indexes_of(context.catalog)
    )
    return content_of("schemaname tablename indexname indexdef", rows)


def pg_settings(context: RelationContext) -> Content:
    """The rows of pg_settings."""
    rows = (
        (
            setting.name,
            value,
            setting.unit,
            setting.description,
            "internal" if setting.read_only else "user",
            setting.vartype,
            "default" if value == setting.default else "session",
            list(setting.choices) or None,
            setting.default,
            setting.default,
        )
        for setting, value in context.settings()
    )
    names = "name setting unit short_desc context vartype source enumvals boot_val reset_val"
    return content_of(names, rows, category="Settings", pending_restart=False)


def pg_stat_activity(context: RelationContext) -> Content:
    """The rows of pg_stat_activity: of sessions of roles that it is not in, a role sees no more than that they are."""
    shown = context.role
    rows: list[tuple[object, ...]] = []
    for each in context.sessions():
        identity = (each.pid, each.role_oid, each.role_name)
        if shown.owns(each.role_name):
            rows.append(
                (
                    *identity,
                    each.application_name,
                    each.client_addr,
                    -1 if each.client_port is None else each.client_port,
                    each.connected_at,
                    each.transaction_started_at,
                    each.statement_started_at,
                    each.state_changed_at,
                    each.state,
                    each.query,
                    "client backend",
                    None if each.waits_for is None else "IPC" if each.waits_for in OF_THE_SERVER else "Lock",
                    each.waits_for,
                )
            )
        else:
            rows.append((*identity, *[None] * 8, HIDDEN_QUERY, None, None, None))
    names = (
        "pid usesysid usename application_name client_addr client_port backend_start xact_start query_start "
        "state_change state query backend_type wait_event_type wait_event"
    )
    return content_of(names, rows, datid=DATABASE_OID, datname=DATABASE)


def pg_stat_tables(context: RelationContext) -> Content:
    """The rows of pg_stat_user_tables and pg_stat_all_tables: live and dead rows; SiltDB keeps no scan counters."""
    statistics = {each.table_oid: each for each in context.statistics()}
    rows: list[tuple[object, ...]] = []
    for table in context.catalog.tables.values():
        known = statistics.get(table.oid)
        live, dead = (known.hot_rows + known.cold_rows, known.dead_rows) if known else (0, 0)
        rows.append((table.oid, table.namespace, table.name, live, dead))
    return content_of("relid schemaname relname n_live_tup n_dead_tup", rows)


def pg_stat_database(context: RelationContext) -> Content:
    """The row of pg_stat_database: how many clients are connected."""
    return content_of("datid datname numbackends", [(DATABASE_OID, DATABASE, len(context.sessions()))])
