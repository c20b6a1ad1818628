"""A path's text as a tree (PostgreSQL's jsonpath_gram.y)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sql.errors import FeatureNotSupported, InvalidTextRepresentation, ProgramLimitExceeded, SqlSyntaxError
from sql.jsonpath import tree as p
from sql.jsonpath.tokens import syntax_error, tokenize
from sql.regex.matching import Matcher, matcher
from sql.remembered_texts import remembered

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.jsonpath.tokens import PathToken

_COMPARISONS: Final = ("==", "!=", "<>", "<", ">", "<=", ">=")
_METHODS: Final = frozenset({"abs", "size", "type", "floor", "double", "ceiling", "keyvalue", "datetime"})
_EXACT_WORDS: Final[dict[str, bool | None]] = {"null": None, "true": True, "false": False}
"""Constants: their case counts."""


@remembered(256)
def parse_path(text: str) -> p.JsonPath:
    """The tree of a path. Raises 42601, 22P02 for one of nothing, 2201B for a wrong pattern."""
    if not text:
        raise InvalidTextRepresentation('invalid input syntax for type jsonpath: ""')
    try:
        return _Parser(tokenize(text)).whole()
    except RecursionError:
        raise ProgramLimitExceeded("stack depth limit exceeded") from None


class _Parser:
    """Reads the tokens once, from left to right."""

    def __init__(self, tokens: list[PathToken]) -> None:
        self._tokens = tokens
        self._at = 0
        self._filters = 0
        """How many filters are open around what is read."""
        self._subscripts = 0

    def whole(self) -> p.JsonPath:
        """All of the text."""
        lax = not self._accept_word("strict")
        if lax:
            self._accept_word("lax")
        path = self._any()
        if self._token.kind != "end":
            raise self._error()
        return p.JsonPath(path, lax)

    # Tokens

    @property
    def _token(self) -> PathToken:
        return self._tokens[self._at]

    def _error(self) -> SqlSyntaxError:
        return syntax_error(self._token.written)

    def _accept(self, *kinds: str) -> str | None:
        kind = self._token.kind
        if kind not in kinds:
            return None
        self._at += 1
        return kind

    def _expect(self, kind: str) -> PathToken:
        token = self._token
        if token.kind != kind:
            raise self._error()
        self._at += 1
        return token

    def _at_word(self, word: str) -> bool:
        token = self._token
        return token.kind == "word" and token.written.lower() == word

    def _accept_word(self, word: str) -> bool:
        found = self._at_word(word)
        self._at += found
        return found

    def _expect_word(self, word: str) -> None:
        if not self._accept_word(word):
            raise self._error()

    # Conditions

    def _any(self) -> p.Path:
        """A condition, or an expression."""
        return self._connected("||", lambda: self._connected("&&", self._condition_or_expression))

    def _connected(self, operator: str, operand: Callable[[], p.Path]) -> p.Path:
        left = operand()
        while self._token.kind == operator and left.is_condition:
            self._at += 1
            left = p.Path(p.Connective(operator, left, self._required(operand)))
        return left

    def _required(self, read: Callable[[], p.Path]) -> p.Path:
        """What is read, which must be a condition."""
        path = read()
        if not path.is_condition:
            raise self._error()
        return path

    def _condition(self) -> p.Path:
        return self._required(self._any)

    def _condition_or_expression(self) -> p.Path:
        if self._accept("!"):
            return p.Path(p.Negation(self._delimited()))
        if self._at_word("exists"):
            return self._delimited()
        left = self._sum()
        if left.is_condition:
            if self._tokens[self._at - 1].kind == ")" and self._accept_word("is"):
                self._expect_word("unknown")
                return p.Path(p.IsUnknown(left))
            return left
        comparison = self._accept(*_COMPARISONS)
        if comparison:
            right = self._expression()
            return p.Path(p.Comparison("!=" if comparison == "<>" else comparison, left, right))
        if self._accept_word("starts"):
            self._expect_word("with")
            return p.Path(p.StartsWith(left, self._initial()))
        if self._accept_word("like_regex"):
            return p.Path(self._like_regex(left))
        return left

    def _delimited(self) -> p.Path:
        """What `!` takes: `(condition)` or `exists (path)`."""
        if self._accept_word("exists"):
            self._expect("(")
            path = self._expression()
            self._expect(")")
            return p.Path(p.Existence(path))
        self._expect("(")
        condition = self._condition()
        self._expect(")")
        return condition

    def _initial(self) -> p.Path:
        token = self._token
        if token.kind not in ("string", "variable"):
            raise self._error()
        self._at += 1
        return p.Path(p.Constant(token.text) if token.kind == "string" else p.Variable(token.text))

    def _like_regex(self, operand: p.Path) -> p.LikeRegex:
        pattern = self._expect("string").text
        flags = self._expect("string").text if self._accept_word("flag") else ""
        regex_of(pattern, flags)
        return p.LikeRegex(operand, pattern, flags)

    # Expressions

    def _expression(self) -> p.Path:
        path = self._sum()
        if path.is_condition:
            raise self._error()
        return path

    def _sum(self) -> p.Path:
        return self._computed(("+", "-"), self._product)

    def _product(self) -> p.Path:
        return self._computed(("*", "/", "%"), self._signed)

    def _computed(self, operators: tuple[str, ...], operand: Callable[[], p.Path]) -> p.Path:
        left = operand()
        while not left.is_condition and (operator := self._accept(*operators)):
            right = operand()
            if right.is_condition:
                raise self._error()
            left = p.Path(p.Arithmetic(operator, left, right))
        return left

    def _signed(self) -> p.Path:
        sign = self._accept("+", "-")
        if sign is None:
            return self._accessed()
        operand = self._signed()
        if operand.is_condition:
            raise self._error()
        if isinstance(operand.head, p.Constant) and isinstance(operand.head.value, Decimal) and not operand.steps:
            value = operand.head.value
            return p.Path(p.Constant(value.copy_negate() if sign == "-" and value else value))
        return p.Path(p.Sign(sign, operand))

    def _accessed(self) -> p.Path:
        """A primary with its steps. What is in parentheses is as it is, or a head."""
        if self._accept("("):
            inner = self._any()
            self._expect(")")
            steps = self._steps()
            if not steps:
                return inner
            return p.Path(inner.head, (*inner.steps, *steps))
        head = self._primary()
        return p.Path(head, self._steps())

    def _primary(self) -> p.Head:
        token = self._token
        self._at += 1
        match token.kind:
            case "number":
                return p.Constant(Decimal(format(Decimal(token.text), "f")))
            case "string":
                return p.Constant(token.text)
            case "variable":
                return p.Variable(token.text)
            case "$":
                return p.Root()
            case "@":
                if not self._filters:
                    raise SqlSyntaxError("@ is not allowed in root expressions")
                return p.Current()
            case "word" if token.written in _EXACT_WORDS:
                return p.Constant(_EXACT_WORDS[token.written])
            case "word" if token.written.lower() == "last":
                if not self._subscripts:
                    raise SqlSyntaxError("LAST is allowed only in array subscripts")
                return p.Last()
        self._at -= 1
        raise self._error()

    # Steps

    def _steps(self) -> tuple[p.Step, ...]:
        steps: list[p.Step] = []
        while True:
            if self._accept("."):
                steps.append(self._member())
            elif self._accept("["):
                steps.append(self._subscript())
            elif self._accept("?"):
                steps.append(self._filter())
            else:
                return tuple(steps)

    def _filter(self) -> p.Filter:
        self._expect("(")
        self._filters += 1
        condition = self._condition()
        self._filters -= 1
        self._expect(")")
        return p.Filter(condition)

    def _member(self) -> p.Step:
        if self._accept("*"):
            return p.AnyMember()
        if self._accept("**"):
            return self._descent()
        token = self._token
        if token.kind not in ("word", "string"):
            raise self._error()
        self._at += 1
        name = token.written.lower()
        if token.kind == "string" or name not in _METHODS or not self._accept("("):
            return p.Member(token.text)
        template = self._expect("string").text if name == "datetime" and self._token.kind == "string" else None
        self._expect(")")
        return p.Method(name, template)

    def _descent(self) -> p.Descent:
        if not self._accept("{"):
            return p.Descent(0, p.LAST_LEVEL)
        first = last = self._level()
        if self._accept_word("to"):
            last = self._level()
        self._expect("}")
        return p.Descent(first, last)

    def _level(self) -> int:
        if self._accept_word("last"):
            return p.LAST_LEVEL
        token = self._token
        if not token.text.isdecimal():
            raise self._error()
        self._at += 1
        return int(token.text)

    def _subscript(self) -> p.Step:
        if self._accept("*"):
            self._expect("]")
            return p.AnyElement()
        self._subscripts += 1
        ranges = [self._range()]
        while self._accept(","):
            ranges.append(self._range())
        self._subscripts -= 1
        self._expect("]")
        return p.Subscripts(tuple(ranges))

    def _range(self) -> tuple[p.Path, p.Path | None]:
        first = self._expression()
        return first, self._expression() if self._accept_word("to") else None


def regex_of(pattern: str, flags: str) -> Matcher:
    """What finds a pattern of `like_regex`. Raises for letters that are no flags, and for a wrong pattern."""
    for letter in flags:
        if letter not in "ismxq":
            detail = f'Unrecognized flag character "{letter}" in LIKE_REGEX predicate.'
            raise SqlSyntaxError("invalid input syntax for type jsonpath", detail=detail)
    ignore = "i" if "i" in flags else ""
    if "q" in flags:
        return matcher(pattern, f"q{ignore}")
    if "x" in flags:
        raise FeatureNotSupported('XQuery "x" flag (expanded regular expressions) is not implemented')
    # Where PostgreSQL's regular expressions let the dot match a newline, XQuery's do so with the flag `s` only.
    lines = {(False, False): "p", (True, False): "s", (False, True): "n", (True, True): "w"}
    return matcher(pattern, lines["s" in flags, "m" in flags] + ignore)
