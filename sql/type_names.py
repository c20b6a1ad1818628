"""Type names as SQL writes them: read from tokens to `SqlType`, and carried through the parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from sql.errors import FeatureNotSupported, InvalidParameterValue, UndefinedObject
from sql.words import words
from storage import types as t
from storage.type_oids import TYPES_BY_OID
from storage.types import SqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.tokens import TokenReader

SIMPLE: Final[dict[str, SqlType]] = {
    "bool": t.BOOLEAN,
    "boolean": t.BOOLEAN,
    "smallint": t.SMALLINT,
    "int2": t.SMALLINT,
    "int": t.INTEGER,
    "integer": t.INTEGER,
    "int4": t.INTEGER,
    "bigint": t.BIGINT,
    "int8": t.BIGINT,
    "real": t.REAL,
    "float4": t.REAL,
    "float8": t.DOUBLE,
    "double precision": t.DOUBLE,
    "text": t.TEXT,
    "name": t.NAME,
    "bytea": t.BYTEA,
    "date": t.DATE,
    "uuid": t.UUID,
    "json": t.JSON,
    "jsonb": t.JSONB,
    "jsonpath": t.JSONPATH,
    "oid": t.OID,
    "regclass": t.REGCLASS,
    "regtype": t.REGTYPE,
    "regproc": t.REGPROC,
    "regprocedure": t.REGPROC,
    "regnamespace": t.REGNAMESPACE,
    "regrole": t.REGROLE,
    "void": t.VOID,
    "record": t.RECORD,
    "unknown": t.UNKNOWN,
}
"""Types without a modifier. The rest is read by name in `read_type`."""

_ARRAYS: Final = {
    f"_{TYPES_BY_OID[element.oid].name}": element
    for element in (*SIMPLE.values(), t.NUMERIC, t.VARCHAR, t.CHAR, t.TIME, t.TIMESTAMP, t.TIMESTAMPTZ, t.INTERVAL)
    if element.oid in TYPES_BY_OID and element != t.RECORD
}
"""Array types by the names that they have in pg_type: `_int4`."""

WITH_MODIFIER: Final = words(
    "numeric decimal dec varchar character char bpchar nchar time timetz timestamp timestamptz interval float "
    "varying national bit"
)
_UNKNOWN_HERE: Final = words(
    "serial bigserial smallserial serial4 serial8 serial2 money xml inet cidr macaddr bit varbit tsvector tsquery "
    "point line lseg box path polygon circle timetz hstore"
)
_CANONICAL: Final = {"character varying": "varchar", "char varying": "varchar", "decimal": "numeric", "dec": "numeric"}


def starts_type(word: str) -> bool:
    """Whether a word in lower case may begin the name of a known type."""
    return word in SIMPLE or word in WITH_MODIFIER or word in ("double", "character varying", "char varying")


def read_type(reader: TokenReader) -> SqlType:
    """The type whose name comes next. Raises `UndefinedObject` and `FeatureNotSupported`."""
    position = reader.position
    if _is_in_catalog(reader):
        reader.index += 2
    quoted = reader.token is not None and reader.token.token_type is TokenType.IDENTIFIER
    name = _name(reader, quoted=quoted)
    base = t.INTERNAL_CHAR if quoted and name == "char" else _base(name, reader, position)
    return _dimensions(base, reader, position)


def _is_in_catalog(reader: TokenReader) -> bool:
    """Whether a type's name begins with its schema, which clients quote, too (`"pg_catalog"."int4"`)."""
    first = reader.token
    if first is None or reader.word(1) != ".":
        return False
    return (first.text if first.token_type is TokenType.IDENTIFIER else reader.word()) == "pg_catalog"


def _name(reader: TokenReader, *, quoted: bool) -> str:
    token = reader.token
    if token is None or not (token.text[:1].isalpha() or token.text[:1] == "_" or quoted):
        reader.fail()
    reader.index += 1
    if quoted:
        return token.text
    name = token.text.lower()
    if name == "double" and reader.accept("precision"):
        return "double precision"
    if name == "national":
        reader.accept_one_of("character", "char")
        name = "char"
    if name in ("character", "char", "nchar") and reader.accept("varying"):
        return "varchar"
    return _CANONICAL.get(name, name)


def _base(name: str, reader: TokenReader, position: int) -> SqlType:
    simple = SIMPLE.get(name)
    if simple is not None:
        if reader.word() == "(":
            raise InvalidParameterValue(f'type modifier is not allowed for type "{name}"', position=position)
        return simple
    match name:
        case "numeric":
            return _numeric(reader, position)
        case "varchar":
            return _sized(t.VARCHAR, "varchar", reader, None)
        case "char" | "character" | "nchar":
            return _sized(t.CHAR, "char", reader, 1)
        case "bpchar":
            return _sized(t.CHAR, "char", reader, None)
        case "float":
            return _float(reader, position)
        case "timestamp" | "timestamptz" | "time":
            return _time(name, reader, position)
        case "interval":
            return _interval(reader, position)
        case _ if name in _ARRAYS:
            return t.array_of(_ARRAYS[name])
        case _:
            return _missing(name, position)


def _missing(name: str, position: int) -> NoReturn:
    if name in _UNKNOWN_HERE:
        raise FeatureNotSupported(f"type {name} is not supported", position=position)
    raise UndefinedObject(f'type "{name}" does not exist', position=position)


def _modifiers(reader: TokenReader) -> list[int]:
    if not reader.accept("("):
        return []
    values = [reader.integer()]
    while reader.accept(","):
        values.append(reader.integer())
    reader.expect(")")
    return values


def _numeric(reader: TokenReader, position: int) -> SqlType:
    values = _modifiers(reader)
    if not values:
        return t.NUMERIC
    precision, scale = values[0], values[1] if len(values) > 1 else 0
    if not 1 <= precision <= 1000:
        raise InvalidParameterValue(f"NUMERIC precision {precision} must be between 1 and 1000", position=position)
    if precision > 38:
        raise FeatureNotSupported("numeric with more than 38 digits is not supported", position=position)
    if not 0 <= scale <= precision:
        raise FeatureNotSupported(
            f"numeric with scale {scale} outside its precision {precision} is not supported", position=position
        )
    return t.numeric(precision, scale)


def _sized(base: SqlType, name: str, reader: TokenReader, default: int | None) -> SqlType:
    position = reader.position
    values = _modifiers(reader)
    if not values:
        return base if default is None else SqlType(base.oid, default + 4)
    if values[0] < 1:
        raise InvalidParameterValue(f"length for type {name} must be at least 1", position=position)
    if values[0] > 10_485_760:
        raise InvalidParameterValue(f"length for type {name} cannot exceed 10485760", position=position)
    return SqlType(base.oid, values[0] + 4)


def _float(reader: TokenReader, position: int) -> SqlType:
    values = _modifiers(reader)
    digits = values[0] if values else 53
    if digits < 1:
        raise InvalidParameterValue("precision for type float must be at least 1 bit", position=position)
    if digits > 53:
        raise InvalidParameterValue("precision for type float must be less than 54 bits", position=position)
    return t.REAL if digits <= 24 else t.DOUBLE


def _time(name: str, reader: TokenReader, position: int) -> SqlType:
    values = _modifiers(reader)
    with_zone = name == "timestamptz"
    if reader.word() in ("with", "without") and reader.word(1) == "time" and reader.word(2) == "zone":
        with_zone = reader.word() == "with"
        reader.index += 3
    if name == "time" and with_zone:
        raise FeatureNotSupported("type time with time zone is not supported", position=position)
    base = t.TIME if name == "time" else t.TIMESTAMPTZ if with_zone else t.TIMESTAMP
    # Six digits is what is stored anyhow.
    return base if not values or values[0] >= 6 else SqlType(base.oid, values[0])


_FIELDS: Final = ("year", "month", "day", "hour", "minute", "second")


def _interval(reader: TokenReader, position: int) -> SqlType:
    """Fields that end in seconds cut nothing away; others would, as fewer digits than there are."""
    digits = _modifiers(reader)
    last = reader.word() if reader.word() in _FIELDS else "second"
    if reader.accept_one_of(*_FIELDS) and reader.accept("to"):
        last = reader.word()
        if not reader.accept_one_of(*_FIELDS):
            reader.fail()
    digits = digits or _modifiers(reader)
    if last != "second":
        raise FeatureNotSupported("intervals that end in other fields than SECOND are not supported", position=position)
    if digits and digits[0] < 6:
        raise FeatureNotSupported("intervals with less than 6 digits of seconds are not supported", position=position)
    return t.INTERVAL


def _dimensions(base: SqlType, reader: TokenReader, position: int) -> SqlType:
    """PostgreSQL's arrays have one type, whatever the number of dimensions and their sizes."""
    is_array = reader.accept("array")
    while reader.accept("["):
        is_array = True
        if reader.word() != "]":
            reader.integer()
        reader.expect("]")
    if not is_array:
        return base
    try:
        return t.array_of(base)
    except AssertionError:
        raise UndefinedObject(f'type "{base}[]" does not exist', position=position) from None


def type_token(sql_type: SqlType, first: Token, last: Token) -> Token:
    """A token that carries a type through sqlglot's parser, where `type_of` finds it again."""
    text = f"t{sql_type.oid}_{sql_type.modifier + 1}"
    return Token(TokenType.VAR, text, first.line, first.col, first.start, last.end)


def cast_to(expression: exp.Expr, sql_type: SqlType) -> exp.Cast:
    """A cast as the dialect parses it."""
    kind = exp.Identifier(this=f"t{sql_type.oid}_{sql_type.modifier + 1}", quoted=False)
    return exp.Cast(this=expression, to=exp.DataType(this=exp.DataType.Type.USERDEFINED, kind=kind))


def row_type_token(tokens: Sequence[Token], index: int) -> tuple[Token, int]:
    """A token that carries `[namespace.]relation`, which stands at an index, in the place of a type; and what follows.

    `row_type_of` finds it again.
    """
    first = last = tokens[index]
    namespace = None
    index += 1
    if index + 1 < len(tokens) and tokens[index].token_type is TokenType.DOT:
        namespace, last = _folded(first), tokens[index + 1]
        index += 2
    # An identifier of the parser's has no room for quotes.
    text = f"row_{'' if namespace is None else namespace.encode().hex()}_{_folded(last).encode().hex()}"
    return Token(TokenType.VAR, text, first.line, first.col, first.start, last.end), index


def _folded(token: Token) -> str:
    return token.text if token.token_type is TokenType.IDENTIFIER else token.text.lower()


def row_type_of(cast: exp.Cast) -> tuple[str | None, str] | None:
    """Namespace and name of the relation whose rows are the target of a cast; `None` where that is another type."""
    kind = cast.args["to"].args.get("kind")
    if kind is None:
        # A typed constant of a type that is there for the parser alone.
        raise FeatureNotSupported(f"type {cast.args['to'].sql().lower()} is not supported")
    word = str(kind.this)
    if not word.startswith("row_"):
        return None
    namespace, name = (bytes.fromhex(part).decode() for part in word.removeprefix("row_").split("_"))
    return namespace or None, name


def type_of(cast: exp.Cast) -> SqlType:
    """The target type of a cast that the dialect parsed. Raises `UndefinedObject` for what may be one of rows."""
    row = row_type_of(cast)
    if row is not None:
        raise no_row_type(cast, *row)
    return carried_type(cast.args["to"])


def no_row_type(cast: exp.Cast, namespace: str | None, name: str) -> UndefinedObject:
    """The error for a name that is neither a type's nor a relation's."""
    start = cast.args["to"].args["kind"].meta.get("start")
    shown = name if namespace is None else f"{namespace}.{name}"
    return UndefinedObject(f'type "{shown}" does not exist', position=None if start is None else int(start) + 1)


def carried_type(data_type: exp.Expr) -> SqlType:
    """The type that a token has carried through the parser."""
    oid, _, modifier = str(data_type.args["kind"].this)[1:].partition("_")
    return SqlType(int(oid), int(modifier) - 1)
