"""A tour of SiltDB on real data: all flights that left New York in 2013. `make demo`, `python -m benchmarks.demo`.

It starts a server and does everything through the psql binary, as a user would. Every figure that psql prints is
compared with what DuckDB makes of the csv files by itself; the first that differs ends the tour with an error.
`flights.py` is the data and its tables, `tour.py` runs psql and compares, `chapters.py` is what is shown.
"""
