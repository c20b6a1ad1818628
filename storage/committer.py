"""A commit: conflicts checked, seqs assigned, one batch written; and, once that is durable, the same made visible.

All of it runs on the loop. Commits become visible in the order in which they were written. Between the two their rows
and keys stay locked, and what the index has lost for them is in `TableState.pending_keys`.

A commit of many rows is staged (see `storage.staging`): its rows and index entries are written ahead in slices, by a
worker, and the batch that is written here makes them real.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from storage.catalog_entries import Namespace, Relation, Role, Table
from storage.errors import SerializationFailure, TableGone, WriteFailed
from storage.index_build import forget_entries
from storage.kv import add_to_batch, new_batch
from storage.records import add_catalog_change, add_partition
from storage.staging import STAGED_FROM_ROWS, Stage, half_written, half_written_by
from storage.syncer import Commit
from storage.table_commit import TableCommit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from storage.catalog import Catalog, CatalogChange
    from storage.faults import FaultPoints
    from storage.kv import Batch, Mutation
    from storage.syncer import CallSoon
    from storage.transaction import Transaction
    from storage.visible import Visible


class Committer:
    """Commits transactions and plain mutations."""

    def __init__(self, visible: Visible, call_soon: CallSoon | None, faults: FaultPoints) -> None:
        self._visible = visible
        self._faults = faults
        self._call_soon = call_soon
        self._stages: set[Stage] = set()

    def commit(self, transaction: Transaction, mutations: Iterable[Mutation]) -> Commit:
        """See `Storage.commit`."""
        assert transaction.is_open, "the transaction has ended"
        transaction.is_open = False
        try:
            pending = _PendingCommit(self._visible, transaction, self._checked(transaction), tuple(mutations))
        except BaseException:
            self.rollback(transaction)
            raise
        if pending.is_empty:
            transaction.ended()
            commit = Commit()
            commit.settle(None)
            return commit
        commit = Commit(pending.apply)
        try:
            if pending.is_large:
                self._stage(pending, commit)
            else:
                self._write(pending, commit)
        except BaseException as error:
            # Of anything but a failed write, want of memory say, nothing has been written.
            if isinstance(error, WriteFailed):
                self._visible.syncer.fail(error)
            transaction.ended()
            raise
        return commit

    def write(self, mutations: Iterable[Mutation]) -> Commit:
        """See `Storage.write`."""
        self._visible.require_writable()
        batch = new_batch()
        add_to_batch(batch, mutations)
        commit = Commit()
        self.submit(batch, commit)
        return commit

    def submit(self, batch: Batch, commit: Commit, after_write: Callable[[], None] | None = None) -> None:
        """Write a batch; the commit settles when it is durable. Raises `WriteFailed`, and the commit never settles."""
        try:
            self._visible.kv.write(batch)
        except WriteFailed as error:
            self._visible.syncer.fail(error)
            raise
        if after_write is not None:
            after_write()
        self._visible.syncer.submit(commit)

    def rollback(self, transaction: Transaction) -> None:
        """See `Storage.rollback`."""
        transaction.ended()

    def close(self) -> None:
        """Wait until no worker writes any more."""
        for stage in tuple(self._stages):
            stage.join()

    def _checked(self, transaction: Transaction) -> list[TableCommit]:
        visible = self._visible
        written = visible.written_catalog
        change = transaction.catalog_change
        if change is not None:
            visible.require_writable()
            after = written.apply(change)
            _require_consistent(transaction.catalog, written, change, after)
            written = after
        tables = []
        for store_oid, overlay in transaction.overlays.items():
            if overlay.is_empty:
                continue
            state = visible.stores.get(store_oid) or transaction.own.state(store_oid)
            oid = state.table.oid
            table = written.table_by_oid(oid)
            if table is None:
                # Its own DROP TABLE makes its changes pointless; one of another transaction makes them fail.
                if oid in transaction.own.created or (change is not None and (Table, oid) in change.entries):
                    continue
                raise TableGone
            if table.layout != overlay.formats.table.layout:
                raise SerializationFailure
            tables.append(TableCommit(state, overlay))
        if tables:
            visible.require_writable()
        if transaction.taken.reads and (tables or change is not None):
            self._require_unchanged(transaction)
        return tables

    def _require_unchanged(self, transaction: Transaction) -> None:
        """Raise `SerializationFailure` if a table that a SERIALIZABLE transaction has read was changed by another one.

        A large commit counts as soon as it has been checked itself: from then on it will be written.
        """
        stores = self._visible.stores
        for oid, snapshot in transaction.taken.reads.items():
            state = stores.get(oid)
            if state is None:
                continue
            if state.written_version != snapshot.version or any(stage.changes(state) for stage in self._stages):
                raise SerializationFailure

    def _write(self, pending: _PendingCommit, commit: Commit) -> None:
        batch = new_batch()
        for table in pending.tables:
            table.assign_seqs()
            table.add_mark(batch)
            if table.deleted:
                table.add_deletions(batch, self._visible.now_us())
            table.add_rows(batch)
        self._finish(batch, pending, commit)

    def _stage(self, pending: _PendingCommit, commit: Commit) -> None:
        stage = Stage(self._visible.kv, pending.tables, self._faults)
        self._stages.add(stage)
        try:
            if any(table.has_many_deleted for table in pending.tables):
                stage.gather(self._call_soon, partial(self._gathered, stage, pending, commit))
            else:
                self._begin(stage, pending, commit)
        except BaseException:
            self._stages.discard(stage)
            raise

    def _gathered(self, stage: Stage, pending: _PendingCommit, commit: Commit, error: Exception | None) -> None:
        """Rows that were deleted one by one have become large deletions."""
        try:
            if error is not None:
                raise error
            self._visible.require_writable()
            self._begin(stage, pending, commit)
        except Exception as failure:  # noqa: BLE001 - whatever it is: whoever waits must be told
            self._give_up(stage, commit, failure)

    def _begin(self, stage: Stage, pending: _PendingCommit, commit: Commit) -> None:
        for table in pending.tables:
            table.assign_seqs()
        stage.begin(self._visible.now_us())
        stage.run(self._call_soon, partial(self._staged, stage, pending, commit))

    def _staged(self, stage: Stage, pending: _PendingCommit, commit: Commit, error: Exception | None) -> None:
        """A thread of a stage has ended."""
        # A function that knew itself would be a circle: it would keep the table, and its files, until the next
        # garbage collection.
        again = partial(self._staged, stage, pending, commit)
        try:
            if error is not None:
                raise error
            if stage.run_again(self._call_soon, again):
                return
            with half_written():
                self._write_staged(stage, pending, commit)
            self._stages.discard(stage)
        except Exception as failure:  # noqa: BLE001 - as above
            self._give_up(stage, commit, failure)

    def _give_up(self, stage: Stage, commit: Commit, failure: Exception) -> None:
        self._stages.discard(stage)
        if isinstance(failure, WriteFailed):
            self._visible.syncer.fail(failure)
        commit.settle(failure)

    def _write_staged(self, stage: Stage, pending: _PendingCommit, commit: Commit) -> None:
        batch = new_batch()
        stage.add_end(batch)
        for table in pending.tables:
            table.add_deletions(batch, self._visible.now_us())
            table.add_held_back(batch)
            table.add_segments(batch)
        self._finish(batch, pending, commit)

    def _finish(self, batch: Batch, pending: _PendingCommit, commit: Commit) -> None:
        pending.add_rest(batch)
        self._visible.kv.write(batch)
        try:
            pending.written()
            self._visible.syncer.submit(commit)
        except Exception as error:
            raise half_written_by(error) from error


def _require_consistent(seen: Catalog, before: Catalog, change: CatalogChange, after: Catalog) -> None:
    """Raise `SerializationFailure` if others, since, removed what is used, or used what is removed.

    That is about namespaces, which tables are in, and roles, which own both: owners are known by name, and a role made
    anew with that name must not find anything of its own. `seen` is the catalog on which the change was made.
    """
    namespaces_gone, roles_gone = set(), set()
    for (kind, oid), entry in change.entries.items():
        old = before.entry(kind, oid)
        match old:
            case Namespace() if after.namespace(old.name) is None:
                namespaces_gone.add(old.name)
            case Role() if after.role(old.name) is None:
                roles_gone.add(old.name)
        if isinstance(entry, Relation) and after.namespace(entry.namespace) is None:
            raise SerializationFailure
        if isinstance(entry, Namespace | Relation) and (owner := seen.role(entry.owner)) is not None:
            now = after.role(entry.owner)
            if now is None or now.oid != owner.oid:
                raise SerializationFailure
    if roles_gone or namespaces_gone:
        if any(each.namespace in namespaces_gone or each.owner in roles_gone for each in after.relations()):
            raise SerializationFailure
        if any(namespace.owner in roles_gone for namespace in after.namespaces.values()):
            raise SerializationFailure


class _PendingCommit:
    """What a commit does besides rows: and what happens when it has been written, and when it is durable."""

    __slots__ = ("_change", "_created", "_mutations", "_number", "_visible", "row_count", "tables", "transaction")

    def __init__(
        self, visible: Visible, transaction: Transaction, tables: list[TableCommit], mutations: tuple[Mutation, ...]
    ) -> None:
        self.transaction = transaction
        self.tables = tables
        self.row_count = 0
        for table in tables:
            self.row_count += table.row_count
        self._visible = visible
        self._change = transaction.catalog_change
        own = transaction.own
        self._created = own.to_commit(transaction.catalog) if own.created else ()
        self._mutations = mutations
        self._number = 0

    @property
    def is_large(self) -> bool:
        """Whether writing it at once would hold the loop up."""
        return self.row_count > STAGED_FROM_ROWS or any(
            table.deletions or table.segments or table.has_many_deleted for table in self.tables
        )

    @property
    def is_empty(self) -> bool:
        return not self.tables and not self._mutations and (self._change is None or not self._change.entries)

    def add_rest(self, batch: Batch) -> None:
        visible = self._visible
        if self._change is not None:
            add_catalog_change(batch, visible.written_catalog, self._change, visible.next_oid, visible.now_us())
            for state in self._created:
                if state.partition is not None:
                    add_partition(batch, state.partition, visible.next_oid)
        if self._mutations:
            add_to_batch(batch, self._mutations)

    def written(self) -> None:
        visible = self._visible
        if self.tables:
            visible.last_written = self._number = visible.last_written + 1
            for table in self.tables:
                table.written(self._number)
        if self._change is not None:
            visible.written_catalog = visible.written_catalog.apply(self._change)

    def apply(self, error: Exception | None) -> None:
        visible = self._visible
        try:
            if error is None:
                for table in self.tables:
                    table.apply(visible)
                visible.last_visible = self._number or visible.last_visible
                if self._change is not None:
                    self._apply_catalog(self._change)
        finally:
            self.transaction.ended()

    def _apply_catalog(self, change: CatalogChange) -> None:
        visible = self._visible
        visible.catalog = visible.catalog.apply(change)
        for (kind, oid), entry in change.entries.items():
            if kind is not Table:
                continue
            if not isinstance(entry, Table):
                visible.detach_table(oid)
            elif oid in visible.stores:
                before = visible.stores[oid].table
                visible.redefine(entry)
                forget_entries(visible, before, entry)
        for state in self._created:
            visible.attach(state)
        for listener in visible.catalog_listeners:
            listener(change)
