"""What binding works with: the caller's view of names (`BindContext`), and the statement being bound (`Binding`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from sql.binding.growth import Growth
from sql.binding.intervals import Intervals
from sql.binding.parameters import Parameters
from sql.duckdb_types import identifier, parameter_expression, session_placeholder
from sql.errors import UndefinedParameter
from sql.query_scans import PartScan, RelationCondition, RelationFirst, RelationScan, RowsScan, Scan, TableScan
from sql.types import Codecs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp

    from sql.binding.bound_query import BoundQuery
    from sql.binding.parts import StatementParts
    from sql.binding.references import References
    from sql.binding.scope import Scope
    from sql.binding.values import Bound
    from sql.functions import Function
    from sql.plan import Numbered
    from sql.query_scans import ParameterPredicate
    from storage.catalog import Catalog
    from storage.catalog_entries import Relation, SequenceGenerator, Table
    from storage.snapshot import Predicate
    from storage.types import SqlType


BindExpression = Callable[["Binding", "Scope", "exp.Expr"], "Bound"]
BindQuery = Callable[["Binding", "Scope | None", "exp.Expr"], "BoundQuery"]
HiddenItems = Callable[["Scope"], list[tuple[str, "Bound"]]]


class RelationColumnLike(Protocol):
    """A column of a system relation."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def type(self) -> SqlType:
        """Its type."""


class RelationLike(Protocol):
    """A system relation."""

    @property
    def namespace(self) -> str:
        """Its namespace."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def oid(self) -> int:
        """Its oid."""

    @property
    def columns(self) -> Sequence[RelationColumnLike]:
        """Its columns, in order."""

    @property
    def filtered(self) -> frozenset[str]:
        """The columns whose conditions it is computed with."""


class RelationsLike(Protocol):
    """All system relations."""

    def find(self, namespace: str, name: str) -> RelationLike | None:
        """The relation of that name."""


def _everyone(_relation: Relation) -> None:
    return None


def _every_owner(_owner: str) -> Callable[[Relation], None]:
    return _everyone


def _no_sequence(_argument: exp.Expr) -> SequenceGenerator | None:
    return None


class Interruption(Struct):
    """Whether nobody wants any more what is being bound."""

    is_set: bool = False


class BindContext(Struct, frozen=True):
    """Under what a statement is bound."""

    catalog: Catalog
    search_path: tuple[str, ...]
    """Namespaces that exist, in order, without the implicit pg_catalog."""
    relations: RelationsLike
    functions: Mapping[str, Function] = field(default_factory=dict)
    """The catalog functions, by name."""
    parameter_types: tuple[SqlType | None, ...] = ()
    """What the client declared; `None` where it left a type open."""
    may_read: Callable[[Relation], None] = _everyone
    """Raises `InsufficientPrivilege`."""
    may_read_as: Callable[[str], Callable[[Relation], None]] = _every_owner
    """The same for the role of that name: the owner of a view."""
    codecs: Codecs = field(default_factory=Codecs)
    """For constants: they are read under the session's settings."""
    reads_rows_of_all: bool = False
    """Whether the rows of all roles are read in user tables: then a primary key can be there more than once."""
    sequence_of: Callable[[exp.Expr], SequenceGenerator | None] = _no_sequence
    """The sequence that an argument of nextval() names, if that is a constant and the role may use it."""
    parts: StatementParts | None = None
    """Of a statement in parts: those that are planned."""
    interruption: Interruption = field(default_factory=Interruption)
    """Set by somebody else, it makes the binder stop with `QueryCanceled`."""


class _Scanned(Struct):
    """A table scan in the making."""

    table: Table
    alias: str
    is_target: bool
    predicates: list[Predicate | ParameterPredicate] = field(default_factory=list)


class _ScannedRelation(Struct):
    """The scan of a system relation in the making. `called` has its names in FROM."""

    relation: RelationLike
    alias: str
    called: list[str]
    conditions: list[RelationCondition] = field(default_factory=list)
    first: RelationFirst | None = None


class Binding:
    """One statement being bound: its parameters, its scans, and fresh names. One call of the binder owns it."""

    def __init__(self, context: BindContext, bind_expression: BindExpression, bind_query: BindQuery) -> None:
        self.context = context
        self.interruption = context.interruption
        # Handed in, since expressions hold expressions and queries, and queries hold expressions.
        self._bind_expression = bind_expression
        self._bind_query = bind_query
        self._parameters = Parameters() if context.parts is None else context.parts.parameters
        self._parameters.declare(context.parameter_types)
        self._scans: list[_Scanned | _ScannedRelation | RelationScan | RowsScan | PartScan] = []
        self._session_values: dict[str, None] = {"time_zone": None}
        self._parameter_lists: dict[tuple[int, ...], str] = {}
        self._names = 0
        self.growth = Growth()
        self.intervals = Intervals()
        self.hidden: tuple[exp.Select, HiddenItems] | None = None
        """A SELECT with items behind its list that its result does not show."""
        self.references: References | None = None
        """Where what is bound is to be a view: what its names mean."""
        self.numbered: list[Numbered] = []
        """The columns of its result that sequences fill."""
        self.views: tuple[int, ...] = ()
        """The oids of the views that stand around what is being bound."""

    def fresh(self, prefix: str) -> str:
        """A name that nothing else in the query has."""
        self._names += 1
        return f"{prefix}{self._names}"

    def beside(self) -> Binding:
        """For another text of the same statement: the parameters are the same, its scans are its own."""
        other = Binding(self.context, self._bind_expression, self._bind_query)
        other._parameters = self._parameters
        return other

    def bind(self, scope: Scope, node: exp.Expr) -> Bound:
        """Bind an expression in a scope. Raises `SqlError`."""
        return self._bind_expression(self, scope, node)

    def bind_query(self, scope: Scope | None, node: exp.Expr) -> BoundQuery:
        """Bind a query; `scope` is what is around it. Raises `SqlError`."""
        return self._bind_query(self, scope, node)

    # Parameters

    def parameter(self, number: int, position: int | None) -> SqlType | None:
        """The type of a parameter as far as it is known. Raises `UndefinedParameter`."""
        if self.views or self.references is not None:
            raise UndefinedParameter(f"there is no parameter ${number}", position=position)
        return self._parameters.mention(number, position)

    def settle_parameter(self, number: int, sql_type: SqlType, position: int | None) -> str:
        """Give a parameter its type; returns its text. Raises `AmbiguousParameter` when it has another already."""
        return self._parameters.settle(number, sql_type, position)

    def parameter_text(self, number: int) -> str:
        """The text of a parameter whose type is known."""
        return self._parameters.text(number)

    def parameter_types(self) -> tuple[SqlType, ...]:
        """The types of all parameters; of a statement in parts none yet: others may tell. Raises as `Parameters`."""
        return self._parameters.types() if self.context.parts is None else ()

    def parameter_list(self, numbers: tuple[int, ...], array: SqlType) -> str:
        """The text of a list of these parameters, which DuckDB gets as one value; `array` is its type."""
        name = self._parameter_lists.setdefault(numbers, f"l{len(self._parameter_lists) + 1}")
        return parameter_expression(f"${name}", array)

    @property
    def parameter_lists(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the parameters of each list, in order."""
        return tuple(self._parameter_lists)

    # Session values

    def session_value(self, name: str) -> str:
        """The text that stands for a value of the session."""
        self._session_values[name] = None
        return f"${session_placeholder(name)}"

    @property
    def session_values(self) -> tuple[str, ...]:
        """The names of those that the query uses."""
        return tuple(self._session_values)

    # Scans

    def scan_table(self, table: Table, *, is_target: bool = False) -> str:
        """Read a table; returns the alias under which the query names it. Raises `InsufficientPrivilege`.

        Whether the role may do what it does with the target of a statement is asked by its planner.
        """
        if not is_target:
            self.context.may_read(table)
        alias = self.fresh("t")
        if self.references is not None:
            self.references.scans.add(alias)
        self._scans.append(_Scanned(table, alias, is_target))
        return alias

    def scan_relation(self, relation: RelationLike, called: str) -> str:
        """Read a system relation that FROM calls `called`; returns the alias of its scan.

        Two mentions share one scan, unless the relation is computed with conditions: each has its own.
        """
        for scan in self._scans:
            if isinstance(scan, _ScannedRelation) and scan.relation is relation and not relation.filtered:
                scan.called.append(called)
                return scan.alias
        alias = self.fresh("r")
        self._scans.append(_ScannedRelation(relation, alias, [called]))
        return alias

    def scan_for_macro(self, namespace: str, name: str) -> None:
        """Read a relation that a macro names: under its own name."""
        wanted = RelationScan(namespace, name, name)
        if wanted not in self._scans:
            self._scans.append(wanted)

    def scan_rows(self) -> str:
        """Read the rows that the executor hands in."""
        alias = self.fresh("n")
        self._scans.append(RowsScan(alias))
        return alias

    def scan_part(self, part: int) -> str:
        """Read the rows that a part of the statement has given."""
        alias = self.fresh("n")
        self._scans.append(PartScan(alias, part))
        return alias

    def prune(self, alias: str, predicate: Predicate | ParameterPredicate) -> None:
        """Only rows for which this holds matter in the scan of a table."""
        for scan in self._scans:
            if isinstance(scan, _Scanned) and scan.alias == alias:
                scan.predicates.append(predicate)

    def restrict(
        self, alias: str, column_number: int, op: str, values: str, texts: tuple[str | int, ...] | None
    ) -> None:
        """Only rows for which this holds matter in the scan of a system relation: see `RelationCondition`."""
        for scan in self._scans:
            if isinstance(scan, _ScannedRelation) and scan.alias == alias:
                column = scan.relation.columns[column_number - 1]
                scan.conditions.append(RelationCondition(column.name, op, values, texts))

    def limit_relation(
        self, alias: str, count: str, rows: int | None, column_number: int | None, *, descending: bool
    ) -> None:
        """Of the rows for which what it is restricted to holds only the first matter: see `RelationFirst`."""
        for scan in self._scans:
            if isinstance(scan, _ScannedRelation) and scan.alias == alias:
                column = None if column_number is None else scan.relation.columns[column_number - 1].name
                scan.first = RelationFirst(count, column, descending, rows)

    def scans(self, sql: str) -> tuple[Scan, ...]:
        """All scans of the statement, with the columns that its text names."""
        return tuple(_finished(scan, sql) for scan in self._scans)


def _finished(scan: _Scanned | _ScannedRelation | RelationScan | RowsScan | PartScan, sql: str) -> Scan:
    match scan:
        case _Scanned():
            return _finished_table(scan, sql)
        case _ScannedRelation():
            return _finished_relation(scan, sql)
        case _:
            return scan


def _finished_relation(scan: _ScannedRelation, sql: str) -> RelationScan:
    relation = scan.relation
    named = set[str]().union(*(_columns_named(called, sql) for called in scan.called))
    columns = tuple(column.name for column in relation.columns if identifier(column.name) in named)
    return RelationScan(relation.namespace, relation.name, scan.alias, columns, tuple(scan.conditions), scan.first)


def _finished_table(scan: _Scanned, sql: str) -> TableScan:
    named = _columns_named(scan.alias, sql)
    columns = tuple(column.number for column in scan.table.columns if identifier(column.name) in named)
    return TableScan(scan.table.oid, scan.alias, columns, tuple(scan.predicates), scan.is_target)


def _columns_named(alias: str, sql: str) -> set[str]:
    """The columns, quoted, that a text names of a scan: found in one pass over it, however many there are.

    A constant may look like the beginning of one, so that nothing behind the alias is passed over.
    """
    return set(re.findall(rf'{re.escape(identifier(alias))}\.(?=("(?:[^"]|"")*+"))', sql))
