"""PostgreSQL's regular expressions, with its meaning: of the matches that begin first, the longest one.

- `options`: the letters of flags; `parser`: the text of an expression → `tree`; `similar`: SIMILAR TO's patterns;
- `re2`: the same for RE2, which DuckDB has, where only the question is whether there is a match, or where RE2, which
  prefers what is written first, cannot find another one;
- `automaton`: which ends a match from one place can have, in time linear in the text; `matching`: the match that
  PostgreSQL finds, and its groups; `functions`: what queries call;
- `plain`: the expressions that leave no choice, of which RE2 finds the same matches; `columns`: the functions of these.

Back references and look-around are refused: neither RE2 nor an automaton has them, and what can follow them may run
for as long as the universe lasts.
"""
