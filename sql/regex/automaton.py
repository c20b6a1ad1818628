"""Which ends a match can have: an automaton of a tree, made deterministic as far as texts take it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from sql.errors import InvalidRegularExpression
from sql.regex.brackets import in_class
from sql.regex.tree import At, Characters, Choice, Group, Node, Place, Repeat, Sequence

MAX_STATES: Final = 20_000
MAX_REMEMBERED: Final = 5_000
"""Sets of states that an automaton remembers; beyond these it begins anew."""

_NOTHING, _WORD, _NEWLINE, _OTHER = range(4)
"""What is beside a place in the text."""


class _State(Struct):
    """A state: goes on by a character, at a place, or freely."""

    test: Characters | At | None = None
    ways: list[int] = field(default_factory=list)


class _Standing:
    """The states in which a text may be at a place, once all free ways were gone."""

    __slots__ = ("accepts", "moves", "states")

    def __init__(self, states: tuple[int, ...], accepts: bool) -> None:
        self.states = states
        self.accepts = accepts
        self.moves: dict[str, _Arrival | None] = {}


class _Arrival:
    """The states right behind a character: what is free of them depends on what is around."""

    __slots__ = ("standing", "states")

    def __init__(self, states: frozenset[int]) -> None:
        self.states = states
        self.standing: dict[int, _Standing] = {}


class Automaton:
    """What a tree matches. May be used by several threads: what they remember is the same."""

    def __init__(self, node: Node) -> None:
        self._states: list[_State] = []
        self._sees_places = False
        self._last = self._new()
        self._first = self._build(node, self._last)
        self._forget()

    def ends(self, text: str, start: int, stop: int) -> list[int]:
        """The ends of all matches of the text that begin at `start` and end at `stop` at most, in order."""
        found = []
        arrival = self._start
        sees_places = self._sees_places
        for at in range(start, stop + 1):
            around = _around(text, at) if sees_places else 0
            standing = arrival.standing.get(around) or self._stand(arrival, around)
            if standing.accepts:
                found.append(at)
            if at == stop:
                break
            character = text[at]
            moves = standing.moves
            following = moves[character] if character in moves else self._move(standing, character)
            if following is None:
                break
            arrival = following
        return found

    def fits(self, text: str, start: int, end: int) -> bool:
        """Whether it matches exactly from one place to the other."""
        found = self.ends(text, start, end)
        return bool(found) and found[-1] == end

    def first_end(self, text: str, start: int) -> tuple[int, int] | None:
        """Where the first match to end does so, and a place from which on it may have begun.

        Only of a tree that may begin with anything: `anywhere`.
        """
        idle = arrival = self._start
        begun = start
        sees_places = self._sees_places
        for at in range(start, len(text) + 1):
            if arrival is idle:
                begun = at
            around = _around(text, at) if sees_places else 0
            standing = arrival.standing.get(around) or self._stand(arrival, around)
            if standing.accepts:
                return begun, at
            if at < len(text):
                character = text[at]
                moves = standing.moves
                # It never stops: whatever comes may stand before a match.
                arrival = (moves[character] if character in moves else self._move(standing, character)) or idle
        return None

    def _forget(self) -> None:
        self._arrivals: dict[frozenset[int], _Arrival] = {}
        self._start = self._arrivals.setdefault(frozenset({self._first}), _Arrival(frozenset({self._first})))

    def _stand(self, arrival: _Arrival, around: int) -> _Standing:
        reached: set[int] = set()
        waiting = list(arrival.states)
        while waiting:
            number = waiting.pop()
            if number in reached:
                continue
            reached.add(number)
            state = self._states[number]
            if state.test is None or (isinstance(state.test, At) and _holds(state.test.place, around)):
                waiting.extend(state.ways)
        tests = tuple(n for n in sorted(reached) if isinstance(self._states[n].test, Characters))
        return arrival.standing.setdefault(around, _Standing(tests, self._last in reached))

    def _move(self, standing: _Standing, character: str) -> _Arrival | None:
        states = self._states
        reached = frozenset(
            way
            for number in standing.states
            if isinstance(test := states[number].test, Characters) and matches(test, character)
            for way in states[number].ways
        )
        if len(self._arrivals) > MAX_REMEMBERED:
            self._forget()
        arrival = self._arrivals.setdefault(reached, _Arrival(reached)) if reached else None
        standing.moves[character] = arrival
        return arrival

    def _new(self, test: Characters | At | None = None, *ways: int) -> int:
        if len(self._states) >= MAX_STATES:
            raise InvalidRegularExpression("invalid regular expression: regular expression is too complex")
        self._states.append(_State(test, list(ways)))
        return len(self._states) - 1

    def _build(self, node: Node, then: int) -> int:
        """The state from which the node is matched before `then`."""
        match node:
            case Characters():
                return self._new(node, then)
            case At():
                self._sees_places = True
                return self._new(node, then)
            case Group():
                return self._build(node.item, then)
            case Sequence():
                for item in reversed(node.items):
                    then = self._build(item, then)
                return then
            case Choice():
                return self._new(None, *(self._build(branch, then) for branch in node.branches))
            case Repeat():
                return self._repeated(node, then)
        raise AssertionError(node)

    def _repeated(self, node: Repeat, then: int) -> int:
        if node.high is None:
            loop = self._new(None, then)
            self._states[loop].ways.append(self._build(node.item, loop))
            then = loop
        else:
            for _ in range(node.high - node.low):
                then = self._new(None, then, self._build(node.item, then))
        for _ in range(node.low):
            then = self._build(node.item, then)
        return then


def anywhere(node: Node) -> Node:
    """The tree behind whatever there is."""
    return Sequence((Repeat(Characters(negated=True), 0, None), node))


def matches(characters: Characters, character: str) -> bool:
    """Whether a character is one of these."""
    found = _contains(characters, character)
    if not found and characters.ignore_case:
        found = any(_contains(characters, other) for other in (character.lower(), character.upper()) if len(other) == 1)
    return found != characters.negated


def _contains(characters: Characters, character: str) -> bool:
    return (
        any(low <= character <= high for low, high in characters.ranges)
        or any(in_class(character, name) for name in characters.classes)
        or any(not in_class(character, name) for name in characters.excluded_classes)
    )


def _around(text: str, at: int) -> int:
    before = _kind(text[at - 1]) if at > 0 else _NOTHING
    return before * 4 + (_kind(text[at]) if at < len(text) else _NOTHING)


def _kind(character: str) -> int:
    if character == "\n":
        return _NEWLINE
    return _WORD if in_class(character, "word") else _OTHER


def _holds(place: Place, around: int) -> bool:
    before, after = divmod(around, 4)
    match place:
        case "text start":
            return before == _NOTHING
        case "text end":
            return after == _NOTHING
        case "line start":
            return before in (_NOTHING, _NEWLINE)
        case "line end":
            return after in (_NOTHING, _NEWLINE)
        case "word start":
            return before != _WORD and after == _WORD
        case "word end":
            return before == _WORD and after != _WORD
        case "edge":
            return (before == _WORD) != (after == _WORD)
        case "no edge":
            return (before == _WORD) == (after == _WORD)
