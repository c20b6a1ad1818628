"""The grammar of our own statements: a file reads one family from a `TokenReader` into `sql.statements`."""
