"""Texts that differ in their constants only: planned once, with parameters in the place of the constants.

That is what a client sends who writes values into its statements. The constants are found in the text (numbers, and
strings without a prefix), the rest of it is what the plan is kept by. Only compiled statements are run so: in them a
constant is a value and nothing else, and a parameter that is declared with its type means the same. Whatever fails is
left to the text as it was sent, which says where in it the fault is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sql.dialect import parse_script
from sql.point_runs import PointRun, may_run_at_once
from sql.preparing import prepare
from sql.scalar import moves_with_time
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sql.session_state import SessionState
    from storage.catalog import Catalog
    from storage.types import SqlType

    Template = tuple[str, ...]
    """What stands between the constants, then of what kind each of these is."""

LONGEST_CHARACTERS: Final = 4096
TEMPLATES_KEPT: Final = 256

_BEGINS: Final = re.compile(r"\s*(?:insert|update|delete|select|begin|start|commit|end)\b", re.IGNORECASE).match
_NUMBER: Final = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])"
_SPLIT: Final = re.compile(
    # A string with a prefix and a quoted name are not for taking out, but must not be looked into.
    rf"""([\w&]'(?:[^']|'')*'|"(?:[^"]|"")*"|'(?:[^']|'')*'"""
    # A sign belongs to the number where no other operand stands before it, and no cast binds tighter.
    rf"""|(?:(?<=[=(,+*<>])|(?<=[=(,+*<>]\ ))-{_NUMBER}(?!\s*::)|(?<![\w.]){_NUMBER})"""
).split
_NOT_READ: Final = ("\\", "$", "--", "/*")
"""Other strings, parameters and comments."""

_KINDS: Final = {"s": 0, "i": t.INTEGER.oid, "l": t.BIGINT.oid, "n": t.NUMERIC.oid}
"""What a constant is taken for: the type that its parameter is declared with."""


class PointTexts:
    """The templates of one client's texts. A template is planned when it comes for the second time."""

    def __init__(self) -> None:
        self._known: dict[Template, PointRun | None] = {}
        """With `None` for those that have come once, or cannot be run so."""
        self._refused: set[Template] = set()
        self._catalog: Catalog | None = None
        """With which these were refused."""

    def find(self, session: SessionState, text: str) -> tuple[PointRun, Sequence[str]] | None:
        """How to run a text at once, and the constants in it."""
        if len(text) > LONGEST_CHARACTERS or _BEGINS(text) is None:
            return None
        taken = take_constants_out(text)
        if taken is None:
            return None
        template, constants = taken
        point = self._known.get(template)
        if point is None or not point.holds(session):
            point = self._planned(session, template, len(constants))
        return None if point is None else (point, constants)

    def _planned(self, session: SessionState, template: Template, count: int) -> PointRun | None:
        if template not in self._known:
            if len(self._known) >= TEMPLATES_KEPT:
                self._known.clear()
                self._refused.clear()
            self._known[template] = None
            return None
        if session.catalog is not self._catalog:
            self._catalog = session.catalog
            self._refused.clear()
        if template in self._refused:
            return None
        notices = list(session.notices)
        try:
            point = _plan(session, template, count)
        except Exception:  # noqa: BLE001 - the text itself meets the same error and tells, or is another statement.
            point = None
        session.notices = notices
        self._known[template] = point
        if point is None:
            self._refused.add(template)
        return point


def take_constants_out(text: str) -> tuple[Template, list[str]] | None:
    """The template of a text and its constants, strings without their quotes; `None` where it is not read."""
    for word in _NOT_READ:
        if word in text:
            return None
    pieces = _SPLIT(text)
    between, kinds, constants = [pieces[0]], [], []
    for place in range(1, len(pieces), 2):
        token, behind = pieces[place], pieces[place + 1]
        first = token[0]
        if first == '"':
            between[-1] += token + behind
            continue
        if first == "'":
            kinds.append("s")
            constants.append(token[1:-1].replace("''", "'"))
        elif token[-1] == "'":
            return None
        else:
            kinds.append(_kind_of_number(token))
            constants.append(token)
        between.append(behind)
    return (*between, *kinds), constants


def _kind_of_number(token: str) -> str:
    if not token.lstrip("-").isdecimal():
        return "n"
    number = int(token)
    return "i" if -(2**31) <= number < 2**31 else "l" if -(2**63) <= number < 2**63 else "n"


def _plan(session: SessionState, template: Template, count: int) -> PointRun | None:
    between, kinds = template[: count + 1], template[count + 1 :]
    text = between[0] + "".join(f"${number}{behind}" for number, behind in enumerate(between[1:], 1))
    statements = parse_script(text)
    if len(statements) != 1:
        return None
    prepared = prepare(session, statements[0], [_KINDS[kind] for kind in kinds], text)
    types = prepared.parameter_types
    if not may_run_at_once(session, prepared) or len(types) != count:
        return None
    readers = [_reader(session, each) for each in types]
    return PointRun(session, prepared, readers, (0,) * len(prepared.columns or ()))


def _reader(session: SessionState, sql_type: SqlType) -> Callable[[str], object]:
    parse = session.codecs.of_parameter(sql_type).parse

    def read(constant: str) -> object:
        if moves_with_time(constant, sql_type):
            raise ValueError("as a constant it is about the beginning of the transaction")
        return parse(constant)

    return read if moves_with_time("now", sql_type) else parse
