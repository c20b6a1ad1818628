"""Words and tokens that are told apart before sqlglot's parser sees them (`sql.token_rewrites`)."""

from __future__ import annotations

from typing import Final

from sqlglot.tokenizer_core import TokenType

from sql.words import words

OWN_SYNTAX: Final = words(
    "cast extract substring position trim overlay now gen_random_uuid current_timestamp current_time localtime "
    "localtimestamp"
)
"""Calls that sqlglot parses as they are: those with a syntax of their own, and some whose nodes say all there is."""

NOT_FUNCTIONS: Final = words(
    "over filter within group materialized key conflict symmetric zone by rows range groups sets search cycle set "
    "system bernoulli repeatable rollup cube row array exists any all some in values using interval operator returning "
    "select from where on as and or not then else when case limit offset having union except intersect lateral "
    "join is like ilike between escape distinct grouping_sets unique check references table into with recursive "
    "collate window partition variadic isnull notnull fetch for only default do"
)
BEFORE_ALIAS: Final = frozenset({TokenType.ALIAS, TokenType.INTO, TokenType.TABLE, TokenType.UPDATE})
"""What a name with a parenthesis behind it follows that is no function's."""

BEFORE_NAMES: Final = words("with recursive ordinality")
"""Words behind which a name with a parenthesis is that of a table expression, or an alias, with its columns."""

NOT_BEFORE_ALIAS: Final = words("symmetric zone variadic by row returning")
"""Words that look like names, and behind which a function's name may stand all the same."""

UNITS: Final = words("year month day hour minute second")
"""Units of intervals that may stand behind a constant."""

SIMPLE: Final = frozenset(
    {
        TokenType.COMMA, TokenType.DOT, TokenType.EQ, TokenType.SELECT, TokenType.FROM, TokenType.WHERE, TokenType.AND,
        TokenType.NUMBER, TokenType.R_PAREN, TokenType.STAR, TokenType.PARAMETER,
    }
)  # fmt: skip
"""Tokens that pass as they are."""

LIST_ENDS: Final = frozenset(
    {
        TokenType.FROM, TokenType.WHERE, TokenType.GROUP_BY, TokenType.ORDER_BY, TokenType.HAVING, TokenType.LIMIT,
        TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.UNION, TokenType.COMMA,
    }
)  # fmt: skip
"""What cannot follow a comma; sqlglot lets a list end with one."""


JOIN_WORDS: Final = frozenset(
    {
        TokenType.INNER, TokenType.LEFT, TokenType.RIGHT, TokenType.FULL, TokenType.OUTER, TokenType.CROSS,
        TokenType.NATURAL,
    }
)  # fmt: skip
"""What may stand before JOIN."""

LIST_STARTS: Final = frozenset({TokenType.SELECT, TokenType.L_PAREN, TokenType.FROM, TokenType.L_BRACKET})
"""What cannot stand before a comma."""
