"""From a parsed query to SQL for DuckDB: names resolved, types known, PostgreSQL's meaning written in.

The tree is walked once, bottom up. Each expression becomes a `Bound` (`values`): text for DuckDB, type, and what the
result column would be called. `coercion`, `casts` and `constants` turn one type into another, `operators` and `calls`
choose among what takes the operands (`signatures` reads the tables of functions), `scope` resolves names, and
`from_clause`, `selects` and `queries` build the query. What is not handled here is refused: no node and no function
reaches DuckDB unless a line of code here, or a line of a table in `sql.function_tables`, writes it.
"""
