"""From a parsed query to SQL for DuckDB: names resolved, types known, PostgreSQL's meaning written in.

The tree is walked once, bottom up. Each expression becomes a `Bound` (`values`): text for DuckDB, type, and what the
result column would be called. What is not handled here is refused: no node and no function reaches DuckDB unless a
line of code here, or a line of a table in `sql.function_tables`, writes it. In the order of the flow:

- `context`: what a statement is bound under, and the statement being bound, with its `parameters` and scans; `parts`:
  what the parts of a statement give each other;
- `queries`, `selects`, `ordering`: WITH, set operations, VALUES and SELECT, clause by clause; `writes`: the queries
  behind INSERT, UPDATE and DELETE; `bound_query`: what comes of a query;
- `from_clause`, `sources`, `from_functions`: what is read, and the names that it puts in scope (`scope`);
- `expressions`: a handler for each node, in `leaves`, `conditions`, `call_syntax`, `nested` and `quantified`;
- `operators` with `operands`, `text_operators`, `time_arithmetic`, `json_operators`; `calls` with `arguments`,
  `set_calls`, `special` and `signatures`, which reads the tables of functions;
- `coercion`, `casts`, `text_casts`, `constants`: from one type to another; `macros`: what DuckDB has not, or means
  otherwise;
- `pruning`: what WHERE says of segments, `pushdown` and `first_rows`: what WHERE and LIMIT say of system relations
  (`conjuncts` takes conditions apart).
"""
