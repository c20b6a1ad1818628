"""A small catalog, and the same one as PostgreSQL's DDL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobs.history import JobHistory
from jobs.view import JobView
from sql.acting_role import acting_role
from sql.relations import RelationContext, SegmentInfo, SessionInfo, TableStatistics
from sql.relations.context import CursorInfo, Metric, TransactionInfo
from sql.settings import SETTINGS
from storage.catalog import bootstrap
from storage.catalog_entries import Column, ForeignKey, Namespace, PrimaryKey, Role, Table
from storage.types import (
    BIGINT,
    BOOLEAN,
    BYTEA,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    JSON,
    JSONB,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    VARCHAR,
    char,
    numeric,
    varchar,
)
from tests.jobs.shelf import shelf_of

if TYPE_CHECKING:
    from jobs.record import JobRecord

DDL = """
    CREATE ROLE bob LOGIN;
    CREATE SCHEMA app;
    CREATE TABLE public.orders (
        id bigint PRIMARY KEY, customer text NOT NULL, amount numeric(10, 2), at timestamptz DEFAULT now(),
            note varchar(20)
    );
    CREATE TABLE app.events (a integer, b text, c char(3), d boolean, CONSTRAINT "events Key" PRIMARY KEY (b, a));
    CREATE TABLE public."Kinds" (
        a smallint, b real, c double precision, d numeric, e varchar, f bytea, g date, h time, i timestamp,
            j interval, k uuid,
        l json, m jsonb
    );
    ALTER TABLE public."Kinds" OWNER TO bob;
    CREATE TABLE app.lines (
        id integer PRIMARY KEY, parent integer, "order" bigint, event_a integer, event_b text,
        CONSTRAINT lines_parent_fkey FOREIGN KEY (parent) REFERENCES app.lines ON DELETE CASCADE
    );
    ALTER TABLE app.lines ADD FOREIGN KEY ("order") REFERENCES public.orders ON UPDATE SET DEFAULT ON DELETE RESTRICT
        DEFERRABLE INITIALLY DEFERRED;
    ALTER TABLE app.lines ADD CONSTRAINT "of an Event" FOREIGN KEY (event_a, event_b) REFERENCES app.events (a, b)
        MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL (event_b) DEFERRABLE NOT VALID;
    COMMENT ON CONSTRAINT lines_parent_fkey ON app.lines IS 'a tree';
"""

ORDERS = Table(
    16386,
    "public",
    "orders",
    "admin",
    (
        Column(1, "id", BIGINT, True),
        Column(2, "customer", TEXT, True),
        Column(3, "amount", numeric(10, 2)),
        Column(4, "at", TIMESTAMPTZ, False, "now()"),
        Column(5, "note", varchar(20)),
    ),
    PrimaryKey("orders_pkey", (1,)),
    created_at=1_700_000_000_000_000,
    referenced_by=(16420,),
)
EVENTS = Table(
    16395,
    "app",
    "events",
    "admin",
    (
        Column(1, "a", INTEGER, True),
        Column(2, "b", TEXT, True),
        Column(3, "c", char(3)),
        Column(4, "d", BOOLEAN),
    ),
    PrimaryKey("events Key", (2, 1)),
    referenced_by=(16420,),
)
KINDS = Table(
    16403,
    "public",
    "Kinds",
    "bob",
    tuple(
        Column(number, chr(ord("a") + number - 1), column_type)
        for number, column_type in enumerate(
            (
                SMALLINT,
                REAL,
                DOUBLE,
                NUMERIC,
                VARCHAR,
                BYTEA,
                DATE,
                TIME,
                TIMESTAMP,
                INTERVAL,
                UUID,
                JSON,
                JSONB,
            ),
            start=1,
        )
    ),
)
LINES = Table(
    16420,
    "app",
    "lines",
    "admin",
    (
        Column(1, "id", INTEGER, True),
        Column(2, "parent", INTEGER),
        Column(3, "order", BIGINT),
        Column(4, "event_a", INTEGER),
        Column(5, "event_b", TEXT),
    ),
    PrimaryKey("lines_pkey", (1,)),
    foreign_keys=(
        ForeignKey(16421, "lines_parent_fkey", (2,), 16420, (1,), on_delete="cascade", comment="a tree"),
        ForeignKey(
            16422,
            "lines_order_fkey",
            (3,),
            ORDERS.oid,
            (1,),
            on_delete="restrict",
            on_update="set default",
            deferrable=True,
            deferred=True,
        ),
        ForeignKey(
            16423,
            "of an Event",
            (4, 5),
            EVENTS.oid,
            (1, 2),
            on_delete="set null",
            on_update="cascade",
            set_columns=(5,),
            match_full=True,
            deferrable=True,
            validated=False,
        ),
    ),
    referenced_by=(16420,),
)

SESSIONS = (
    SessionInfo(7, 10, "admin", "psql", "active", "SELECT 1", 1_000, 2_000, 2_000, 2_000),
    SessionInfo(8, 16384, "bob", "app", "idle", "SELECT 2", 1_000, 3_000, client_addr="127.0.0.1", client_port=5),
)
TRANSACTIONS = (TransactionInfo(7, "admin", "repeatable read", True, "active", 2_000),)
STATISTICS = (
    TableStatistics(ORDERS.oid, hot_rows=5, cold_rows=10, dead_rows=1, hot_bytes=100, cold_bytes=20_000, segments=1),
)
SEGMENTS = (SegmentInfo(ORDERS.oid, "public/orders/1.parquet", 11, 1, 20_000, 1, 11, 4_000),)


def sample_context(jobs: tuple[JobRecord, ...] = ()) -> RelationContext:
    """What the superuser `admin` sees of the catalog that `DDL` makes."""
    catalog = bootstrap().with_role(Role(16384, "bob", login=True)).with_namespace(Namespace(16385, "app", "admin"))
    for table in (ORDERS, EVENTS, KINDS, LINES):
        catalog = catalog.with_table(table)
    return RelationContext(
        catalog=catalog,
        role=acting_role(catalog, catalog.roles["admin"]),
        search_path=("pg_catalog", "public"),
        settings=lambda: [(setting, setting.default) for setting in SETTINGS.values()],
        sessions=lambda: SESSIONS,
        transactions=lambda: TRANSACTIONS,
        jobs=lambda: JobView((), JobHistory(shelf_of(jobs))),  # type: ignore[arg-type]  # it has what the history calls
        schedules=lambda: (),
        sequences=dict,
        locks=lambda: (),
        cursors=lambda: (CursorInfo("c", "SELECT 1", False, False, True, 1_700_000_000_000_000),),
        metrics=lambda: (Metric("jobs.active", 2.0, "", "Jobs."),),
        statistics=lambda: STATISTICS,
        segments=lambda: SEGMENTS,
    )


def seen_by(context: RelationContext, name: str) -> RelationContext:
    """The same, as another role sees it."""
    return replace(context, role=acting_role(context.catalog, context.catalog.roles[name]))
