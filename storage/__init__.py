"""Storage: rows, durable and in order. Synchronous; it knows nothing of SQL, sockets and jobs.

The life of a row
-----------------

A row is a tuple of stored values (`types`). It comes in through `Transaction.insert` (`transaction`), which locks its
keys (`unique_keys`, `locks`), looks for them in their indexes (`key_checks`), and puts the row into the transaction's
`overlay` under a provisional number. Many rows come as an Arrow table that a worker has made ready (`load`,
`load_keys`). A key that a table with rows gets has its entries written ahead (`index_build`).

What foreign keys ask of it (`references`) is whether keys are there now, whatever the transaction's snapshot, locks of
references to keys, and which rows are new or gone since a mark (`changes`).

`Storage.commit` (`engine`, `committer`, `table_commit`) gives the row its `_seq`: a number of its own in its table,
which never changes again. One batch (`kv`, `keys`) holds everything that the transaction does: a hot value with the
rows (`hot_value`), index entries from keys to seqs, dead seqs, catalog entries (`records`). The rows of a
large commit are written ahead (`staging`). The `syncer` brings the batch to disk, together with all others that were
written meanwhile; then the commit is applied to the visible state (`visible`, `table_state`), its locks are free, and
whoever waits is told.

Now the row is *hot*: a tuple at the end of the tail, later part of a chunk, turned to Arrow when a query first needs
it (`hot`, `rows`). Readers see it through a `TableSnapshot` (`snapshot`), which is taken in constant time because
everything it refers to only grows: chunks, tail, and the log of the dead (`dead`). `find` goes from key to seq in the
index and from seq to row by bisection.

How much memory hot rows take is counted (`hot_memory`, `hot_tables`), with those of open transactions; when it is full
nothing is inserted until a flush has made room. Rows that are too many for it never become hot: they are written into
segments while their transaction is open (`bulk_load`, `segment_load`), and only its commit makes these those of the
table.

A flush (`flush`, `segment_writer`) writes the live hot rows into Parquet files and then, in one batch, puts these
into the manifest and removes the hot values. The row is *cold*, with the same seq, in a `segment`; single ones are
read through a cache (`cold`). The index is not touched.

An update is a delete and an insert. A deleted version is a seq in a log of the dead (`dead`), with the time: of a hot
row nothing else remains after the next flush; a cold one stays in its file and is filtered out of scans, until a
compaction (`compaction`) writes the rows of neighbouring segments into a new one, without the dead. Which ones is said
by the policy (`compaction_policy`), or by how long ago rows in them died (`retention`). Again the index is not touched.

Columns change and rows stay as they are (`layout`): each hot value and each segment says which columns it was written
with, and is read as the definition that is asked for wants it (`formats`, `conversion`, `widening`), segments only
where that can match (`pruning`). A compaction writes the columns of now.

All this happens in *row stores*: a table is one, and a user table has one for each role that has written to it, with
seqs, keys and files of its own (`visible`, `own_stores`). What dropped roles leave there is removed later (`users`). Of
a stream, which is never flushed, a snapshot shows the rows that are young enough (`stream`), and the others are evicted
(`eviction`).

A dropped table is gone with the commit that says so. Until its space is reclaimed (`drop`) it can be brought back as it
was (`undrop`). A file goes when the last snapshot that names it has gone (`reaper`).

A backup (`backup`, `backup_manifest`, `verify_backup`) is a checkpoint of RocksDB and links of the segments that it
names. A restore (`restore`, `restore_plan`) writes its rows ahead under new oids, behind a mark (`restore_marks`), and
one commit puts them in the place of everything.

At start-up the format of the folder must be one that is known (`opening`, `data_format`, `kept_files`), and nothing of
what was written may be missing (`last_written`). Then (`recovery`) the catalog, the manifest, the hot rows and the dead
are read, loads that were never committed are undone, row stores of tables that never were are removed (`stray_stores`),
and files that nothing names are swept (`orphans`). `check` reads all of a folder that no server has open, and says what
is wrong with it. `faults` lets tests kill the process at each step of all this.
"""
