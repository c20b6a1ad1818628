"""The match that PostgreSQL finds: the first to begin, and of those the longest, or the shortest where it prefers so.

Groups are found as it does: what stands first takes as much, or as little, as it likes of what leaves a match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.regex.automaton import Automaton, anywhere
from sql.regex.options import read_options
from sql.regex.parser import parse
from sql.regex.tree import Choice, Group, Node, Repeat, Sequence
from sql.remembered_texts import remembered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.regex.options import Options

Span = tuple[int, int]


class Match:
    """Where an expression was found, and its groups by number; group 0 is all of it."""

    __slots__ = ("_text", "spans")

    def __init__(self, text: str, spans: list[Span | None]) -> None:
        self._text = text
        self.spans = spans

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.span[0]

    @property
    def end(self) -> int:
        """Behind its last character."""
        return self.span[1]

    @property
    def span(self) -> Span:
        """From where to where."""
        span = self.spans[0]
        assert span is not None
        return span

    def group(self, number: int) -> str | None:
        """The text of a group; `None` of one that took no part."""
        span = self.spans[number]
        return None if span is None else self._text[span[0] : span[1]]


class Matcher:
    """Finds an expression in texts. May be used by several threads."""

    def __init__(self, pattern: str, options: Options) -> None:
        expression = parse(pattern, options)
        self.groups = expression.groups
        self._root = expression.root
        self._automata: dict[tuple[int, ...], Automaton] = {}
        self._whole = Automaton(self._root)
        self._anywhere = Automaton(anywhere(self._root))

    def find(self, text: str, start: int = 0) -> Match | None:
        """The first match that begins at `start` or behind it."""
        around = self._anywhere.first_end(text, start)
        if around is None:
            return None
        for at in range(around[0], around[1] + 1):
            ends = self._whole.ends(text, at, len(text))
            if ends:
                end = ends[0] if self._root.prefers_short else ends[-1]
                spans: list[Span | None] = [(at, end)] + [None] * self.groups
                if self.groups:
                    self._take_apart(self._root, text, at, end, spans)
                return Match(text, spans)
        return None

    def find_all(self, text: str, start: int = 0) -> Iterator[Match]:
        """All matches, one behind the other; empty ones are a character apart from the last."""
        at = start
        while at <= len(text):
            found = self.find(text, at)
            if found is None:
                return
            yield found
            at = found.end + (found.start == found.end)

    def _automaton(self, node: Node, place: tuple[int, ...]) -> Automaton:
        """The automaton of a node; `place` says which node of the tree it is, or which rest of one."""
        found = self._automata.get(place)
        if found is None:
            found = self._automata.setdefault(place, Automaton(node))
        return found

    def _take_apart(self, node: Node, text: str, start: int, end: int, spans: list[Span | None]) -> None:
        """Find the groups in what is known to match from `start` to `end`."""
        if not node.has_groups:
            return
        match node:
            case Group():
                spans[node.number] = (start, end)
                self._take_apart(node.item, text, start, end, spans)
            case Choice():
                fitting = next(b for b in node.branches if self._automaton(b, (id(b),)).fits(text, start, end))
                self._take_apart(fitting, text, start, end, spans)
            case Sequence():
                self._in_order(node, text, start, end, spans)
            case Repeat():
                self._repeated(node, text, start, end, spans)

    def _in_order(self, node: Sequence, text: str, start: int, end: int, spans: list[Span | None]) -> None:
        for index, item in enumerate(node.items):
            rest = node.items[index + 1 :]
            if not rest:
                middle = end
            else:
                remaining = self._automaton(Sequence(rest), (id(node), index))
                middle = self._middle(item, remaining, text, start, end)
            self._take_apart(item, text, start, middle, spans)
            start = middle

    def _middle(self, item: Node, remaining: Automaton, text: str, start: int, end: int) -> int:
        """Where an item ends that leaves a match of the rest."""
        ends = self._automaton(item, (id(item),)).ends(text, start, end)
        preferred = ends if item.prefers_short else reversed(ends)
        return next(middle for middle in preferred if remaining.fits(text, middle, end))

    def _repeated(self, node: Repeat, text: str, start: int, end: int, spans: list[Span | None]) -> None:
        low, high = node.low, node.high
        while start < end or low > 0:
            low, high = max(low - 1, 0), None if high is None else high - 1
            rest = Repeat(node.item, low, high)
            remaining = self._automaton(rest, (id(node), low, -1 if high is None else high))
            middle = self._middle(node.item, remaining, text, start, end)
            self._take_apart(node.item, text, start, middle, spans)
            if middle == start and low == 0:
                return
            start = middle


@remembered(128)
def matcher(pattern: str, flags: str) -> Matcher:
    """The matcher of an expression: made once, while it is in use. Raises 2201B, 22023 and 0A000."""
    return Matcher(pattern, read_options(flags))
