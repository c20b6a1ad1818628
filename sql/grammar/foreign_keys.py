"""FOREIGN KEY and REFERENCES, and the properties that say when a constraint is tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from sql.errors import FeatureNotSupported, SqlSyntaxError
from sql.table_syntax import ForeignKeyDefinition

if TYPE_CHECKING:
    from sql.tokens import TokenReader
    from storage.catalog_entries import ReferentialAction

_ACTIONS: Final[tuple[ReferentialAction, ...]] = ("no action", "restrict", "cascade", "set null", "set default")
_UNTIMELY: Final = "constraint declared INITIALLY DEFERRED must be DEFERRABLE"


def read_foreign_key(reader: TokenReader, name: str | None) -> ForeignKeyDefinition:
    """FOREIGN KEY (columns) REFERENCES …, as a constraint of a table."""
    reader.expect("foreign key")
    columns = _columns(reader)
    definition = _references(reader, columns, name)
    timing = read_timing(reader)
    validated = True
    while reader.word() in ("not", "no"):
        if reader.accept("no"):
            reader.expect("inherit")
            raise FeatureNotSupported("FOREIGN KEY constraints cannot be marked NO INHERIT")
        reader.expect("not", "valid")
        validated = False
        timing = read_timing(reader, timing)
    return _with_timing(definition, timing, validated=validated)


def read_changed_timing(reader: TokenReader) -> tuple[bool, bool]:
    """What stands behind ALTER CONSTRAINT name: whether it is deferrable, and initially deferred."""
    timing = read_timing(reader)
    if reader.accept("no"):
        reader.expect("inherit")
        raise FeatureNotSupported("FOREIGN KEY constraints cannot be marked NO INHERIT")
    if reader.accept("not"):
        reader.expect("valid")
        raise FeatureNotSupported("FOREIGN KEY constraints cannot be marked NOT VALID")
    return timing.is_deferrable, bool(timing.deferred)


def read_references(reader: TokenReader, column: str, name: str | None) -> ForeignKeyDefinition:
    """REFERENCES …, as a constraint of a column."""
    definition = _references(reader, (column,), name)
    return _with_timing(definition, read_timing(reader, of_column=True), validated=True)


class Timing(Struct, frozen=True):
    """What a constraint says of when it is tested; `None`: nothing."""

    deferrable: bool | None = None
    deferred: bool | None = None

    @property
    def is_deferrable(self) -> bool:
        """What is deferred is deferrable without a word."""
        return bool(self.deferrable or self.deferred)


_NOTHING: Final = Timing()


def read_timing(reader: TokenReader, timing: Timing = _NOTHING, *, of_column: bool = False) -> Timing:
    """[NOT] DEFERRABLE, INITIALLY IMMEDIATE | DEFERRED, in any order, more of what `timing` has.

    PostgreSQL reads those of a column one by one, and those of a table together; so its words differ.
    """
    deferrable, deferred = timing.deferrable, timing.deferred
    while True:
        position = reader.position
        if reader.accept("deferrable"):
            _require_first(deferrable, True, "DEFERRABLE/NOT DEFERRABLE", position, of_column=of_column)
            deferrable = True
        elif reader.accept("not", "deferrable"):
            if deferred and not (of_column and deferrable is not None):
                raise SqlSyntaxError(_UNTIMELY, position=position)
            _require_first(deferrable, False, "DEFERRABLE/NOT DEFERRABLE", position, of_column=of_column)
            deferrable = False
        elif reader.accept("initially"):
            now = reader.accept_one_of("immediate", "deferred")
            if now is None:
                reader.fail()
            if now == "deferred" and deferrable is False and not (of_column and deferred is not None):
                raise SqlSyntaxError(_UNTIMELY, position=position)
            _require_first(deferred, now == "deferred", "INITIALLY IMMEDIATE/DEFERRED", position, of_column=of_column)
            deferred = now == "deferred"
        else:
            return Timing(deferrable, deferred)


def refuse_misplaced_timing(reader: TokenReader) -> None:
    """Raise `SqlSyntaxError` for what says when a constraint is tested, behind one of which that cannot be said."""
    position = reader.position
    for clause in ("DEFERRABLE", "NOT DEFERRABLE", "INITIALLY DEFERRED", "INITIALLY IMMEDIATE"):
        if reader.accept(*clause.lower().split()):
            raise SqlSyntaxError(f"misplaced {clause} clause", position=position)


def _require_first(said: bool | None, says: bool, clauses: str, position: int, *, of_column: bool) -> None:
    if said is not None and of_column:
        raise SqlSyntaxError(f"multiple {clauses} clauses not allowed", position=position)
    if said not in (None, says):
        raise SqlSyntaxError("conflicting constraint properties", position=position)


def _with_timing(definition: ForeignKeyDefinition, timing: Timing, *, validated: bool) -> ForeignKeyDefinition:
    return replace(definition, deferrable=timing.is_deferrable, deferred=bool(timing.deferred), validated=validated)


def _references(reader: TokenReader, columns: tuple[str, ...], name: str | None) -> ForeignKeyDefinition:
    """REFERENCES table [(columns)] [MATCH …] [ON DELETE …] [ON UPDATE …]."""
    reader.expect("references")
    table = reader.qualified_name()
    referenced = _columns(reader) if reader.word() == "(" else ()
    match_full = _match_full(reader)
    actions: dict[str, ReferentialAction] = {}
    set_columns: tuple[str, ...] = ()
    while reader.word() == "on":
        position = reader.position
        reader.expect("on")
        event = reader.word()
        if event not in ("delete", "update") or event in actions:
            reader.fail()
        reader.index += 1
        action = actions[event] = _action(reader)
        if action in ("set null", "set default") and reader.word() == "(":
            set_columns = _columns(reader)
            if event == "update":
                raise FeatureNotSupported(
                    f"a column list with {action.upper()} is only supported for ON DELETE actions", position=position
                )
    return ForeignKeyDefinition(
        columns,
        table,
        referenced,
        name,
        match_full,
        actions.get("delete", "no action"),
        actions.get("update", "no action"),
        set_columns,
    )


def _match_full(reader: TokenReader) -> bool:
    position = reader.position
    if not reader.accept("match"):
        return False
    kind = reader.accept_one_of("full", "partial", "simple")
    if kind is None:
        reader.fail()
    if kind == "partial":
        raise FeatureNotSupported("MATCH PARTIAL not yet implemented", position=position)
    return kind == "full"


def _action(reader: TokenReader) -> ReferentialAction:
    found = next((action for action in _ACTIONS if reader.accept(*action.split())), None)
    if found is None:
        reader.fail()
    return found


def _columns(reader: TokenReader) -> tuple[str, ...]:
    reader.expect("(")
    names = reader.names()
    reader.expect(")")
    return names
