"""The transaction that a session is in: none, an implicit one, a block, or a failed block.

A statement outside BEGIN … COMMIT runs in an implicit transaction, which ends at the client's Sync or at the end of
its Query message (PostgreSQL's "Simple Query" and "Extended Query" protocol flows). Storage's transaction is only begun
when a statement needs one: reads alone take snapshots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeVar

from msgspec import Struct

from sql.clock import now_us
from sql.errors import (
    ActiveTransaction,
    InFailedTransaction,
    NoActiveTransaction,
    ReadOnlyTransaction,
    UndefinedSavepoint,
)
from sql.foreign_keys.pending import DeferredConstraints
from sql.session_sequences import SessionSequences

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from storage.advisory import LockParty
    from storage.catalog import Catalog
    from storage.catalog_entries import ForeignKey
    from storage.engine import Commit, Storage
    from storage.point_write import PointWrite
    from storage.rows import Row
    from storage.snapshot import TableSnapshot
    from storage.taken_snapshots import Isolation
    from storage.transaction import Transaction

P = TypeVar("P")
T = TypeVar("T")

Status = Literal["I", "T", "E"]
"""Idle, in a transaction block, in a failed block: what ReadyForQuery says."""


class Characteristics(Struct, frozen=True):
    """How a transaction is begun."""

    isolation: Isolation = "read committed"
    read_only: bool = False
    deferrable: bool = False
    """Asked for and shown; no transaction waits for others to begin with."""

    @property
    def keeps_snapshot(self) -> bool:
        """One snapshot for the whole transaction, and not one for each statement."""
        return self.isolation in ("repeatable read", "serializable")


PLAIN = Characteristics()
"""How a transaction is begun of which nothing is said."""


ISOLATION_LEVELS: Final[Mapping[str, Isolation]] = {
    # As in PostgreSQL, no transaction ever reads what was not committed.
    "read uncommitted": "read committed",
    "read committed": "read committed",
    "repeatable read": "repeatable read",
    "serializable": "serializable",
}
"""By the names that settings and statements use."""


class Savepoint(Struct):
    """A place in a block that ROLLBACK TO goes back to."""

    name: str
    mark: int
    """In the transaction's undo log."""
    characteristics: Characteristics
    restore: Callable[[], None]
    """Takes back what the session has changed besides."""


class TransactionBlock:
    """The one owner of a session's transaction. `defaults` tells how one is begun that no BEGIN describes."""

    def __init__(
        self, storage: Storage, defaults: Callable[[], Characteristics], locks: LockParty | None = None
    ) -> None:
        self._storage = storage
        self._locks = locks
        self._defaults = defaults
        self.sequences = SessionSequences(storage.sequences)
        self.status: Status = "I"
        self.transaction: Transaction | None = None
        self._stands_alone = False
        """Whether the statement that runs is its whole transaction, so that it can be written at once."""
        self._point: PointWrite | None = None
        """What it has written of rows."""
        self._characteristics = PLAIN
        self.spans_statements = False
        """Whether a message with several statements is run: outside of a block these are one implicit transaction."""
        self._start_us: int | None = None
        self._has_read = False
        """Whether a statement of the block has read anything, and so by the isolation that it has."""
        self._savepoints: list[Savepoint] = []
        self.deferred = DeferredConstraints()
        """What the deferred constraints of its transaction have still to look at."""

    @property
    def catalog(self) -> Catalog:
        """The catalog as this session sees it now."""
        return self.transaction.catalog if self.transaction is not None else self._storage.catalog

    def see_definitions(self) -> None:
        """A statement is about to be planned or run: by the definitions that others have committed until now."""
        if self.transaction is not None:
            self.transaction.see_definitions()

    @property
    def characteristics(self) -> Characteristics:
        """How the transaction in progress was begun."""
        return self._characteristics

    @property
    def started_us(self) -> int | None:
        """Start of the transaction in progress, if there is one."""
        return self._start_us

    def start_us(self) -> int:
        """Start of the transaction in progress, microseconds since the epoch; starts now if there is none."""
        if self._start_us is None:
            self._start_us = now_us()
        return self._start_us

    def forget_time(self) -> None:
        """An implicit transaction that wrote nothing is over."""
        self._start_us = None

    def stores(self, table_oid: int) -> tuple[int, ...]:
        """The ids of a table's row stores."""
        source = self._storage if self.transaction is None else self.transaction
        return source.stores(table_oid)

    def partition(self, table_oid: int, owner_oid: int) -> int:
        """The id of a role's row store in a user table; of the table's own, which is empty, where there is none yet."""
        if self.transaction is not None:
            found = self.transaction.find_partition(table_oid, owner_oid)
        else:
            found = self._storage.partition(table_oid, owner_oid)
        return table_oid if found is None else found

    def snapshot(self, store_oid: int) -> TableSnapshot:
        """The row store as the current statement sees it."""
        if self.transaction is not None:
            return self.transaction.snapshot(store_oid)
        return self._storage.snapshot(store_oid)

    def find(
        self, store_oid: int, key: bytes, columns: tuple[int, ...], index_oid: int | None = None
    ) -> tuple[Row, int] | None:
        """Columns (by position) of the visible row with a key, and its seq."""
        source = self._storage if self.transaction is None else self.transaction
        return source.find(store_oid, key, columns, index_oid)

    def begin_statement(self, *, reads: bool = True) -> None:
        """A statement starts: a snapshot of its own in READ COMMITTED, and the block's rules hold.

        One that reads no rows (SET, LOCK, SAVEPOINT) leaves the one snapshot of the other levels to what comes after.
        """
        if self.status != "I":
            if self.status == "E":
                raise InFailedTransaction
            self._has_read = self._has_read or reads
        if self.transaction is not None and (reads or not self.transaction.repeatable):
            self.transaction.begin_statement()

    def for_writing(self, command: str) -> Transaction:
        """The transaction, begun if there is none. Raises `ReadOnlyTransaction`, naming the command."""
        if self.status == "I" and self.transaction is None:
            self._characteristics = self._defaults()
        if self._characteristics.read_only:
            raise ReadOnlyTransaction(f"cannot execute {command} in a read-only transaction")
        return self._begun()

    def for_rows(self, command: str) -> Transaction | PointWrite:
        """What a compiled statement finds, deletes and inserts rows with. Raises as `for_writing`."""
        if not self._stands_alone or self.transaction is not None or self._locks is None:
            return self.for_writing(command)
        if self._point is None:
            defaults = self._defaults()
            if defaults is not PLAIN and defaults != PLAIN:
                return self.for_writing(command)
            self._point = self._storage.begin_point(self._locks)
        return self._point

    def defers(self, foreign_key: ForeignKey) -> bool:
        """Whether it is for COMMIT to test a foreign key: the statement that runs is not the whole transaction."""
        return not self._stands_alone and self.deferred.is_deferred(foreign_key)

    def run_alone(self, run: Callable[[TransactionBlock, P], T], parameters: P) -> tuple[T, Commit | None]:
        """Run a compiled statement, outside BEGIN … COMMIT, and commit what it did. When it raises it has done nothing.

        Cold rows that are not in the cache raise `NotCached`.
        """
        self._stands_alone = True
        self.sequences.try_out()
        try:
            result = self._storage.from_cache(run, self, parameters)
            if self.transaction is not None:
                commit = self.commit()
            else:
                self._start_us = None
                commit = None if self._point is None else self._point.commit()
            self.sequences.keep()
            return result, commit
        except BaseException:
            self.sequences.take_back()
            self.rollback()
            raise
        finally:
            self._stands_alone, self._point = False, None

    def run_inside(self, run: Callable[[TransactionBlock, P], T], parameters: P) -> T:
        """Run a compiled statement in the block. When it raises it has done nothing. `NotCached` as for `run_alone`."""
        if self.status == "E":
            raise InFailedTransaction
        self._has_read = True
        transaction = self.transaction
        mark = 0 if transaction is None else transaction.begin_statement()
        self.sequences.try_out()
        try:
            result = self._storage.from_cache(run, self, parameters)
            self.sequences.keep()
            return result
        except BaseException:
            self.sequences.take_back()
            if transaction is not None:
                transaction.undo_to(mark)
            else:
                self._abandon()
            raise

    def for_locks(self) -> Transaction:
        """The transaction, begun if there is none, for what may be done in a read-only one, too."""
        return self._begun()

    def require_writable(self, command: str) -> None:
        """Raise `ReadOnlyTransaction`, naming the command, in a read-only transaction."""
        if self.characteristics_or_defaults().read_only:
            raise ReadOnlyTransaction(f"cannot execute {command} in a read-only transaction")

    def _begun(self) -> Transaction:
        if self.transaction is None:
            self.transaction = self._storage.begin(self._characteristics.isolation, party=self._locks)
        return self.transaction

    def refuse_inside(self, what: str) -> None:
        """Raise `ActiveTransaction` in a transaction block, and beside other statements of one message."""
        if not self.is_alone or self.transaction is not None:
            raise ActiveTransaction(f"{what} cannot run inside a transaction block")

    def begin_block(self, characteristics: Characteristics) -> None:
        """BEGIN: what an implicit transaction has done so far becomes part of the block."""
        self._characteristics = characteristics
        self.start_us()
        self.status = "T"
        if characteristics.keeps_snapshot:
            self._begun()

    def change(self, characteristics: Characteristics) -> None:
        """SET TRANSACTION. Raises `ActiveTransaction` when it is too late for that."""
        if self._characteristics.read_only and not characteristics.read_only and self.status != "I":
            if self.has_savepoints:
                raise ActiveTransaction("cannot set transaction read-write mode inside a read-only transaction")
            if self._has_read:
                raise ActiveTransaction("transaction read-write mode must be set before any query")
        is_bound = self._has_read or self.transaction is not None
        if is_bound and characteristics.isolation != self._characteristics.isolation:
            raise ActiveTransaction("SET TRANSACTION ISOLATION LEVEL must be called before any query")
        self._characteristics = characteristics
        if self.status == "I" or (characteristics.keeps_snapshot and self.status == "T"):
            self._begun()

    @property
    def is_alone(self) -> bool:
        """Whether no other statement is of the transaction of the one that runs."""
        return self.status == "I" and not self.spans_statements

    def characteristics_or_defaults(self) -> Characteristics:
        """How the transaction in progress was begun, or one would be now."""
        is_begun = self.status != "I" or self.transaction is not None
        return self._characteristics if is_begun else self._defaults()

    def require_others(self, command: str) -> None:
        """Raise `NoActiveTransaction` where what a command does would be over with it."""
        if self.is_alone:
            raise NoActiveTransaction(f"{command} can only be used in transaction blocks")

    def require_block(self, command: str) -> None:
        """Raise `NoActiveTransaction` outside BEGIN … COMMIT."""
        if self.status == "I":
            raise NoActiveTransaction(f"{command} can only be used in transaction blocks")

    def set_savepoint(self, name: str, restore: Callable[[], None]) -> None:
        """SAVEPOINT. `restore` takes back what the session will have changed outside of storage."""
        self.require_block("SAVEPOINT")
        self._savepoints.append(Savepoint(name, self._begun().mark(), self._characteristics, restore))

    def release(self, name: str) -> None:
        """RELEASE: forget the last savepoint of that name and those after it. Raises `UndefinedSavepoint`."""
        self.require_block("RELEASE SAVEPOINT")
        del self._savepoints[self._place_of(name) :]

    def rollback_to(self, name: str) -> None:
        """ROLLBACK TO: take back everything since the last savepoint of that name, which stays. Ends a failure.

        Raises `UndefinedSavepoint`.
        """
        self.require_block("ROLLBACK TO SAVEPOINT")
        place = self._place_of(name)
        savepoint = self._savepoints[place]
        del self._savepoints[place + 1 :]
        transaction = self._begun()
        transaction.undo_to(savepoint.mark)
        savepoint.mark = transaction.mark()
        self._characteristics = savepoint.characteristics
        savepoint.restore()
        self.status = "T"

    @property
    def has_savepoints(self) -> bool:
        """Whether a failure can be undone by itself."""
        return bool(self._savepoints)

    def _place_of(self, name: str) -> int:
        for place in reversed(range(len(self._savepoints))):
            if self._savepoints[place].name == name:
                return place
        raise UndefinedSavepoint(f'savepoint "{name}" does not exist')

    def commit(self) -> Commit | None:
        """End the transaction and keep its changes; `None` where it changed nothing. Raises what storage raises."""
        transaction, self.transaction = self.transaction, None
        self._reset()
        return self._storage.commit(transaction) if transaction is not None else None

    def rollback(self) -> None:
        """End the transaction and forget its changes."""
        self._abandon()
        self._reset()

    def fail(self) -> None:
        """A statement failed: an implicit transaction is over, a block stays failed until it is ended.

        With a savepoint what was done before that is kept, since ROLLBACK TO goes on from there.
        """
        if self.status == "I":
            self.rollback()
            return
        self.status = "E"
        if self._savepoints and self.transaction is not None:
            self.transaction.undo_to(self._savepoints[-1].mark)
        else:
            self._abandon()

    def _abandon(self) -> None:
        if self.transaction is not None:
            transaction, self.transaction = self.transaction, None
            self.deferred.forget()
            self._storage.rollback(transaction)

    def _reset(self) -> None:
        self.status = "I"
        self._start_us = None
        self._has_read = False
        self._characteristics = PLAIN
        self._savepoints.clear()
        self.deferred.forget()
