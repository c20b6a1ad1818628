"""A path as PostgreSQL shows it: keys in quotes, no more parentheses than it takes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sql.jsonpath import tree as p

if TYPE_CHECKING:
    from sql.jsonpath.tree import Head, JsonPath, Path, Step

_FLAGS: Final = "isxmq"
_STRENGTHS: Final = {"||": 0, "&&": 1, "+": 3, "-": 3, "*": 4, "/": 4, "%": 4}


def written(path: JsonPath) -> str:
    """The text of a path."""
    return ("" if path.lax else "strict ") + _path(path.path, brackets=True)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _constant(value: Decimal | str | bool | None, *, has_steps: bool) -> str:
    if isinstance(value, Decimal):
        return f"({value:f})" if has_steps else f"{value:f}"
    return json.dumps(value, ensure_ascii=False)


def _strength(path: Path) -> int:
    match path.head:
        case p.Connective(operator=operator) | p.Arithmetic(operator=operator):
            return _STRENGTHS[operator]
        case p.Comparison() | p.StartsWith():
            return 2
        case p.Sign():
            return 5
    return 6


def _path(path: Path, *, brackets: bool = False) -> str:
    return _head(path, brackets=brackets) + "".join(map(_step, path.steps))


def _head(path: Path, *, brackets: bool) -> str:
    head = path.head
    match head:
        case p.Root():
            return "$"
        case p.Current():
            return "@"
        case p.Last():
            return "last"
        case p.Constant(value=value):
            return _constant(value, has_steps=bool(path.steps))
        case p.Variable(name=name):
            return f"${_quoted(name)}"
        case p.Negation(condition=condition):
            return f"!({_path(condition)})"
        case p.IsUnknown(condition=condition):
            return f"({_path(condition)}) is unknown"
        case p.Existence(path=inner):
            return f"exists ({_path(inner)})"
    text = _operation(path, head)
    return f"({text})" if brackets else text


def _operation(path: Path, head: Head) -> str:
    strength = _strength(path)

    def operand(inner: Path) -> str:
        return _path(inner, brackets=_strength(inner) <= strength)

    match head:
        case p.Connective() | p.Arithmetic() | p.Comparison():
            return f"{operand(head.left)} {head.operator} {operand(head.right)}"
        case p.StartsWith(whole=whole, initial=initial):
            return f"{operand(whole)} starts with {operand(initial)}"
        case p.LikeRegex(operand=inner, pattern=pattern, flags=flags):
            listed = "".join(flag for flag in _FLAGS if flag in flags)
            flag = f' flag "{listed}"' if listed else ""
            return f"{operand(inner)} like_regex {_quoted(pattern)}{flag}"
        case p.Sign(operator=operator, operand=inner):
            return f"{operator}{operand(inner)}"
    raise AssertionError(head)


def _step(step: Step) -> str:
    match step:
        case p.Member(key=key):
            return f".{_quoted(key)}"
        case p.AnyMember():
            return ".*"
        case p.AnyElement():
            return "[*]"
        case p.Subscripts(ranges=ranges):
            return f"[{','.join(_path(a) if b is None else f'{_path(a)} to {_path(b)}' for a, b in ranges)}]"
        case p.Descent(first=first, last=last):
            return f".**{_levels(first, last)}"
        case p.Filter(condition=condition):
            return f"?({_path(condition)})"
        case p.Method(name=name, template=template):
            return f".{name}({'' if template is None else _quoted(template)})"


def _levels(first: int, last: int) -> str:
    if (first, last) == (0, p.LAST_LEVEL):
        return ""
    one, other = ("last" if level == p.LAST_LEVEL else str(level) for level in (first, last))
    return f"{{{one}}}" if first == last else f"{{{one} to {other}}}"
