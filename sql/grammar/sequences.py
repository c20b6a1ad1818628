"""CREATE, ALTER and DROP SEQUENCE, and the options of sequences wherever they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from sqlglot.tokenizer_core import TokenType

from sql.errors import SqlSyntaxError
from sql.names import QualifiedName
from sql.sequence_syntax import AlterSequence, CreateSequence, DropSequence, Identity, OwnedBy, SequenceOptions
from sql.type_names import read_type

if TYPE_CHECKING:
    from sql.sequence_syntax import IdentityKind
    from sql.tokens import TokenReader

_OPTIONS: Final = {
    "as": "type",
    "increment": "increment",
    "minvalue": "minimum",
    "maxvalue": "maximum",
    "start": "start",
    "start with": "start",
    "restart": "restart",
    "cache": "cache",
    "cycle": "cycle",
    "owned": "owned_by",
    "no": "no",
    "sequence": "name",
}
"""By the word that an option begins with: the field that it fills."""


def read_create_sequence(reader: TokenReader) -> CreateSequence:
    """CREATE SEQUENCE [IF NOT EXISTS] name options."""
    reader.expect("create")
    if reader.word() in ("temp", "temporary", "unlogged"):
        reader.refuse(f"CREATE {reader.word().upper()} SEQUENCE")
    reader.expect("sequence")
    if_not_exists = reader.accept("if", "not", "exists")
    return CreateSequence(reader.qualified_name(), read_sequence_options(reader), if_not_exists)


def read_alter_sequence(reader: TokenReader) -> AlterSequence:
    """ALTER SEQUENCE [IF EXISTS] name options."""
    reader.expect("alter", "sequence")
    if_exists = reader.accept("if", "exists")
    name = reader.qualified_name()
    options = read_sequence_options(reader)
    if options == SequenceOptions():
        reader.fail()
    return AlterSequence(name, options, if_exists)


def is_about_name(reader: TokenReader) -> bool:
    """Whether ALTER SEQUENCE is about the name, the schema or the owner: what it has in common with tables."""
    ahead = 2
    while word := reader.word(ahead):
        if word in ("rename", "owner") or (
            word == "set" and reader.word(ahead + 1) in ("schema", "logged", "unlogged")
        ):
            return True
        ahead += 1
    return False


def read_drop_sequence(reader: TokenReader) -> DropSequence:
    """DROP SEQUENCE [IF EXISTS] a, b [CASCADE | RESTRICT]."""
    reader.expect("drop", "sequence")
    if_exists = reader.accept("if", "exists")
    names = reader.qualified_names()
    return DropSequence(names, if_exists, reader.accept_one_of("cascade", "restrict") == "cascade")


def starts_option(word: str) -> bool:
    """Whether a word begins an option, or SET GENERATED."""
    return word in _OPTIONS or word == "generated"


def read_identity_kind(reader: TokenReader) -> IdentityKind:
    """ALWAYS | BY DEFAULT."""
    if reader.accept("always"):
        return "always"
    reader.expect("by", "default")
    return "by default"


def read_identity(reader: TokenReader) -> Identity:
    """What follows GENERATED: ALWAYS | BY DEFAULT AS IDENTITY [(options)]."""
    position = reader.position
    kind = read_identity_kind(reader)
    reader.expect("as")
    if reader.word() == "(" and kind == "by default":
        raise SqlSyntaxError("for a generated column, GENERATED ALWAYS must be specified", position=position)
    reader.expect("identity")
    options = SequenceOptions()
    if reader.accept("("):
        options = read_sequence_options(reader)
        reader.expect(")")
    return Identity(kind, options)


def read_sequence_options(
    reader: TokenReader, options: SequenceOptions | None = None, *, only_one: bool = False
) -> SequenceOptions:
    """Options in any order, each once, up to what is none, besides those given. Raises `SqlSyntaxError`."""
    options = SequenceOptions() if options is None else options
    while (field := _OPTIONS.get(reader.word())) is not None:
        position = reader.position
        read = _option(reader, field)
        for name in SequenceOptions.__struct_fields__:
            if getattr(read, name) is not None and getattr(options, name) is not None:
                raise SqlSyntaxError("conflicting or redundant options", position=position)
        changed = {name: getattr(read, name) for name in SequenceOptions.__struct_fields__}
        options = replace(options, **{name: value for name, value in changed.items() if value is not None})
        if only_one:
            break
    return options


def _option(reader: TokenReader, field: str) -> SequenceOptions:
    reader.index += 1
    match field:
        case "type":
            return SequenceOptions(type=read_type(reader))
        case "increment":
            reader.accept("by")
            return SequenceOptions(increment=read_number(reader))
        case "minimum":
            return SequenceOptions(minimum=read_number(reader))
        case "maximum":
            return SequenceOptions(maximum=read_number(reader))
        case "start":
            reader.accept("with")
            return SequenceOptions(start=read_number(reader))
        case "restart":
            given = reader.accept("with") or _is_number(reader)
            return SequenceOptions(restart=read_number(reader) if given else "start")
        case "cache":
            return SequenceOptions(cache=read_number(reader))
        case "cycle":
            return SequenceOptions(cycle=True)
        case "name":
            reader.expect("name")
            return SequenceOptions(name=reader.qualified_name())
        case "owned_by":
            return SequenceOptions(owned_by=_owner(reader))
        case _:
            return _none_of(reader)


def _none_of(reader: TokenReader) -> SequenceOptions:
    """What stands behind NO."""
    if reader.accept("minvalue"):
        return SequenceOptions(minimum="no")
    if reader.accept("maxvalue"):
        return SequenceOptions(maximum="no")
    reader.expect("cycle")
    return SequenceOptions(cycle=False)


def _owner(reader: TokenReader) -> OwnedBy:
    reader.expect("by")
    position = reader.position
    parts = [reader.name()]
    while reader.accept("."):
        parts.append(reader.name())
    if parts == ["none"]:
        return OwnedBy()
    if len(parts) == 1 or len(parts) > 3:
        raise SqlSyntaxError("invalid OWNED BY option", hint="Specify OWNED BY table.column or OWNED BY NONE.")
    namespace = parts[0] if len(parts) == 3 else None
    return OwnedBy(QualifiedName(namespace, parts[-2], position), parts[-1])


def _is_number(reader: TokenReader) -> bool:
    token = reader.token
    return token is not None and (token.token_type is TokenType.NUMBER or token.text in ("-", "+"))


def read_number(reader: TokenReader) -> int:
    """A whole number with its sign."""
    negative = reader.accept("-")
    if not negative:
        reader.accept("+")
    token = reader.token
    if token is None or token.token_type is not TokenType.NUMBER or not token.text.isdigit():
        reader.fail()
    reader.index += 1
    return -int(token.text) if negative else int(token.text)
