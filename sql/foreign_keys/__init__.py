"""FOREIGN KEY: made, changed and dropped, and enforced. `docs/foreign-keys.md` has the contract between the parts.

`definition` makes what the catalog has of a constraint as it was written, `links` keeps the tables at both sides in
step, and `existing_rows` tests all rows when a constraint is added.
"""
