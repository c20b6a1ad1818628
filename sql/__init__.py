"""Text to result: the life of a statement.

1. The server asks the `database` for a `session.Session` and calls a method of it for each protocol message. `dialect`
   reads the text: our own statements become values of `statements`, everything else a sqlglot tree.
2. `preparing` has the statement planned, unless the plan made before still holds (`plan_cache`). `planner` settles what
   it means against the session's catalog (`resolve`, `privileges`, `binder`) and makes a `plan`: a frozen
   value. A point statement (`point`) becomes small expressions (`scalar`) that are compiled to closures (`compiled`);
   a query becomes text for DuckDB that `binder` generates. What comes out is a statement `prepared` to run. A long
   text is parsed and planned in a worker (`long_statements`), for a copy of the session's state.
3. `executor` runs the plan: one `match`. Point statements run at once in the session's transaction (`block`). Queries
   (`queries`) take snapshots and run in `engine`; their batches flow while the client takes them. A statement with
   changes or locks in WITH or in subqueries is taken apart (`statement_steps`), and run part by part (`composite`).
   Writes (`writes`) put rows into the transaction's overlay, or very many into segments (`bulk_insert`), and wait for
   locks (`waiting`) and for room in the hot tier (`hot_tier`); what foreign keys say of it is done then
   (`foreign_keys`). `definition` changes the catalog, `alter` also rows where it must, `drops` removes what goes with
   what is dropped (`dependencies`); `session_statements` and `prepared_statements` the session, `job_statements`
   starts, controls and waits for jobs, `copy_statements` moves data in bulk; `notifications` are what sessions tell
   each other, and the server of jobs.
4. What comes back is a `result`: whole rows, a stream of Arrow batches, a command tag, or a COPY to feed or drain.
   At the end of the message the session commits what was not in a transaction block, and the client is answered when
   that is durable.

State is apart from behaviour, so that imports point one way: `database`, `session`, `executor`, `preparing`, `planner`,
the modules of statements, `session_state`, `shared`. `shared` is what all sessions share; a `SessionState` is what the
statements of one client read and change, and all that they are given of it.

`types` reads and writes values, `copy` whole files of them; `relations` computes system and catalog relations;
`settings` are the session's parameters; `errors` has a class for every condition.
"""
