"""The cases: a kind of work a file."""
