"""The text of an advanced regular expression (PostgreSQL 9.7.3) → its tree."""

from __future__ import annotations

from typing import Final

from sql.errors import FeatureNotSupported, InvalidRegularExpression
from sql.regex.brackets import BracketReader, shorthand
from sql.regex.options import Options, read_options
from sql.regex.tree import At, Characters, Choice, Expression, Group, Node, Place, Repeat, Sequence
from sql.remembered_texts import remembered

MAX_REPEAT: Final = 255
_CONSTRAINTS: Final[dict[str, Place]] = {
    "A": "text start",
    "Z": "text end",
    "m": "word start",
    "M": "word end",
    "y": "edge",
    "Y": "no edge",
}
_EMBEDDED: Final = frozenset("bceimnpqstwx")


def invalid(what: str) -> InvalidRegularExpression:
    """PostgreSQL's error for a wrong expression."""
    return InvalidRegularExpression(f"invalid regular expression: {what}")


@remembered(256)
def parse(pattern: str, options: Options) -> Expression:
    """The tree of an expression. Raises 2201B, and 0A000 for back references and look-around."""
    pattern, options = _directed(pattern, options)
    if options.literal:
        items = tuple(Characters(((c, c),), ignore_case=options.ignore_case) for c in pattern)
        return Expression(Sequence(items), 0)
    reader = _Reader(pattern, options)
    root = reader.choice(depth=0)
    return Expression(root, reader.groups)


def _directed(pattern: str, options: Options) -> tuple[str, Options]:
    """What the beginning of the pattern says about how to read the rest."""
    if pattern.startswith("***="):
        return pattern[4:], read_options("q", options)
    if pattern.startswith("***:"):
        pattern = pattern[4:]
    elif pattern.startswith("***"):
        raise invalid("quantifier operand invalid")
    if pattern.startswith("(?") and pattern[2:3].isalpha():
        letters, closed, rest = pattern[2:].partition(")")
        if not closed or not set(letters) <= _EMBEDDED:
            raise invalid("invalid embedded option")
        return rest, read_options(letters, options)
    return pattern, options


class _Reader(BracketReader):
    """Reads an expression from its beginning to its end."""

    def __init__(self, text: str, options: Options) -> None:
        super().__init__(text, options)
        self.groups = 0

    def choice(self, depth: int) -> Node:
        """Branches, up to the end or to the parenthesis that closes them."""
        branches = [self._branch(depth)]
        while self.take("|"):
            branches.append(self._branch(depth))
        if depth == 0 and self.at < len(self.text):
            raise invalid("parentheses () not balanced")
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _branch(self, depth: int) -> Node:
        items: list[Node] = []
        while True:
            self._skip()
            if self.at >= len(self.text) or self.text[self.at] in "|)":
                return items[0] if len(items) == 1 else Sequence(tuple(items))
            items.append(self._quantified(self._atom(depth)))

    def _skip(self) -> None:
        """Comments, and in expanded syntax white space."""
        while self.at < len(self.text):
            if self.text.startswith("(?#", self.at):
                end = self.text.find(")", self.at)
                if end < 0:
                    raise invalid("parentheses () not balanced")
                self.at = end + 1
            elif self.options.expanded and self.text[self.at].isspace():
                self.at += 1
            elif self.options.expanded and self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def _atom(self, depth: int) -> Node:
        character = self.next()
        match character:
            case "(":
                return self._parenthesis(depth)
            case "[":
                return self.bracket()
            case ".":
                excluded = (("\n", "\n"),) if self.options.dot_stops else ()
                return Characters(excluded, negated=True)
            case "^":
                return At("line start" if self.options.lines else "text start")
            case "$":
                return At("line end" if self.options.lines else "text end")
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise invalid("quantifier operand invalid")
            case "{" if self.text[self.at : self.at + 1].isdigit():
                raise invalid("quantifier operand invalid")
        return self.literal(character)

    def _parenthesis(self, depth: int) -> Node:
        if self.text.startswith("?", self.at):
            if not self.text.startswith("?:", self.at):
                if self.text[self.at + 1 : self.at + 2] in ("=", "!", "<"):
                    raise FeatureNotSupported("look-around in regular expressions is not supported")
                raise invalid("quantifier operand invalid")
            self.at += 2
            inner: Node = self.choice(depth + 1)
        else:
            self.groups += 1
            number = self.groups
            inner = Group(self.choice(depth + 1), number)
        if not self.take(")"):
            raise invalid("parentheses () not balanced")
        return inner

    def _escape(self) -> Node:
        if self.at >= len(self.text):
            raise invalid("invalid escape \\ sequence")
        letter = self.text[self.at]
        place = _CONSTRAINTS.get(letter)
        if place is not None:
            self.at += 1
            return At(place)
        found = shorthand(letter)
        if found is not None:
            self.at += 1
            return found
        if letter in "123456789":
            self._no_reference()
        return self.literal(self.escaped())

    def _no_reference(self) -> None:
        end = self.at
        while end < len(self.text) and self.text[end].isdigit():
            end += 1
        digits = self.text[self.at : end]
        # Two digits and more are an octal code, unless there are as many groups.
        if len(digits) == 1 or int(digits) <= self.groups:
            if int(digits[0]) > self.groups:
                raise invalid("invalid backreference number")
            raise FeatureNotSupported("back references in regular expressions are not supported")

    def _quantified(self, atom: Node) -> Node:
        self._skip()
        start = self.at
        bounds = self._bounds()
        if bounds is None:
            return atom
        if isinstance(atom, At):
            raise invalid("quantifier operand invalid")
        fixed = self.text[start] == "{" and "," not in self.text[start : self.at]
        short = self.take("?")
        self._skip()
        if self._bounds() is not None:
            raise invalid("quantifier operand invalid")
        return Repeat(atom, bounds[0], bounds[1], None if fixed else short)

    def _bounds(self) -> tuple[int, int | None] | None:
        character = self.text[self.at : self.at + 1]
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if character in simple:
            self.at += 1
            return simple[character]
        if character != "{" or not self.text[self.at + 1 : self.at + 2].isdigit():
            return None
        self.at += 1
        low = self._count()
        high: int | None = low
        if self.take(","):
            high = self._count() if self.text[self.at : self.at + 1].isdigit() else None
        if not self.take("}"):
            raise invalid("invalid repetition count(s)")
        if high is not None and high < low:
            raise invalid("invalid repetition count(s)")
        return low, high

    def _count(self) -> int:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in "0123456789":
            self.at += 1
        count = int(self.text[start : self.at])
        if count > MAX_REPEAT:
            raise invalid("invalid repetition count(s)")
        return count
