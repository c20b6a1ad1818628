"""Namespace `system`: what SiltDB tells of itself. The columns are a contract with its users."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from sql.relations.context import TableStatistics
from sql.relations.relation import Content, content_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sql.relations.context import Part, RelationContext

DECLARATIONS: Final = """
16001 jobs job_id:text! job_type:text! status:text! namespace:text table_name:text parameters:jsonb! message:text
  exception_trace:text error_sqlstate:text idempotency_key:text owner:text! trigger:text! schedule_name:text
  parent_job_id:text priority:int4! phase:text fraction_completed:float8 units_done:int8 units_total:int8 unit:text
  eta:timestamptz retry_count:int4! max_retries:int4! next_run_at:timestamptz cancel_requested_at:timestamptz
  cancel_requested_by:text cancel_reason:text result:jsonb node_id:text! cpu_seconds:float8! peak_memory_bytes:int8!
  created_at:timestamptz! started_at:timestamptz finished_at:timestamptz updated_at:timestamptz!
16002 job_attempts job_id:text! attempt:int4! started_at:timestamptz! finished_at:timestamptz outcome:text!
  error_sqlstate:text message:text exception_trace:text
16003 job_events job_id:text! at:timestamptz! kind:text! message:text
16004 schedules schedule_name:text! cron:text timezone:text! statement:text source:text! paused:bool! on_overlap:text!
  next_run_at:timestamptz last_run_at:timestamptz last_job_id:text owner:text! created_at:timestamptz
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
16010 transactions pid:int4! user_name:text! isolation:text! read_only:bool! state:text! started_at:timestamptz!
  waits_for:text
16011 settings name:text! value:text! default_value:text! unit:text type:text! read_only:bool! description:text!
16012 users user_name:text! superuser:bool! can_login:bool! can_create_users:bool! connection_limit:int4!
16013 metrics name:text! value:float8! unit:text! description:text!
"""
"""The relations, in the format of `pg_catalog_columns`."""


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
                known.flush_policy,
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
    """The sessions of the role itself and of those that it is in, or, for a superuser, all of them."""
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
        if context.role.owns(each.role_name)
    )
    return content_of(
        "pid user_name application_name client_addr client_port state query connected_at transaction_started_at "
        "statement_started_at state_changed_at",
        rows,
    )


def transactions(context: RelationContext) -> Content:
    """The transactions in progress of the sessions that the role may see."""
    rows = (
        (each.pid, each.role_name, each.isolation, each.read_only, each.state, each.started_at, each.waits_for)
        for each in context.transactions()
    )
    return content_of("pid user_name isolation read_only state started_at waits_for", rows)


def schedules(context: RelationContext) -> Content:
    """What makes jobs by itself: the role's own schedules, or, for superusers and members of `job_operator`, all."""
    names = (
        "schedule_name cron timezone statement source paused on_overlap next_run_at last_run_at last_job_id owner "
        "created_at"
    )
    rows = (tuple(getattr(each, name) for name in names.split()) for each in context.schedules())
    return content_of(names, rows)


def metrics(context: RelationContext) -> Content:
    """What the server counts."""
    rows = ((each.name, each.value, each.unit, each.description) for each in context.metrics())
    return content_of("name value unit description", rows)


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
    "namespaces": namespaces,
    "tables": tables,
    "columns": columns,
    "segments": segments,
    "sessions": sessions,
    "transactions": transactions,
    "schedules": schedules,
    "settings": settings,
    "users": users,
    "metrics": metrics,
}
"""By name in `system`; those of jobs are in `job_rows`."""

SHOWS: Final[Mapping[str, Part]] = {
    "jobs": "jobs",
    "job_attempts": "jobs",
    "job_events": "jobs",
    "schedules": "schedules",
    "tables": "statistics",
    "segments": "segments",
    "sessions": "sessions",
    "transactions": "transactions",
    "settings": "settings",
    "metrics": "metrics",
}
"""What more than the catalog they are computed from."""
