"""FOREIGN KEY: made, changed and dropped, and enforced. `docs/foreign-keys.md` has the contract between the parts.

`definition` makes what the catalog has of a constraint as it was written, `links` keeps the tables at both sides in
step, and `existing_rows` tests all rows when a constraint is added.

A statement that writes says before which tables it writes to, and `enforcement` goes through what it has done to them
(`changes`, sorted out by `key_rows`) when it is done: `actions` for keys that are gone, as `referred` finds what refers
to them still, then `referring` for what new rows refer to; what actions change comes to the end of its list. Each of
these waits by itself (`steps`), asks with `own_queries`, and tells what is wrong with `violations`. `point` does it for
point statements, which do not wait. What is `pending` of deferred constraints is tested by `deferred`, before a COMMIT.
"""
