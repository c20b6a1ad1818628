"""Statements that the dialect reads itself: what sqlglot does not know, or would read loosely. Frozen values.

Those about jobs are in `sql.job_syntax`, those about roles in `sql.role_syntax`, ALTER in `sql.alter_syntax`, and what
tables are made of in `sql.table_syntax`.

Names are folded as PostgreSQL folds them. Positions count characters of the client's text; the first is 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from sql.alter_syntax import AlterStatement
from sql.comment_syntax import Comment
from sql.grant_syntax import GrantStatement
from sql.index_syntax import IndexStatement
from sql.job_syntax import JobStatement
from sql.merge_syntax import Merge
from sql.role_syntax import RoleName, RoleStatement
from sql.sequence_syntax import SequenceStatement
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from sqlglot import exp

    from sql.names import QualifiedName
    from sql.table_syntax import ColumnDefinition, LikeClause, TableConstraint
    from storage.types import SqlType


class ParsedStatement(Struct, frozen=True):
    """One statement of a script: its tree, its own text, and the offset of that text in the script (from 0)."""

    tree: exp.Expr | OwnStatement | None
    """`None` for an empty statement."""
    text: str
    offset: int


class CreateNamespace(Struct, frozen=True):
    """CREATE NAMESPACE | SCHEMA [IF NOT EXISTS] [n] [AUTHORIZATION role]. Without a name it has that of its owner."""

    name: str | None
    if_not_exists: bool = False
    owner: RoleName | None = None


class DropNamespace(Struct, frozen=True):
    """DROP NAMESPACE | SCHEMA [IF EXISTS] n, … [CASCADE | RESTRICT]."""

    names: tuple[str, ...]
    if_exists: bool = False
    cascade: bool = False


class CreateTable(Struct, frozen=True):
    """CREATE TABLE [IF NOT EXISTS] t (columns, constraints) [WITH (…)]."""

    table: QualifiedName
    columns: tuple[ColumnDefinition, ...]
    constraints: tuple[TableConstraint, ...]
    options: tuple[tuple[str, str], ...]
    if_not_exists: bool = False
    likes: tuple[LikeClause, ...] = ()


class CreateTableAsStatement(Struct, frozen=True):
    """CREATE TABLE [IF NOT EXISTS] t [(columns)] [WITH (…)] AS query [WITH [NO] DATA], or SELECT … INTO t."""

    table: QualifiedName
    columns: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    query: ParsedStatement
    with_data: bool = True
    if_not_exists: bool = False


class DropTable(Struct, frozen=True):
    """DROP TABLE [IF EXISTS] a, b [CASCADE | RESTRICT]."""

    tables: tuple[QualifiedName, ...]
    if_exists: bool = False
    cascade: bool = False


class CreateView(Struct, frozen=True):
    """CREATE [OR REPLACE] VIEW v [(names)] [WITH (options)] AS query."""

    view: QualifiedName
    columns: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    query: ParsedStatement
    or_replace: bool = False


class DropView(Struct, frozen=True):
    """DROP VIEW [IF EXISTS] a, b [CASCADE | RESTRICT]."""

    views: tuple[QualifiedName, ...]
    if_exists: bool = False
    cascade: bool = False


class TruncateTable(Struct, frozen=True):
    """TRUNCATE [TABLE] a, b [RESTART IDENTITY | CONTINUE IDENTITY] [CASCADE | RESTRICT]."""

    tables: tuple[QualifiedName, ...]
    restart_identity: bool = False
    cascade: bool = False


Isolation = Literal["read committed", "repeatable read", "serializable"]
"""READ UNCOMMITTED is read committed, as in PostgreSQL."""


class TransactionModes(Struct, frozen=True):
    """Modes of a transaction. `None`: not given."""

    isolation: Isolation | None = None
    read_only: bool | None = None
    deferrable: bool | None = None


class Begin(Struct, frozen=True):
    """BEGIN, or START TRANSACTION."""

    modes: TransactionModes
    tag: Literal["BEGIN", "START TRANSACTION"]


class Commit(Struct, frozen=True):
    """COMMIT or END [AND CHAIN]."""

    chain: bool = False


class Rollback(Struct, frozen=True):
    """ROLLBACK or ABORT [AND CHAIN]."""

    chain: bool = False


class Savepoint(Struct, frozen=True):
    """SAVEPOINT n."""

    name: str


class RollbackTo(Struct, frozen=True):
    """ROLLBACK TO [SAVEPOINT] n."""

    name: str


class Release(Struct, frozen=True):
    """RELEASE [SAVEPOINT] n."""

    name: str


class LockTables(Struct, frozen=True):
    """LOCK [TABLE] a, b [IN mode MODE] [NOWAIT]."""

    tables: tuple[QualifiedName, ...]
    mode: LockMode = LockMode.ACCESS_EXCLUSIVE
    waits: bool = True


class SetTransaction(Struct, frozen=True):
    """SET TRANSACTION modes; `session`: SET SESSION CHARACTERISTICS AS TRANSACTION modes."""

    modes: TransactionModes
    session: bool = False


class SetConstraints(Struct, frozen=True):
    """SET CONSTRAINTS {ALL | names} {DEFERRED | IMMEDIATE}; `names` is `None` for ALL."""

    names: tuple[QualifiedName, ...] | None
    deferred: bool


class SetParameter(Struct, frozen=True):
    """SET [SESSION | LOCAL] name = values. `values` is `None` for DEFAULT."""

    name: str
    values: tuple[str, ...] | None
    local: bool = False


class ShowParameter(Struct, frozen=True):
    """SHOW name."""

    name: str


class ShowAll(Struct, frozen=True):
    """SHOW ALL."""


class ResetParameter(Struct, frozen=True):
    """RESET name; `None` for RESET ALL."""

    name: str | None


class Discard(Struct, frozen=True):
    """DISCARD ALL | PLANS | SEQUENCES | TEMP."""

    what: Literal["all", "plans", "sequences", "temp"]


class Prepare(Struct, frozen=True):
    """PREPARE name [(types)] AS statement."""

    name: str
    types: tuple[SqlType, ...]
    statement: ParsedStatement


class Execute(Struct, frozen=True):
    """EXECUTE name [(arguments)]."""

    name: str
    arguments: tuple[exp.Expr, ...]


class Deallocate(Struct, frozen=True):
    """DEALLOCATE name; `None` for ALL."""

    name: str | None


class DeclareCursor(Struct, frozen=True):
    """DECLARE name [BINARY] [[NO] SCROLL] CURSOR [WITH HOLD] FOR query."""

    name: str
    query: ParsedStatement
    binary: bool = False
    scroll: bool | None = None
    hold: bool = False


Direction = Literal["forward", "backward", "absolute", "relative"]


class Fetch(Struct, frozen=True):
    """FETCH or MOVE. `count` is `None` for ALL."""

    cursor: str
    direction: Direction = "forward"
    count: int | None = 1
    move: bool = False


class CloseCursor(Struct, frozen=True):
    """CLOSE name; `None` for ALL."""

    name: str | None


class Listen(Struct, frozen=True):
    """LISTEN channel."""

    channel: str


class Notify(Struct, frozen=True):
    """NOTIFY channel [, payload]."""

    channel: str
    payload: str


class Unlisten(Struct, frozen=True):
    """UNLISTEN channel; `None` for *."""

    channel: str | None


class ExplainStatement(Struct, frozen=True):
    """EXPLAIN [ANALYZE] [VERBOSE] statement, with the options of the parenthesised form."""

    statement: ParsedStatement
    analyze: bool = False
    options: tuple[tuple[str, str | None], ...] = ()


class ExecuteAsUser(Struct, frozen=True):
    """EXECUTE AS USER 'u' (statement)."""

    user: str
    statement: ParsedStatement
    position: int


CopyOption = tuple[str, str | tuple[str, ...] | None]
"""Name in lower case and value: `*` or a list of columns for force_quote and its like; `None` where none is given."""


class CopyStatement(Struct, frozen=True):
    """COPY.

    `query` is the query of COPY (query) TO, and `table` is then `None`. `file` is on the server; `None`: the client.
    """

    table: QualifiedName | None
    columns: tuple[str, ...]
    query: ParsedStatement | None
    to_client: bool
    file: str | None
    options: tuple[CopyOption, ...]


class Unsupported(Struct, frozen=True):
    """A statement that PostgreSQL has and this server has not (yet)."""

    what: str


# fmt: off
OwnStatement = (
    JobStatement | CreateNamespace | DropNamespace | CreateTable | AlterStatement | Comment | DropTable | CreateView
    | DropView | IndexStatement | RoleStatement | GrantStatement | SequenceStatement | ExecuteAsUser | Begin | Commit
    | Rollback | Savepoint | RollbackTo | Release | LockTables | SetTransaction | SetConstraints | SetParameter
    | ShowParameter | ShowAll | ResetParameter | Discard | Prepare | Execute | Deallocate | DeclareCursor | Fetch
    | CloseCursor | Listen | Notify | Unlisten | ExplainStatement | CopyStatement | CreateTableAsStatement
    | TruncateTable | Merge | Unsupported
)
# fmt: on
"""A statement that the dialect reads itself."""
