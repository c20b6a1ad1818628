"""The functions that queries may call, as data: one signature a line.

    [@%#]name(type, … [| type, …]) result [= template [> DuckDB type]]

`@` marks an aggregate, `%` a window function, `#` one that returns a set. Of the arguments behind `|` any number may be
left out. `type*` at the end takes any number of arguments. `any` takes anything; `anyelement` and `anyarray` are a type
and its array, the same throughout the line. In the template `{0}` is the first argument, `{*}` are all of them, `{+}`
all but the first; without a template DuckDB's function has the same name. The binder casts what DuckDB gives to the
result's type, or to the type behind `>`. In the template of an aggregate `{d}` is where DISTINCT goes,
`{o}` ORDER BY and `{s}` FILTER and OVER. An indented line goes on with the one before.
"""
