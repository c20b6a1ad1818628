"""Names in scope: the relations of FROM, level by level, and what a column's name means among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from sql.binding.growth import ENTRIES_MAX, FIELDS_MAX
from sql.binding.near_names import perhaps_meant
from sql.binding.values import Bound
from sql.errors import AmbiguousColumn, GroupingError, TooManyColumns, UndefinedColumn, UndefinedTable
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlglot import exp


class Source(Struct, frozen=True):
    """A relation in FROM: the name by which its columns may be qualified, and what each column is."""

    name: str
    columns: tuple[tuple[str, Bound], ...]
    namespace: str | None = None
    """Of a table without an alias: `namespace.table.column` means it, too."""
    key: frozenset[str] = frozenset()
    """The texts of its primary key: grouped by them, all its columns are."""
    oid: int = 0
    """Of a table or system relation: what its `tableoid` is."""
    never_null: str = ""
    """The text of a column that is NULL in none of its rows, if there is one."""
    is_scalar: bool = False
    """Whether it is a function of single values: its row is the value."""

    @property
    def row(self) -> Bound:
        """Its row as a record."""
        return self.columns[0][1] if self.is_scalar else row_of(self.columns)

    @property
    def row_or_none(self) -> Bound:
        """The same of a relation that an outer join may have found no row of: then it is NULL."""
        row = self.row
        if self.is_scalar:
            return row
        tests = [self.never_null] if self.never_null else [bound.sql for _, bound in self.columns]
        is_there = " OR ".join(f"{text} IS NOT NULL" for text in tests)
        return replace(row, sql=f"(CASE WHEN {is_there} THEN {row.sql} END)") if tests else row

    def find(self, name: str) -> list[Bound]:
        """The columns of that name."""
        found = [bound for column, bound in self.columns if column == name]
        if not found and self.oid and name == "tableoid":
            return [Bound(f"CAST({self.oid} AS UINTEGER)", t.OID, name, names_strongly=True)]
        return found


class CommonTable(Struct, frozen=True):
    """A WITH query: what DuckDB calls it, and its columns (whose text is their name in it)."""

    name: str
    columns: tuple[tuple[str, Bound], ...]


class Grouping(Struct):
    """The GROUP BY of a query: what outside of aggregates must be made of these."""

    texts: frozenset[str]
    shown: dict[str, str] = field(default_factory=dict)
    """What stands for such a text outside of aggregates, where it is not the text."""
    loose: list[tuple[str, Bound]] = field(default_factory=list)
    """Columns met that are not grouped, so far."""
    depth: int = 0
    """How many aggregate calls are open around what is being bound."""

    def of_group(self, bound: Bound) -> Bound:
        """An expression as a group as a whole has it, if the query is grouped by it."""
        if self.depth or bound.sql not in self.texts:
            return bound
        return replace(bound, sql=self.shown.get(bound.sql, bound.sql), unchecked=None)


class Scope(Struct):
    """What names mean at one level of a query."""

    parent: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    star: list[tuple[str, Bound]] = field(default_factory=list)
    """What `*` stands for, in order."""
    outer: list[Source] = field(default_factory=list)
    """Those of the sources that an outer join puts no row of beside some rows."""
    merged: dict[str, Bound] = field(default_factory=dict)
    """Columns of JOIN … USING, which need no qualification."""
    common: dict[str, CommonTable] = field(default_factory=dict)
    windows: dict[str, exp.Expr] = field(default_factory=dict)
    grouping: Grouping | None = None
    aggregates_allowed: bool = False
    """Whether this is a place where a call of an aggregate belongs to this level."""
    sets: list[int | None] = field(default_factory=list)
    """Where calls of functions that return sets have been met at this level."""
    clause: str = "WHERE"
    """Where the binder is, for messages about misplaced aggregates."""
    grouped_queries: dict[int, tuple[exp.Expr, Bound]] = field(default_factory=dict)
    """Subqueries in GROUP BY, by the ids of their trees: bound again in the select list they would have other names."""

    def common_table(self, name: str) -> CommonTable | None:
        """The WITH query of that name, from the innermost level that has one."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.common.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def add(self, source: Source) -> None:
        """Put a relation in scope."""
        self.sources.append(source)
        self.star.extend(source.columns)


def resolve(scope: Scope, name: str, qualifier: tuple[str, ...], position: int | None) -> Bound:
    """What a column reference means. Raises `UndefinedColumn`, `UndefinedTable`, `AmbiguousColumn`."""
    if qualifier:
        return _qualified(scope, name, qualifier, position)
    level: Scope | None = scope
    while level is not None:
        found = _at_level(level, name)
        if len(found) > 1:
            raise AmbiguousColumn(f'column reference "{name}" is ambiguous', position=position)
        if found:
            return _met(level, found[0][0], replace(found[0][1], position=position, name=name, names_strongly=True))
        level = level.parent
    row = _whole_row(scope, name)
    if row is not None:
        return replace(row, position=position)
    raise UndefinedColumn(
        f'column "{name}" does not exist', hint=perhaps_meant(_all_names(scope), name), position=position
    )


def _all_names(scope: Scope) -> Iterator[tuple[str, str]]:
    level: Scope | None = scope
    while level is not None:
        for source in level.sources:
            yield from ((source.name, column) for column, _ in source.columns)
        level = level.parent


def _at_level(level: Scope, name: str) -> list[tuple[Source | None, Bound]]:
    merged = level.merged.get(name)
    if merged is not None:
        return [(None, merged)]
    return [(source, bound) for source in level.sources for bound in source.find(name)]


def _qualified(scope: Scope, name: str, qualifier: tuple[str, ...], position: int | None) -> Bound:
    found = find_source(scope, qualifier)
    if found is None:
        raise UndefinedTable(f'missing FROM-clause entry for table "{qualifier[-1]}"', position=position)
    level, source = found
    columns = source.find(name)
    if not columns:
        raise UndefinedColumn(
            f"column {qualifier[-1]}.{name} does not exist",
            hint=perhaps_meant(_all_names(scope), name, qualifier[-1]),
            position=position,
        )
    if len(columns) > 1:
        raise AmbiguousColumn(f'column reference "{name}" is ambiguous', position=position)
    return _met(level, source, replace(columns[0], position=position, name=name, names_strongly=True))


def find_source(scope: Scope, qualifier: tuple[str, ...]) -> tuple[Scope, Source] | None:
    """The relation that a qualifier means, and its level."""
    level: Scope | None = scope
    while level is not None:
        for source in level.sources:
            if source.name == qualifier[-1] and (len(qualifier) == 1 or source.namespace == qualifier[-2]):
                return level, source
        level = level.parent
    return None


def _met(level: Scope, source: Source | None, bound: Bound) -> Bound:
    """Note a reference to a column of a grouped query that is not grouped."""
    grouping = level.grouping
    if grouping is None or grouping.depth:
        return bound
    if bound.sql in grouping.texts:
        return grouping.of_group(bound)
    if source is not None and source.key and source.key <= grouping.texts:
        # It depends on the key, which is grouped: within a group there is but one value.
        return replace(bound, sql=f"any_value({bound.sql})")
    words = bound.name if source is None else f"{source.name}.{bound.name}"
    grouping.loose.append((words, bound))
    return bound


def _whole_row(scope: Scope, name: str) -> Bound | None:
    found = find_source(scope, (name,))
    if found is None:
        return None
    return whole_row(*found).called(name)


def whole_row(level: Scope, source: Source) -> Bound:
    """The row of a relation as a record."""
    return source.row_or_none if any(each is source for each in level.outer) else source.row


def row_of(columns: Iterable[tuple[str, Bound]]) -> Bound:
    """A record of these columns."""
    fields = tuple(columns)
    _require_few(fields)
    # By number: names may be there twice, and DuckDB does not tell them apart by case.
    parts = ", ".join(f"f{number} := {bound.sql}" for number, (_, bound) in enumerate(fields, start=1))
    return Bound(f"struct_pack({parts})", t.RECORD, "row", names_strongly=True, fields=fields)


def _require_few(fields: Sequence[tuple[str, Bound]]) -> None:
    if len(fields) > ENTRIES_MAX:
        raise TooManyColumns(f"ROW expressions can have at most {ENTRIES_MAX} entries")
    if sum(_fields_in(bound) for _, bound in fields) > FIELDS_MAX:
        raise TooManyColumns(f"a row with the rows in it can have at most {FIELDS_MAX} fields")


def _fields_in(bound: Bound) -> int:
    return sum((_fields_in(field) for _, field in bound.fields), start=1)


def check_grouped(grouping: Grouping) -> None:
    """Raise `GroupingError` if a column was met that is not grouped."""
    if grouping.loose:
        words, bound = grouping.loose[0]
        raise GroupingError(
            f'column "{words}" must appear in the GROUP BY clause or be used in an aggregate function',
            position=bound.position,
        )
