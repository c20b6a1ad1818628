"""Statements that the dialect reads itself: what sqlglot does not know, or would read loosely. Frozen values.

Those about jobs are in `sql.job_syntax`, those about roles in `sql.role_syntax`, ALTER in `sql.alter_syntax`, and what
tables are made of in `sql.table_syntax`.

Names are folded as PostgreSQL folds them. Positions count characters of the client's text; the first is 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

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


@dataclass(frozen=True, slots=True)
class ParsedStatement:
    """One statement of a script: its tree, its own text, and the offset of that text in the script (from 0)."""

    tree: exp.Expr | OwnStatement | None
    """`None` for an empty statement."""
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class CreateNamespace:
    """CREATE NAMESPACE | SCHEMA [IF NOT EXISTS] [n] [AUTHORIZATION role]. Without a name it has that of its owner."""

    name: str | None
    if_not_exists: bool = False
    owner: RoleName | None = None


@dataclass(frozen=True, slots=True)
class DropNamespace:
    """DROP NAMESPACE | SCHEMA [IF EXISTS] n, … [CASCADE | RESTRICT]."""

    names: tuple[str, ...]
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class CreateTable:
    """CREATE TABLE [IF NOT EXISTS] t (columns, constraints) [WITH (…)]."""

    table: QualifiedName
    columns: tuple[ColumnDefinition, ...]
    constraints: tuple[TableConstraint, ...]
    options: tuple[tuple[str, str], ...]
    if_not_exists: bool = False
    likes: tuple[LikeClause, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateTableAsStatement:
    """CREATE TABLE [IF NOT EXISTS] t [(columns)] [WITH (…)] AS query [WITH [NO] DATA], or SELECT … INTO t."""

    table: QualifiedName
    columns: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    query: ParsedStatement
    with_data: bool = True
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropTable:
    """DROP TABLE [IF EXISTS] a, b [CASCADE | RESTRICT]."""

    tables: tuple[QualifiedName, ...]
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class CreateView:
    """CREATE [OR REPLACE] VIEW v [(names)] [WITH (options)] AS query."""

    view: QualifiedName
    columns: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    query: ParsedStatement
    or_replace: bool = False


@dataclass(frozen=True, slots=True)
class DropView:
    """DROP VIEW [IF EXISTS] a, b [CASCADE | RESTRICT]."""

    views: tuple[QualifiedName, ...]
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class TruncateTable:
    """TRUNCATE [TABLE] a, b [RESTART IDENTITY | CONTINUE IDENTITY] [CASCADE | RESTRICT]."""

    tables: tuple[QualifiedName, ...]
    restart_identity: bool = False


Isolation = Literal["read committed", "repeatable read", "serializable"]
"""READ UNCOMMITTED is read committed, as in PostgreSQL."""


@dataclass(frozen=True, slots=True)
class TransactionModes:
    """Modes of a transaction. `None`: not given."""

    isolation: Isolation | None = None
    read_only: bool | None = None
    deferrable: bool | None = None


@dataclass(frozen=True, slots=True)
class Begin:
    """BEGIN, or START TRANSACTION."""

    modes: TransactionModes
    tag: Literal["BEGIN", "START TRANSACTION"]


@dataclass(frozen=True, slots=True)
class Commit:
    """COMMIT or END [AND CHAIN]."""

    chain: bool = False


@dataclass(frozen=True, slots=True)
class Rollback:
    """ROLLBACK or ABORT [AND CHAIN]."""

    chain: bool = False


@dataclass(frozen=True, slots=True)
class Savepoint:
    """SAVEPOINT n."""

    name: str


@dataclass(frozen=True, slots=True)
class RollbackTo:
    """ROLLBACK TO [SAVEPOINT] n."""

    name: str


@dataclass(frozen=True, slots=True)
class Release:
    """RELEASE [SAVEPOINT] n."""

    name: str


@dataclass(frozen=True, slots=True)
class LockTables:
    """LOCK [TABLE] a, b [IN mode MODE] [NOWAIT]."""

    tables: tuple[QualifiedName, ...]
    mode: LockMode = LockMode.ACCESS_EXCLUSIVE
    waits: bool = True


@dataclass(frozen=True, slots=True)
class SetTransaction:
    """SET TRANSACTION modes; `session`: SET SESSION CHARACTERISTICS AS TRANSACTION modes."""

    modes: TransactionModes
    session: bool = False


@dataclass(frozen=True, slots=True)
class SetParameter:
    """SET [SESSION | LOCAL] name = values. `values` is `None` for DEFAULT."""

    name: str
    values: tuple[str, ...] | None
    local: bool = False


@dataclass(frozen=True, slots=True)
class ShowParameter:
    """SHOW name."""

    name: str


@dataclass(frozen=True, slots=True)
class ShowAll:
    """SHOW ALL."""


@dataclass(frozen=True, slots=True)
class ResetParameter:
    """RESET name; `None` for RESET ALL."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Discard:
    """DISCARD ALL | PLANS | SEQUENCES | TEMP."""

    what: Literal["all", "plans", "sequences", "temp"]


@dataclass(frozen=True, slots=True)
class Prepare:
    """PREPARE name [(types)] AS statement."""

    name: str
    types: tuple[SqlType, ...]
    statement: ParsedStatement


@dataclass(frozen=True, slots=True)
class Execute:
    """EXECUTE name [(arguments)]."""

    name: str
    arguments: tuple[exp.Expr, ...]


@dataclass(frozen=True, slots=True)
class Deallocate:
    """DEALLOCATE name; `None` for ALL."""

    name: str | None


@dataclass(frozen=True, slots=True)
class DeclareCursor:
    """DECLARE name [BINARY] [[NO] SCROLL] CURSOR [WITH HOLD] FOR query."""

    name: str
    query: ParsedStatement
    binary: bool = False
    scroll: bool | None = None
    hold: bool = False


Direction = Literal["forward", "backward", "absolute", "relative"]


@dataclass(frozen=True, slots=True)
class Fetch:
    """FETCH or MOVE. `count` is `None` for ALL."""

    cursor: str
    direction: Direction = "forward"
    count: int | None = 1
    move: bool = False


@dataclass(frozen=True, slots=True)
class CloseCursor:
    """CLOSE name; `None` for ALL."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Listen:
    """LISTEN channel."""

    channel: str


@dataclass(frozen=True, slots=True)
class Notify:
    """NOTIFY channel [, payload]."""

    channel: str
    payload: str


@dataclass(frozen=True, slots=True)
class Unlisten:
    """UNLISTEN channel; `None` for *."""

    channel: str | None


@dataclass(frozen=True, slots=True)
class ExplainStatement:
    """EXPLAIN [ANALYZE] [VERBOSE] statement, with the options of the parenthesised form."""

    statement: ParsedStatement
    analyze: bool = False
    options: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class ExecuteAsUser:
    """EXECUTE AS USER 'u' (statement)."""

    user: str
    statement: ParsedStatement
    position: int


CopyOption = tuple[str, str | tuple[str, ...] | None]
"""Name in lower case and value: `*` or a list of columns for force_quote and its like; `None` where none is given."""


@dataclass(frozen=True, slots=True)
class CopyStatement:
    """COPY.

    `query` is the query of COPY (query) TO, and `table` is then `None`. `file` is on the server; `None`: the client.
    """

    table: QualifiedName | None
    columns: tuple[str, ...]
    query: ParsedStatement | None
    to_client: bool
    file: str | None
    options: tuple[CopyOption, ...]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A statement that PostgreSQL has and this server has not (yet)."""

    what: str


# fmt: off
OwnStatement = (
    JobStatement | CreateNamespace | DropNamespace | CreateTable | AlterStatement | Comment | DropTable | CreateView
    | DropView | IndexStatement | RoleStatement | GrantStatement | SequenceStatement | ExecuteAsUser | Begin | Commit
    | Rollback | Savepoint | RollbackTo | Release | LockTables | SetTransaction | SetParameter | ShowParameter | ShowAll
    | ResetParameter | Discard | Prepare | Execute | Deallocate | DeclareCursor | Fetch | CloseCursor | Listen | Notify
    | Unlisten | ExplainStatement | CopyStatement | CreateTableAsStatement | TruncateTable | Merge | Unsupported
)
# fmt: on
"""A statement that the dialect reads itself."""
