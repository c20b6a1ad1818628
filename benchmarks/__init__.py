"""Measures SiltDB, beside PostgreSQL or DuckDB in the same run. `make bench`, `python -m benchmarks --help`.

`servers.py` starts SiltDB and PostgreSQL on one disk. A *case* (`cases/`) is one kind of work: it prepares each
contestant, then measures one round at a time. `runner.py` takes the rounds of the contestants in turn, so that what
else the machine does meets all of them alike, and makes medians. `report.py` prints the table and writes the JSON.
`suite.py` lists the cases. `demo.py` is something else: a tour on real data that checks every number it prints.
"""
