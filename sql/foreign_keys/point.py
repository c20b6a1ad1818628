"""Foreign keys of point statements: the few rows that these write are looked at on the loop, without waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.foreign_keys.changes import touches_key
from sql.foreign_keys.owners import require_owner_may_look
from sql.foreign_keys.violations import not_present
from sql.plan import InsertValues, KeyDelete, KeyUpdate
from storage.errors import DefinitionChanged
from storage.references import reference_encoder
from storage.rows import table_from_rows
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sql.block import TransactionBlock
    from sql.types import Codecs
    from storage.catalog import Catalog
    from storage.catalog_entries import ForeignKey, Table
    from storage.rows import Row
    from storage.transaction import Transaction

    Encode = Callable[[Row], bytes | None]


ROWS_MAX: Final = 100
"""Of more the loop would notice that each is looked at: some ten microseconds for each foreign key."""


def may_be_point(catalog: Catalog, plan: InsertValues | KeyUpdate | KeyDelete) -> bool:
    """Whether a point statement has to look at nothing but what its rows refer to.

    What takes away keys that others refer to has to find these, which takes queries.
    """
    table = plan.table
    match plan:
        case KeyDelete():
            return not table.referenced_by
        case KeyUpdate(assignments=assignments):
            return not _changes_key(catalog, table, assignments)
        case InsertValues(rows=rows, conflict=conflict):
            assigned = () if conflict is None else conflict.assignments or ()
            return (len(rows) <= ROWS_MAX or not table.foreign_keys) and not _changes_key(catalog, table, assigned)


def _changes_key(catalog: Catalog, table: Table, assignments: Sequence[tuple[int, object]]) -> bool:
    if not table.referenced_by:
        return False
    return touches_key(catalog, table, numbers_of(table, assignments))


def numbers_of(table: Table, assignments: Sequence[tuple[int, object]]) -> frozenset[int]:
    """The numbers of the columns that are assigned to, by their positions."""
    return frozenset(table.columns[position].number for position, _ in assignments)


class PointReferences:
    """What rows of a table refer to, by those of its foreign keys that have some of these columns, or by all."""

    def __init__(self, table: Table, codecs: Codecs, assigned: Collection[int] | None = None) -> None:
        places = {column.number: place for place, column in enumerate(table.columns)}
        touched = [
            each for each in table.foreign_keys if assigned is None or not set(each.columns).isdisjoint(assigned)
        ]
        ordered = sorted(touched, key=lambda each: each.oid)
        self._table = table
        self._codecs = codecs
        self._keys = [(each, tuple(places[number] for number in each.columns)) for each in ordered]
        self._encoders: dict[int, tuple[Table, Encode]] = {}

    def __bool__(self) -> bool:
        return bool(self._keys)

    def require(
        self, block: TransactionBlock, transaction: Transaction, rows: Sequence[Row], before: Sequence[Row | None] = ()
    ) -> None:
        """Look for what new rows, which are written, refer to; `before` has what they were, if they were there.

        Raises `Blocked`, `DefinitionChanged`, `ForeignKeyViolation`, `SerializationFailure`.
        """
        for foreign_key, places in self._keys:
            sought: list[Row] = []
            for number, row in enumerate(rows):
                values = tuple([row[place] for place in places])
                if None in values and not (foreign_key.match_full and any(value is not None for value in values)):
                    continue
                old = before[number] if before else None
                if old is None or tuple([old[place] for place in places]) != values:
                    sought.append(values)
            if sought:
                self._look(block, transaction, foreign_key, sought)

    def _look(
        self, block: TransactionBlock, transaction: Transaction, foreign_key: ForeignKey, sought: Sequence[Row]
    ) -> None:
        referenced, encode = self._encoder(transaction, foreign_key)
        whole = [values for values in sought if None not in values]
        for values in sought:
            if None in values:
                raise not_present(self._table, foreign_key, referenced, values, self._codecs)
        if block.defers(foreign_key):
            by_number = {column.number: column for column in self._table.columns}
            columns = [by_number[number] for number in foreign_key.columns]
            keys = table_from_rows(whole, columns)
            block.deferred.add(transaction, self._table, foreign_key, keys, gone=False)
            return
        references = transaction.references
        references.lock(foreign_key.oid, LockMode.ROW_SHARE)
        # By their entries, since arrays are lists, which have no hash.
        for entry, values in {encode(values): values for values in whole}.items():
            assert entry is not None, "none of the values is NULL"
            references.lock(foreign_key.oid, LockMode.SHARE, entry)
            if not references.has_key(referenced.oid, entry):
                references.require_not_gone(referenced.oid, entry)
                raise not_present(self._table, foreign_key, referenced, values, self._codecs)

    def _encoder(self, transaction: Transaction, foreign_key: ForeignKey) -> tuple[Table, Encode]:
        """The referenced table, locked, and what makes entries of its key."""
        transaction.lock_table(foreign_key.referenced_table, LockMode.ROW_SHARE)
        referenced = transaction.catalog.table_by_oid(foreign_key.referenced_table)
        if referenced is None:
            raise DefinitionChanged
        known = self._encoders.get(foreign_key.oid)
        if known is None or known[0] is not referenced:
            require_owner_may_look(transaction.catalog, referenced)
            known = self._encoders[foreign_key.oid] = (referenced, reference_encoder(referenced, foreign_key))
        return known
