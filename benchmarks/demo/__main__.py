"""`python -m benchmarks.demo`: the tour, on a server of its own in a temporary folder."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.demo import chapters
from benchmarks.demo.flights import DataMissing, read_by_duckdb, unpack
from benchmarks.demo.tour import Tour, TourError
from benchmarks.servers import SiltDBServer


def main() -> int:
    """Give the tour. Returns 1 when something came out differently."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the data goes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="siltdb-demo-", dir=options.folder) as temporary:
        folder = Path(temporary)
        server = SiltDBServer(folder)
        try:
            files = unpack(folder)
            expected = read_by_duckdb(files)
            address = server.start()
            try:
                tour = Tour(address, expected)
                print(f"{server.describe()}, listening on {address.host}:{address.port}")
                give(tour, files, server.data_dir)
            finally:
                server.stop()
        except (DataMissing, TourError) as error:
            sys.stderr.write(f"\ndemo: {error}\n{server.stderr_tail()}")
            return 1
    print(
        f"\nThe server has stopped in order. {tour.checked:,} values were compared with the csv files: all are equal."
    )
    return 0


def give(tour: Tour, files: dict[str, Path], data_dir: Path) -> None:
    """All chapters, in order."""
    chapters.load(tour, files)
    chapters.look(tour)
    chapters.flush(tour)
    chapters.files_from_outside(tour, data_dir)
    chapters.change(tour)
    chapters.kill(tour, files, data_dir)
    chapters.drop(tour, data_dir)


if __name__ == "__main__":
    sys.exit(main())
