"""What PostgreSQL's functions compute where DuckDB has no such function, or one that means something else.

Each module has the functions of one kind, on values that are not NULL, and the table of those that queries reach, by
the name that the binder's text calls them by (`sql.native_functions` makes them callable).
"""
