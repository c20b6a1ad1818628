"""Text to result: the life of a statement.

1. The server calls a method of a `session.Session`, one for each protocol message. `dialect` reads the text: our own
   statements become values of `statements`, everything else a sqlglot tree.
2. `planner` settles what the statement means against the session's catalog (`resolve`, `binder`, `inference`) and
   makes a `plan`: a frozen value. A point statement (`point`) becomes small expressions (`scalar`) that are compiled to
   closures (`compiled`); a query becomes text for DuckDB that `binder` generates; the plan is kept for the next time
   (`database`, `prepared`).
3. `executor` runs the plan: one `match`. Point statements run at once in the session's transaction (`block`). Queries
   (`queries`) take snapshots and run in `engine`; their batches flow while the client takes them. Writes (`writes`) put
   rows into the transaction's overlay and wait for locks (`waiting`). `definition` changes the catalog,
   `session_statements` the session, `job_statements` starts and kills jobs, `copy_statements` moves data in bulk.
4. What comes back is a `result`: whole rows, a stream of Arrow batches, a command tag, or a COPY to feed or drain.
   At the end of the message the session commits what was not in a transaction block, and the client is answered when
   that is durable.

`types` reads and writes values, `copy` whole files of them; `relations` computes system and catalog relations;
`settings` are the session's parameters; `errors` has a class for every condition.
"""
