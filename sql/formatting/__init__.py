"""Patterns of to_char and its like (PostgreSQL 9.8): how values are written and read.

`pattern` takes a pattern apart; `moments` writes dates, times and intervals, `numbers` numbers; `reading` reads dates
and times. `sql.native.formats` has the functions that queries reach them by.
"""
