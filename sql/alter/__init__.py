"""ALTER TABLE and its like: from a statement to a changed definition, and to rows that fit it.

`statement` finds the table, locks it, and gives its actions, in PostgreSQL's order, an `alteration` to work on: the
table as it was, as it will be, and what has to be seen to before that holds. Each action is a file: `add_column`,
`drop_column`, `set_type`, `set_default`, `set_not_null`, `constraints`, `renaming`, `moving`. They only compute.
Then `carrying_out` makes the change: of the catalog alone where that is enough (`storage.layout`), with a look at all
rows where something must hold for them (`verification`, and for foreign keys of columns with another type `referring`),
or by `rewriting` the rows, in the same transaction.

`relations` and `namespaces` are what views, sequences, indexes and schemas have of all this.
"""
