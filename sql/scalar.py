"""Small expressions over stored values, for the two paths that avoid DuckDB.

`build_scalar` turns a tree into data if every part of it is known here: constants, parameters, columns of the row,
arithmetic on integers, text concatenation, the time. It answers `None` for anything else, and the statement then takes
the general path: this is a short cut, never the definition of a meaning. `compile_scalar` makes the closure that runs.
"""

from __future__ import annotations

import operator
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Protocol, cast

from msgspec import Struct, field
from sqlglot import exp

from sql.assignment import INTEGERS, TEXTS, assignment, identity, in_range
from sql.errors import DatetimeFieldOverflow, InvalidDatetimeFormat, InvalidParameterValue, InvalidTextRepresentation
from sql.matching import matching
from sql.names import fold, position_at
from sql.sequence_calls import sequence_function
from storage import types as t

if TYPE_CHECKING:
    from sql.session_sequences import SessionSequences
    from sql.types import Codecs
    from storage.catalog import Catalog
    from storage.catalog_entries import SequenceGenerator
    from storage.types import SqlType

    SequenceOf = Callable[[exp.Expr], SequenceGenerator | None]


class Environment(Protocol):
    """What an expression may ask of its statement."""

    def start_us(self) -> int:
        """Start of the transaction, microseconds since the epoch: what now() says."""

    @property
    def sequences(self) -> SessionSequences:
        """Where numbers come from."""

    @property
    def catalog(self) -> Catalog:
        """The catalog as the statement sees it."""


Evaluate = Callable[[Sequence[object], Sequence[object], Environment], object]
"""From the statement's parameters, the row that it is about, and the environment to a stored value."""


class Constant(Struct, frozen=True):
    """A value known when the statement is planned."""

    type: SqlType
    value: object


class Parameter(Struct, frozen=True):
    """The parameter at `index` (from 0)."""

    type: SqlType
    index: int


class ColumnValue(Struct, frozen=True):
    """The value at `position` (from 0) in the row."""

    type: SqlType
    position: int


class Operation(Struct, frozen=True):
    """Two operands of one type: `+ - *` on integers, `||` on text. NULL gives NULL."""

    type: SqlType
    symbol: str
    left: Scalar
    right: Scalar


class Converted(Struct, frozen=True):
    """An operand turned into another type by its assignment cast."""

    type: SqlType
    operand: Scalar


class Matched(Struct, frozen=True):
    """The value of a key column's type that equals an operand; NULL where none does."""

    type: SqlType
    operand: Scalar


class Generated(Struct, frozen=True):
    """A value made anew for each row: `now` or `uuid`."""

    type: SqlType
    what: str


class NextValue(Struct, frozen=True):
    """The next number of a sequence."""

    type: SqlType
    sequence: SequenceGenerator


class CurrentValue(Struct, frozen=True):
    """What the session got last of a sequence, or, of `None`, of the one that it asked last."""

    type: SqlType
    sequence: SequenceGenerator | None


Scalar = Constant | Parameter | ColumnValue | Operation | Converted | Matched | Generated | NextValue | CurrentValue

ERRORS_OF_CONSTANTS: Final = (
    InvalidTextRepresentation,
    InvalidDatetimeFormat,
    DatetimeFieldOverflow,
    InvalidParameterValue,
)
"""Errors of reading a constant, which tell where it stands."""

_SYMBOLS: Final[dict[type[exp.Binary], str]] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.DPipe: "||"}
_TIMES: Final = frozenset((t.DATE.oid, t.TIME.oid, t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid))
_NAMED: Final = frozenset((t.REGCLASS.oid, t.REGTYPE.oid, t.REGPROC.oid, t.REGNAMESPACE.oid, t.REGROLE.oid))
"""Types whose input is looked up in the catalog, which takes a query."""
_MOVING_WORDS: Final = ("now", "today", "tomorrow", "yesterday")
_OPERATORS: Final[dict[str, Callable[[object, object], object]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "||": operator.add,
}


class ScalarContext(Struct):
    """What names and parameters mean while expressions of one statement are built."""

    columns: dict[str, tuple[int, SqlType]]
    """Name → position in the row and type."""
    codecs: Codecs
    parameter_types: list[SqlType | None] = field(default_factory=list)
    """By index; filled in as parameters are met. What the client declared stays."""
    tables: frozenset[str] = frozenset()
    """Names by which a column may be qualified."""
    qualified: dict[tuple[str, str], tuple[int, SqlType]] = field(default_factory=dict)
    """Columns that are known only by a table's name and their own."""
    sequence_of: SequenceOf | None = None
    """What finds the sequence that an argument of nextval() names. Without it nextval() is not known."""

    def parameter(self, index: int, expected: SqlType) -> Parameter:
        """The parameter, with the type declared or found before, or else the one expected here."""
        while len(self.parameter_types) <= index:
            self.parameter_types.append(None)
        known = self.parameter_types[index]
        if known is None:
            known = self.parameter_types[index] = expected
        return Parameter(known, index)


def build_assigned(tree: exp.Expr, target: SqlType, context: ScalarContext) -> Scalar | None:
    """The expression as a value for a column of type `target`; `None` where it takes the general path."""
    scalar = build_scalar(tree, context, target)
    if scalar is None:
        return None
    try:
        return convert(scalar, target, context.codecs)
    except ERRORS_OF_CONSTANTS as error:
        # Errors of reading a constant tell where it stands; those of casting a value do not, as in PostgreSQL.
        error.position = error.position or position_at(tree)
        raise


def convert(scalar: Scalar, target: SqlType, codecs: Codecs) -> Scalar | None:
    """The scalar with the assignment cast to `target`, done at once on a constant."""
    if isinstance(scalar, Constant) and scalar.value is None:
        return Constant(target, None)
    if isinstance(scalar, Constant) and scalar.type.oid == t.UNKNOWN.oid:
        text = cast("str", scalar.value)
        if target.oid in _NAMED or moves_with_time(text, target):
            return None
        return Constant(target, codecs.of(target).parse(text))
    cast_value = assignment(scalar.type, target, codecs)
    if cast_value is None:
        return None
    if cast_value is identity:
        return scalar
    if isinstance(scalar, Constant):
        return Constant(target, cast_value(scalar.value))
    return Converted(target, scalar)


def moves_with_time(text: str, target: SqlType) -> bool:
    """Whether a literal means another value later, so that a plan that is kept must not have it as a constant."""
    return target.oid in _TIMES and any(word in text.lower() for word in _MOVING_WORDS)


def build_scalar(tree: exp.Expr, context: ScalarContext, expected: SqlType) -> Scalar | None:
    """The expression as data; `expected` settles the type of a bare parameter. Raises `SqlError` for a bad constant."""
    match tree:
        case exp.Paren():
            return build_scalar(tree.this, context, expected)
        case exp.Null():
            return Constant(expected, None)
        case exp.Boolean():
            return Constant(t.BOOLEAN, bool(tree.this))
        case exp.Literal():
            return _literal(str(tree.this), is_string=tree.is_string)
        case exp.Neg() if isinstance(tree.this, exp.Literal) and not tree.this.is_string:
            return _literal(f"-{tree.this.this}", is_string=False)
        case exp.Parameter() if isinstance(tree.this, exp.Literal) and not tree.this.is_string:
            return context.parameter(int(tree.this.this) - 1, expected.unmodified)
        case exp.Column():
            return _column(tree, context)
        case exp.CurrentTimestamp() if tree.this is None:
            return Generated(t.TIMESTAMPTZ, "now")
        case exp.Uuid() if not tree.args.get("this"):
            return Generated(t.UUID, "uuid")
        case exp.Add() | exp.Sub() | exp.Mul() | exp.DPipe():
            return _operation(tree, context, expected)
        case exp.Anonymous() if context.sequence_of is not None:
            return _number(tree, context.sequence_of)
        case _:
            return None


def _number(call: exp.Anonymous, sequence_of: SequenceOf) -> NextValue | CurrentValue | None:
    name, arguments = sequence_function(call), call.expressions
    if name == "lastval" and not arguments:
        return CurrentValue(t.BIGINT, None)
    if name not in ("nextval", "currval") or len(arguments) != 1:
        return None
    sequence = sequence_of(arguments[0])
    if sequence is None:
        return None
    return NextValue(t.BIGINT, sequence) if name == "nextval" else CurrentValue(t.BIGINT, sequence)


def _literal(text: str, *, is_string: bool) -> Constant | None:
    if is_string:
        return Constant(t.UNKNOWN, text)
    try:
        number = int(text)
    except ValueError:
        return Constant(t.NUMERIC, Decimal(text))
    for candidate in (t.INTEGER, t.BIGINT):
        low, high = INTEGERS[candidate.oid]
        if low <= number <= high:
            return Constant(candidate, number)
    return Constant(t.NUMERIC, Decimal(number))


def _column(tree: exp.Column, context: ScalarContext) -> ColumnValue | None:
    table = tree.args.get("table")
    if table is not None and context.qualified:
        found = context.qualified.get((fold(table), fold(tree.this)))
        return None if found is None or tree.args.get("db") else ColumnValue(found[1], found[0])
    found = context.columns.get(fold(tree.this))
    if found is None or tree.args.get("db") or (table is not None and fold(table) not in context.tables):
        return None
    return ColumnValue(found[1], found[0])


def _operation(tree: exp.Binary, context: ScalarContext, expected: SqlType) -> Scalar | None:
    symbol = _SYMBOLS[type(tree)]
    left_first = not isinstance(tree.this, exp.Parameter)
    first, second = (tree.this, tree.expression) if left_first else (tree.expression, tree.this)
    one = build_scalar(first, context, expected)
    other = None if one is None else build_scalar(second, context, one.type)
    if one is None or other is None:
        return None
    left, right = (one, other) if left_first else (other, one)
    common = _common_type(symbol, left.type, right.type)
    if common is None:
        return None
    left_operand, right_operand = convert(left, common, context.codecs), convert(right, common, context.codecs)
    if left_operand is None or right_operand is None:
        return None
    return Operation(common, symbol, left_operand, right_operand)


def _common_type(symbol: str, left: SqlType, right: SqlType) -> SqlType | None:
    if symbol == "||":
        plain = left.oid in TEXTS - {t.CHAR.oid} and right.oid in TEXTS - {t.CHAR.oid}
        return t.TEXT if plain else None
    if left.oid in INTEGERS and right.oid in INTEGERS:
        return left if INTEGERS[left.oid][1] >= INTEGERS[right.oid][1] else right
    return None


def compile_scalar(scalar: Scalar, codecs: Codecs) -> Evaluate:
    """The closure that evaluates a scalar. It raises `SqlError` for a value out of range."""
    match scalar:
        case Constant(_, value):
            return lambda _params, _row, _env: value
        case Parameter(_, index):
            return lambda params, _row, _env: params[index]
        case ColumnValue(_, position):
            return lambda _params, row, _env: row[position]
        case Generated(_, "now"):
            return lambda _params, _row, env: env.start_us()
        case Generated():
            return lambda _params, _row, _env: uuid.uuid4().bytes
        case NextValue(_, sequence):
            return lambda _params, _row, env: env.sequences.next(sequence)
        case CurrentValue():
            return _compile_current(scalar.sequence)
        case Converted(target, operand):
            cast_value = assignment(operand.type, target, codecs)
            assert cast_value is not None, scalar
            return _unless_null(compile_scalar(operand, codecs), cast_value)
        case Matched(target, operand):
            match_value = matching(target)
            assert match_value is not None, scalar
            return _unless_null(compile_scalar(operand, codecs), match_value)
        case Operation():
            return _compile_operation(scalar, codecs)


def _compile_current(sequence: SequenceGenerator | None) -> Evaluate:
    if sequence is None:
        return lambda _params, _row, env: env.sequences.last(env.catalog)
    return lambda _params, _row, env: env.sequences.current(sequence)


def _unless_null(evaluate: Evaluate, apply: Callable[[object], object]) -> Evaluate:
    def converted(params: Sequence[object], row: Sequence[object], env: Environment) -> object:
        value = evaluate(params, row, env)
        return None if value is None else apply(value)

    return converted


def _compile_operation(scalar: Operation, codecs: Codecs) -> Evaluate:
    left, right = compile_scalar(scalar.left, codecs), compile_scalar(scalar.right, codecs)
    apply = _OPERATORS[scalar.symbol]
    check = in_range(scalar.type) if scalar.type.oid in INTEGERS else identity

    def operate(params: Sequence[object], row: Sequence[object], env: Environment) -> object:
        one = left(params, row, env)
        other = right(params, row, env)
        if one is None or other is None:
            return None
        return check(apply(one, other))

    return operate


def number_alone(scalar: Scalar) -> SequenceGenerator | None:
    """The sequence of which the value is a number, and nothing else."""
    if isinstance(scalar, Converted):
        return number_alone(scalar.operand)
    return scalar.sequence if isinstance(scalar, NextValue) else None


def numbers_drawn(scalars: Iterable[Scalar]) -> tuple[tuple[SequenceGenerator, int], ...]:
    """From which sequences evaluating these takes numbers, and how many."""
    drawn: dict[int, tuple[SequenceGenerator, int]] = {}
    for scalar in scalars:
        for sequence in _sequences_in(scalar):
            drawn[sequence.oid] = (sequence, drawn.get(sequence.oid, (sequence, 0))[1] + 1)
    return tuple(drawn.values())


def _sequences_in(scalar: Scalar) -> Iterator[SequenceGenerator]:
    match scalar:
        case NextValue(_, sequence):
            yield sequence
        case Converted(_, operand) | Matched(_, operand):
            yield from _sequences_in(operand)
        case Operation(_, _, left, right):
            yield from _sequences_in(left)
            yield from _sequences_in(right)
