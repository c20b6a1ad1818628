"""Random values and paths, such as a path of each kind finds something in now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

_ACCESSORS = [".a", ".b", ".c", ".*", "[*]", "[*]", "[0]", "[last]", "[0 to 1]", "[last - 1]", ".**", ".**{1 to 2}"]
_METHODS = [".type()", ".size()", ".abs()", ".floor()", ".double()", ".keyvalue()"]
_FILTERS = [" ? (@ > 1)", ' ? (@ == "a")', " ? (@.a != null)", " ? (exists(@.b))", " ? (@ < $v)"]
_STEPS = [*_ACCESSORS, *_METHODS, *_FILTERS]
_DEPTH = 3


def random_value(random: Random, depth: int = 0) -> Any:
    """A value of JSON."""
    kind = random.randrange(8 if depth < _DEPTH else 5)
    if kind < 5:
        return random.choice([0, 1, 2.5, -3, "a", "ab", "12", None, True, False])
    if kind < 7:
        return {random.choice("abc"): random_value(random, depth + 1) for _ in range(random.randrange(4))}
    return [random_value(random, depth + 1) for _ in range(random.randrange(4))]


def random_path(random: Random) -> str:
    """A path, or a condition."""
    mode = random.choice(["", "strict ", "lax "])
    return mode + (_expression(random, 0) if random.random() < 0.6 else _condition(random, 0))


def _expression(random: Random, depth: int) -> str:
    kind = random.randrange(8 if depth < _DEPTH else 5)
    if kind < 5:
        head = random.choice(["$", "$", "$", "(1)", '"a"', "null", "$v"])
        return head + "".join(random.choices(_STEPS, k=random.randrange(4)))
    if kind < 7:
        return f"{_expression(random, depth + 1)} {random.choice('+-*/%')} {_expression(random, depth + 1)}"
    return f"-({_expression(random, depth + 1)})"


def _condition(random: Random, depth: int) -> str:
    kind = random.randrange(7 if depth < _DEPTH else 3)
    if kind < 3:
        symbol = random.choice(["==", "!=", "<", "<=", ">", ">=", "<>"])
        return f"{_expression(random, depth + 1)} {symbol} {_expression(random, depth + 1)}"
    if kind == 3:
        return f"{_condition(random, depth + 1)} {random.choice(['&&', '||'])} {_condition(random, depth + 1)}"
    if kind == 4:
        return f"!({_condition(random, depth + 1)})"
    if kind == 5:
        return f"({_condition(random, depth + 1)}) is unknown"
    return f"{_expression(random, depth + 1)} {random.choice(['starts with', 'like_regex'])} " + '"a"'
