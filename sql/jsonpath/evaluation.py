"""Walking a path over a value (PostgreSQL's jsonpath_exec.c). What it finds is yielded as it is found.

An error is raised; where PostgreSQL suppresses it, whoever asked catches those of `errors.SUPPRESSED`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from sql.errors import UndefinedObject
from sql.jsonpath import errors, numbers
from sql.jsonpath import tree as p
from sql.jsonpath.frame import Frame
from sql.jsonpath.key_values import BASE_STEP, offset_in
from sql.jsonpath.methods import METHODS
from sql.jsonpath.moments import Moment
from sql.jsonpath.predicates import truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.json_functions import Json
    from sql.jsonpath.tree import Path, Step
    from sql.types.zone import Zone

_MOST_SUBSCRIPT: Final = 2**31 - 1


class Evaluation:
    """One walk of a path. `variables` is `None` for the operators, where every variable is null."""

    def __init__(
        self, path: p.JsonPath, root: Json, variables: dict[str, Json] | None = None, zone: Zone | None = None
    ) -> None:
        self.lax = path.lax
        self.zone = zone
        self._path = path.path
        self._root = root
        self._variables = variables
        self._objects = 1 if variables is None else 2
        """The number of the next object that `.keyvalue()` makes."""

        self._outermost = Frame(root, 0, path.lax, root, 0)

    def run(self) -> Iterator[Json]:
        """All that the path finds, in order."""
        return self.items(self._path, self._root, self._outermost)

    def finds_any(self) -> bool:
        """Whether it finds anything."""
        return self.exists(self._path, self._root, self._outermost)

    def items(self, path: Path, value: Json, frame: Frame) -> Iterator[Json]:
        """What a path inside of the path finds."""
        head = path.head
        match head:
            case p.Root():
                return self._on(path.steps, 0, self._root, _based(frame, self._root, 0))
            case p.Current():
                return self._on(path.steps, 0, frame.current, frame)
            case p.Constant():
                return self._on(path.steps, 0, head.value, frame)
            case p.Last():
                return self._on(path.steps, 0, Decimal(frame.size - 1), frame)
            case p.Variable():
                found = self._variable(head.name)
                return self._on(path.steps, 0, found, _based(frame, self._variables, 1))
            case p.Arithmetic():
                return self._arithmetic(head, path.steps, value, frame)
            case p.Sign():
                return self._signed(head, path.steps, value, frame)
            case _:
                return self._on(path.steps, 0, truth(self, head, value, frame), frame)

    def unwrapped(self, path: Path, value: Json, frame: Frame) -> list[Json]:
        """What a path finds, in lax mode with the elements of arrays in their place."""
        head = path.head
        if not path.steps and isinstance(head, p.Constant | p.Current):
            found = [head.value if isinstance(head, p.Constant) else frame.current]
        else:
            found = list(self.items(path, value, frame))
        if not self.lax or not any(isinstance(each, list) for each in found):
            return found
        return [item for each in found for item in (each if isinstance(each, list) else (each,))]

    def exists(self, path: Path, value: Json, frame: Frame) -> bool:
        """Whether a path finds anything. In strict mode an error behind the first item counts, too."""
        if not self.lax:
            return len(list(self.items(path, value, frame))) > 0
        if isinstance(path.head, p.Sign) and not path.steps:
            # Asked no more than this, PostgreSQL passes over what is no number.
            return any(isinstance(item, Decimal) for item in self.unwrapped(path.head.operand, value, frame))
        return any(True for _ in self.items(path, value, frame))

    def _on(self, steps: tuple[Step, ...], at: int, value: Json, frame: Frame) -> Iterator[Json]:
        """What the steps from one on find in a value."""
        if at == len(steps):
            return iter((value,))
        return self._step(steps, at, value, frame, unwrap=self.lax)

    def _each(self, steps: tuple[Step, ...], at: int, values: list[Json], frame: Frame) -> Iterator[Json]:
        """The same step for each element of an array, none of which is unwrapped in turn."""
        for value in values:
            yield from self._step(steps, at, value, frame, unwrap=False)

    def _step(self, steps: tuple[Step, ...], at: int, value: Json, frame: Frame, *, unwrap: bool) -> Iterator[Json]:
        step = steps[at]
        match step:
            case p.Member() | p.AnyMember():
                if isinstance(value, dict):
                    return self._member(step, steps, at, value, frame)
                if not (unwrap and isinstance(value, list)):
                    return self._no_object(step, frame)
            case p.AnyElement() | p.Subscripts():
                return self._elements(step, steps, at, value, frame)
            case p.Descent():
                return self._descent(step, steps, at, value, frame)
            case p.Filter():
                if not (unwrap and isinstance(value, list)):
                    return self._filtered(step, steps, at, value, frame)
            case p.Method():
                if not (unwrap and isinstance(value, list)) or step.name in ("type", "size"):
                    return self._method(step, steps, at, value, frame)
        return self._each(steps, at, value, frame)

    # Objects

    def _member(
        self, step: p.Member | p.AnyMember, steps: tuple[Step, ...], at: int, value: dict[str, Json], frame: Frame
    ) -> Iterator[Json]:
        if isinstance(step, p.AnyMember):
            for item in value.values():
                yield from self._on(steps, at + 1, item, frame)
        elif step.key in value:
            yield from self._on(steps, at + 1, value[step.key], frame)
        elif not frame.lenient:
            raise errors.JsonMemberNotFound(f'JSON object does not contain key "{step.key}"')

    def _no_object(self, step: p.Member | p.AnyMember, frame: Frame) -> Iterator[Json]:
        if not frame.lenient:
            raise errors.JsonMemberNotFound if isinstance(step, p.Member) else errors.JsonObjectNotFound
        return iter(())

    # Arrays

    def _elements(
        self, step: p.AnyElement | p.Subscripts, steps: tuple[Step, ...], at: int, value: Json, frame: Frame
    ) -> Iterator[Json]:
        if not isinstance(value, list):
            if not self.lax:
                if frame.lenient:
                    return
                what = "wildcard array" if isinstance(step, p.AnyElement) else "array"
                raise errors.JsonArrayNotFound(f"jsonpath {what} accessor can only be applied to an array")
            value = [value]
        if isinstance(step, p.AnyElement):
            for item in value:
                yield from self._on(steps, at + 1, item, frame)
            return
        for first, last in step.ranges:
            yield from self._range(first, last, steps, at, value, replace(frame, size=len(value)))

    def _range(
        self, first: Path, last: Path | None, steps: tuple[Step, ...], at: int, value: list[Json], frame: Frame
    ) -> Iterator[Json]:
        start = self._subscript(first, value, frame)
        end = start if last is None else self._subscript(last, value, frame)
        if not frame.lenient and (start < 0 or start > end or end >= len(value)):
            raise errors.InvalidJsonSubscript
        for item in value[max(start, 0) : max(end + 1, 0)]:
            yield from self._on(steps, at + 1, item, frame)

    def _subscript(self, path: Path, value: list[Json], frame: Frame) -> int:
        found = list(self.items(path, value, frame))
        if len(found) != 1 or not isinstance(found[0], Decimal):
            raise errors.InvalidJsonSubscript("jsonpath array subscript is not a single numeric value")
        subscript = int(found[0])
        if not -_MOST_SUBSCRIPT - 1 <= subscript <= _MOST_SUBSCRIPT:
            raise errors.InvalidJsonSubscript("jsonpath array subscript is out of integer range")
        return subscript

    # Levels

    def _descent(self, step: p.Descent, steps: tuple[Step, ...], at: int, value: Json, frame: Frame) -> Iterator[Json]:
        inside = replace(frame, lenient=True)
        if step.first == 0:
            yield from self._on(steps, at + 1, value, inside)
        yield from self._levels(step, steps, at, value, inside, 1)

    def _levels(
        self, step: p.Descent, steps: tuple[Step, ...], at: int, value: Json, frame: Frame, level: int
    ) -> Iterator[Json]:
        if not isinstance(value, dict | list) or level > step.last:
            return
        only_leaves = step.first == step.last == p.LAST_LEVEL
        for item in value.values() if isinstance(value, dict) else value:
            is_leaf = not isinstance(item, dict | list)
            if level >= step.first or (only_leaves and is_leaf):
                yield from self._on(steps, at + 1, item, frame)
            if level < step.last and not is_leaf:
                yield from self._levels(step, steps, at, item, frame, level + 1)

    # Filters and methods

    def _filtered(self, step: p.Filter, steps: tuple[Step, ...], at: int, value: Json, frame: Frame) -> Iterator[Json]:
        inside = Frame(value, frame.size, frame.lenient, frame.base, frame.base_number)
        if truth(self, step.condition.head, value, inside):
            return self._on(steps, at + 1, value, frame)
        return iter(())

    def _method(self, step: p.Method, steps: tuple[Step, ...], at: int, value: Json, frame: Frame) -> Iterator[Json]:
        if step.name == "keyvalue":
            yield from self._key_values(steps, at, value, frame)
        elif step.name == "size":
            if isinstance(value, list) or self.lax:
                size = len(value) if isinstance(value, list) else 1
                yield from self._on(steps, at + 1, Decimal(size), frame)
            elif not frame.lenient:
                raise errors.JsonArrayNotFound("jsonpath item method .size() can only be applied to an array")
        else:
            yield from self._on(steps, at + 1, METHODS[step.name](step, value), frame)

    def _key_values(self, steps: tuple[Step, ...], at: int, value: Json, frame: Frame) -> Iterator[Json]:
        if not isinstance(value, dict):
            raise errors.JsonObjectNotFound("jsonpath item method .keyvalue() can only be applied to an object")
        number = Decimal(frame.base_number * BASE_STEP + offset_in(frame.base, value))
        for key, item in value.items():
            made: dict[str, Any] = {"id": number, "key": key, "value": item}
            inside = replace(frame, base=made, base_number=self._objects)
            self._objects += 1
            yield from self._on(steps, at + 1, made, inside)

    # Numbers and variables

    def _arithmetic(self, head: p.Arithmetic, steps: tuple[Step, ...], value: Json, frame: Frame) -> Iterator[Json]:
        left = self.unwrapped(head.left, value, frame)
        right = self.unwrapped(head.right, value, frame)
        for side, found in (("left", left), ("right", right)):
            if len(found) != 1 or not isinstance(found[0], Decimal):
                what = f"{side} operand of jsonpath operator {head.operator} is not a single numeric value"
                raise errors.SingletonJsonItemRequired(what)
        yield from self._on(steps, 0, numbers.computed(head.operator, left[0], right[0]), frame)

    def _signed(self, head: p.Sign, steps: tuple[Step, ...], value: Json, frame: Frame) -> Iterator[Json]:
        for item in self.unwrapped(head.operand, value, frame):
            if not isinstance(item, Decimal):
                what = f"operand of unary jsonpath operator {head.operator} is not a numeric value"
                raise errors.JsonNumberNotFound(what)
            changed = item.copy_negate() if head.operator == "-" and item else item
            yield from self._on(steps, 0, changed, frame)

    def _variable(self, name: str) -> Json:
        if self._variables is None:
            return None
        if name not in self._variables:
            raise UndefinedObject(f'could not find jsonpath variable "{name}"')
        return self._variables[name]


def _based(frame: Frame, base: Json, number: int) -> Frame:
    if frame.base is base:
        return frame
    return Frame(frame.current, frame.size, frame.lenient, base, number)


def as_json(item: Json) -> Json:
    """An item as a value of JSON: a moment is a string."""
    if isinstance(item, Moment):
        return item.written
    return item
