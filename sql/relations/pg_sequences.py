"""Sequences: pg_sequence, pg_sequences, and the relation that each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.relations.context import DATABASE
from sql.relations.owners import HELPERS
from sql.relations.pg_types import formatted_name
from sql.relations.privileges import may_see
from sql.relations.relation import Content, Relation, RelationColumn, content_of, table_of
from sql.sequence_calls import SEQUENCE_RELATION
from storage.types import BIGINT, BOOLEAN, INTEGER, SMALLINT

if TYPE_CHECKING:
    import pyarrow as pa

    from sql.relations.context import RelationContext
    from sql.relations.relation import Wanted

_PRECISION: Final = {SMALLINT.oid: 16, INTEGER.oid: 32, BIGINT.oid: 64}

COLUMNS: Final = (
    RelationColumn("last_value", BIGINT),
    RelationColumn("log_cnt", BIGINT),
    RelationColumn("is_called", BOOLEAN),
)
"""What a query can read from a sequence."""


def pg_sequence(context: RelationContext) -> Content:
    """The rows of pg_sequence."""
    rows = (
        (each.oid, each.type.oid, each.start, each.increment, each.maximum, each.minimum, each.cache, each.cycle)
        for each in context.catalog.sequences.values()
    )
    return content_of("seqrelid seqtypid seqstart seqincrement seqmax seqmin seqcache seqcycle", rows)


def pg_sequences(context: RelationContext) -> Content:
    """The rows of pg_sequences. What a sequence gave last is NULL before it has given anything."""
    values = context.sequences()
    rows = (
        (
            each.namespace,
            each.name,
            each.owner,
            each.type.oid,
            each.start,
            each.minimum,
            each.maximum,
            each.increment,
            each.cycle,
            each.cache,
            value.last if (value := values[each.oid]).is_called and may_see(context, each) else None,
        )
        for each in context.catalog.sequences.values()
    )
    return content_of(
        "schemaname sequencename sequenceowner data_type start_value min_value max_value increment_by cycle cache_size "
        "last_value",
        rows,
    )


def sequences(context: RelationContext) -> Content:
    """The rows of information_schema.sequences; those of identity columns are no sequences to the standard."""
    identities = {
        each.owned_by
        for each in context.catalog.sequences.values()
        if each.owned_by is not None
        and (table := context.catalog.table_by_oid(each.owned_by[0])) is not None
        and any(column.number == each.owned_by[1] and column.identity for column in table.columns)
    }
    rows = (
        (
            each.namespace,
            each.name,
            formatted_name(each.type.oid),
            _PRECISION[each.type.oid],
            str(each.start),
            str(each.minimum),
            str(each.maximum),
            str(each.increment),
            "YES" if each.cycle else "NO",
        )
        for each in context.catalog.sequences.values()
        if may_see(context, each) and (each.owned_by is None or each.owned_by not in identities)
    )
    return content_of(
        "sequence_schema sequence_name data_type numeric_precision start_value minimum_value maximum_value increment "
        "cycle_option",
        rows,
        sequence_catalog=DATABASE,
        numeric_precision_radix=2,
        numeric_scale=0,
    )


def sequence_relation(name: str) -> Relation | None:
    """The relation of that name that a sequence is: one row, which says where it stands."""
    if not name.startswith(SEQUENCE_RELATION):
        return None
    oid = int(name.removeprefix(SEQUENCE_RELATION))

    def rows(context: RelationContext, wanted: Wanted) -> pa.Table:
        value = context.sequences()[oid]
        content = content_of("last_value log_cnt is_called", [(value.last, 0, value.is_called)])
        return table_of(COLUMNS, content, wanted)

    return Relation(HELPERS, name, oid, COLUMNS, rows, "S", shows=frozenset({"sequences"}))
