"""SQL/JSON paths (PostgreSQL 9.16.2): a path's text → its tree → the items that it finds in a value.

- `tokens` cuts the text, `parser` makes the tree of `tree` out of it and keeps the trees of the last paths; `written`
  writes a tree as PostgreSQL shows it.
- `evaluation` walks a tree over a value and yields what it finds, lazily; conditions are in `predicates`, arithmetic
  in `numbers`, `.keyvalue()` in `key_values`, moments in `moments`.
- `functions` are the jsonb_path_… functions, on texts.

Values are those of `json_functions`: None, bool, Decimal, str, list, dict, and besides these `Moment`.
"""
