"""Checks a data folder that no server has open: `siltdb check`. It only reads.

`check_folder` (`run`) opens the folder (`folder`), reads everything once and tells each `Finding` (`findings`): a
problem, or a note of what the next start will clean up. First the records of the catalog and what they say of each
other (`catalog`, `references`), then the row stores of each table (`store`): the manifest against the files, and all
rows in these (`segment`); hot rows (`hot`); dead rows (`deaths`); and the entries of each key against the rows, both
ways (`entries`). At last the records of other packages, and files that nothing names (`leftovers`).

What was written ahead and never committed (`pending`) is left out, as a start would take it back. Rows are read a row
group at a time; of each index entry eight bytes are kept, so that ten million rows take some hundred megabytes.
"""
