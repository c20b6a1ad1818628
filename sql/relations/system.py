"""Namespace `system`: what SiltDB tells of itself. The columns are a contract with its users."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from sql.relations.context import TableStatistics
from sql.relations.relation import Content, content_of
from sql.types.jsonb import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sql.relations.context import RelationContext

DECLARATIONS: Final = """
16001 jobs job_id:text! job_type:text! status:text! namespace:text table_name:text parameters:jsonb! message:text
  exception_trace:text error_sqlstate:text idempotency_key:text owner:text! trigger:text! schedule_name:text
  parent_job_id:text priority:int4! phase:text fraction_completed:float8 units_done:int8 units_total:int8 unit:text
  eta:timestamptz retry_count:int4! max_retries:int4! next_run_at:timestamptz cancel_requested_at:timestamptz
  cancel_requested_by:text cancel_reason:text result:jsonb node_id:text! cpu_seconds:float8! peak_memory_bytes:int8!
  created_at:timestamptz! started_at:timestamptz finished_at:timestamptz updated_at:timestamptz!
16005 namespaces namespace:text! owner:text! tables:int8!
16006 tables namespace:text! table_name:text! table_type:text! hot_rows:int8! cold_rows:int8! dead_rows:int8!
  hot_bytes:int8! cold_bytes:int8! segments:int8! flush_policy:text last_flushed_at:timestamptz created_at:timestamptz!
16007 columns namespace:text! table_name:text! column_name:text! ordinal_position:int4! data_type:text! not_null:bool!
  default_value:text primary_key_position:int4
16008 segments namespace:text! table_name:text! owner:text path:text! rows:int8! dead_rows:int8! bytes:int8!
  min_seq:int8! max_seq:int8! created_at:timestamptz!
16009 sessions pid:int4! user_name:text! application_name:text! client_addr:text client_port:int4 state:text!
  query:text! connected_at:timestamptz! transaction_started_at:timestamptz statement_started_at:timestamptz
  state_changed_at:timestamptz!
16011 settings name:text! value:text! default_value:text! unit:text type:text! read_only:bool! description:text!
16012 users user_name:text! superuser:bool! can_login:bool! can_create_users:bool! connection_limit:int4!
"""
"""The relations, in the format of `pg_catalog_columns`. Oids that are left out are those of relations to come."""

_JSON_COLUMNS: Final = ("parameters", "result")


def jobs(context: RelationContext) -> Content:
    """The jobs that the role may see."""
    records = context.jobs()
    fields = type(records[0]).__struct_fields__ if records else ()
    values = {name: [getattr(record, name) for record in records] for name in fields}
    for name in _JSON_COLUMNS:
        if name in values:
            values[name] = [None if each is None else _jsonb(each) for each in values[name]]
    return Content(len(records), values)


def _jsonb(value: Mapping[str, object]) -> str:
    return normalise(msgspec.json.encode(value).decode()) if value else "{}"


def namespaces(context: RelationContext) -> Content:
    """The namespaces that users made, and `public`."""
    tables = Counter(table.namespace for table in context.catalog.tables.values())
    rows = ((each.name, each.owner, tables[each.name]) for each in context.catalog.namespaces.values())
    return content_of("namespace owner tables", rows)


def tables(context: RelationContext) -> Content:
    """Users' tables with what they hold."""
    statistics = {each.table_oid: each for each in context.statistics()}
    rows: list[tuple[object, ...]] = []
    for table in context.catalog.tables.values():
        known = statistics.get(table.oid, TableStatistics(table.oid))
        rows.append(
            (
                table.namespace,
                table.name,
                table.options.get("type", "shared"),
                known.hot_rows,
                known.cold_rows,
                known.dead_rows,
                known.hot_bytes,
                known.cold_bytes,
                known.segments,
                table.options.get("flush_policy"),
                known.last_flushed_at,
                table.created_at,
            )
        )
    return content_of(
        "namespace table_name table_type hot_rows cold_rows dead_rows hot_bytes cold_bytes segments flush_policy "
        "last_flushed_at created_at",
        rows,
    )


def columns(context: RelationContext) -> Content:
    """The columns of users' tables."""
    rows: list[tuple[object, ...]] = []
    for table in context.catalog.tables.values():
        key = table.primary_key.columns if table.primary_key else ()
        rows += [
            (
                table.namespace,
                table.name,
                column.name,
                position,
                str(column.type),
                column.not_null,
                column.default,
                key.index(column.number) + 1 if column.number in key else None,
            )
            for position, column in enumerate(table.columns, start=1)
        ]
    return content_of(
        "namespace table_name column_name ordinal_position data_type not_null default_value primary_key_position", rows
    )


def segments(context: RelationContext) -> Content:
    """The Parquet files of users' tables."""
    catalog = context.catalog
    rows: list[tuple[object, ...]] = []
    for each in context.segments():
        table = catalog.table_by_oid(each.table_oid)
        if table is not None:
            rows.append(
                (
                    table.namespace,
                    table.name,
                    each.owner,
                    each.path,
                    each.rows,
                    each.dead_rows,
                    each.bytes,
                    each.min_seq,
                    each.max_seq,
                    each.created_at,
                )
            )
    return content_of("namespace table_name owner path rows dead_rows bytes min_seq max_seq created_at", rows)


def sessions(context: RelationContext) -> Content:
    """The sessions of the role itself, or, for a superuser, all of them."""
    rows = (
        (
            each.pid,
            each.role_name,
            each.application_name,
            each.client_addr,
            each.client_port,
            each.state,
            each.query,
            each.connected_at,
            each.transaction_started_at,
            each.statement_started_at,
            each.state_changed_at,
        )
        for each in context.sessions()
        if context.role.superuser or each.role_oid == context.role.oid
    )
    return content_of(
        "pid user_name application_name client_addr client_port state query connected_at transaction_started_at "
        "statement_started_at state_changed_at",
        rows,
    )


def settings(context: RelationContext) -> Content:
    """The settings of this session."""
    rows = (
        (
            setting.name,
            value,
            setting.default,
            setting.unit,
            setting.vartype,
            setting.read_only,
            setting.description,
        )
        for setting, value in context.settings()
    )
    return content_of("name value default_value unit type read_only description", rows)


def users(context: RelationContext) -> Content:
    """The roles."""
    rows = (
        (role.name, role.superuser, role.login, role.superuser or role.create_role, role.connection_limit)
        for role in context.catalog.roles.values()
    )
    return content_of("user_name superuser can_login can_create_users connection_limit", rows)


SYSTEM: Final[Mapping[str, Callable[[RelationContext], Content]]] = {
    "jobs": jobs,
    "namespaces": namespaces,
    "tables": tables,
    "columns": columns,
    "segments": segments,
    "sessions": sessions,
    "settings": settings,
    "users": users,
}
"""By name in `system`."""
