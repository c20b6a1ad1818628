"""Prepared statements and portals (PostgreSQL: "Extended Query"), whether made by the protocol or by SQL's PREPARE."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from sql.errors import InvalidBinaryRepresentation, InvalidParameterValue
from sql.types.codec import MALFORMED
from sql.types.text import decode_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.compiled import Run
    from sql.plan import Plan
    from sql.result import Result, ResultColumn
    from sql.statements import ParsedStatement
    from sql.types import Codecs
    from storage.catalog import Catalog
    from storage.types import SqlType

    Decode = Callable[[bytes], object]

TEXT_FORMAT = 0
BINARY_FORMAT = 1


class PlanBasis(NamedTuple):
    """What names, constants and rights meant to a plan. A tuple, since it is compared for each point statement."""

    search_path: str
    time_zone: str
    role_oid: int


class PlanKey(Struct, frozen=True):
    """Under what a plan holds: the text, the types that the client declared, and what it was made with."""

    text: str
    declared: tuple[int, ...]
    basis: PlanBasis


class Prepared(Struct):
    """A statement, planned against one catalog. All but the caches of decoders is fixed once it is made."""

    key: PlanKey
    statement: ParsedStatement
    plan: Plan
    catalog: Catalog
    parameter_types: tuple[SqlType, ...]
    columns: tuple[ResultColumn, ...] | None
    """`None` where the statement gives no rows."""
    run: Run | None
    """The compiled plan, where there is one."""
    names_objects: bool = False
    """Whether parameters or columns are written as names of catalog objects."""
    _decoders: dict[tuple[int, ...], tuple[Codecs, tuple[Decode, ...]]] = field(default_factory=dict)
    _formats: dict[tuple[int, ...], tuple[int, ...]] = field(default_factory=dict)

    def decoders(self, formats: tuple[int, ...], codecs: Codecs) -> tuple[Decode, ...]:
        """For each parameter the function from its bytes to a stored value. Raises `InvalidParameterValue`."""
        known = self._decoders.get(formats)
        # Sessions with like settings share a plan, and not the codecs: those of the last one are kept.
        if known is not None and known[0] is codecs:
            return known[1]
        expanded = expand_formats(formats, len(self.parameter_types))
        # There may be thousands of parameters, of a few types: one that is the same object need not be compared.
        made: dict[tuple[int, int], Decode] = {}
        for parameter_type, wire_format in zip(self.parameter_types, expanded, strict=True):
            if (id(parameter_type), wire_format) not in made:
                made[id(parameter_type), wire_format] = _decoder(parameter_type, wire_format, codecs)
        formats_of = zip(map(id, self.parameter_types), expanded, strict=True)
        decoders = tuple([made[each] for each in formats_of])
        self._decoders[formats] = (codecs, decoders)
        return decoders

    def result_formats(self, formats: tuple[int, ...]) -> tuple[int, ...]:
        """One format for each result column."""
        expanded = self._formats.get(formats)
        if expanded is None:
            expanded = self._formats[formats] = expand_formats(formats, len(self.columns or ()))
        return expanded


def expand_formats(formats: tuple[int, ...], count: int) -> tuple[int, ...]:
    """PostgreSQL's short forms written out: none means text for all, one means the same for all."""
    if len(formats) == count:
        expanded = formats
    elif not formats:
        expanded = (TEXT_FORMAT,) * count
    elif len(formats) == 1:
        expanded = formats * count
    else:
        raise InvalidParameterValue(f"message has {len(formats)} formats but there are {count} values")
    for wire_format in expanded:
        if wire_format not in (TEXT_FORMAT, BINARY_FORMAT):
            raise InvalidParameterValue(f"unsupported format code: {wire_format}")
    return expanded


def _decoder(parameter_type: SqlType, wire_format: int, codecs: Codecs) -> Decode:
    codec = codecs.of_parameter(parameter_type)
    if wire_format == BINARY_FORMAT:
        return codec.receive
    parse = codec.parse

    def decode(data: bytes) -> object:
        # What is only ASCII, without NUL, needs no look at its encoding.
        return parse(data.decode("ascii") if data.isascii() and b"\0" not in data else decode_text(data))

    return decode


def decoded(decoders: Sequence[Decode], values: Sequence[bytes | None]) -> list[object]:
    """The parameters of a Bind. Raises what their types raise."""
    try:
        return [None if value is None else decode(value) for decode, value in zip(decoders, values, strict=True)]
    except InvalidBinaryRepresentation as error:
        if error.message != MALFORMED:
            raise
        number = next(number for number, _ in enumerate(values) if _is_malformed(decoders[number], values[number]))
        raise InvalidBinaryRepresentation(f"{MALFORMED} in bind parameter {number + 1}") from None


def _is_malformed(decode: Decode, value: bytes | None) -> bool:
    try:
        if value is not None:
            decode(value)
    except InvalidBinaryRepresentation:
        return True
    return False


class Portal(Struct):
    """A prepared statement with its parameters, ready to run or running."""

    name: str
    prepared: Prepared
    parameters: Sequence[object]
    result_formats: tuple[int, ...]
    result: Result | None = None
    """What it gave when first executed."""
    rest: object = None
    """Where the reader of the result is, for whoever reads it in parts."""
    done: bool = False

    @property
    def columns(self) -> tuple[ResultColumn, ...] | None:
        """The result's columns; `None` where the statement gives no rows."""
        return self.prepared.columns


class StatementDescription(Struct, frozen=True):
    """What Describe says of a statement."""

    parameter_oids: tuple[int, ...]
    columns: tuple[ResultColumn, ...] | None
