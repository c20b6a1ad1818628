"""The system relations: `system`, `pg_catalog` and `information_schema`, and the functions that go with them.

They are computed from SiltDB's own catalog when a query reads them, with oids that stay, and are never canned
answers to known texts. In the order of the flow:

- `registry` has every `relation` by name. What columns PostgreSQL's relations have is data (`pg_catalog_columns`,
  `pg_view_columns`, `information_schema_columns`, read by `columns`); so are the types and functions that never
  change (`pg_types`, `pg_procs`, `operator_classes`, `fixed`).
- What follows from the catalog alone is `remembered` until the catalog changes.
- A relation is computed in the worker that reads it, for what the query wants (`relation.Wanted`): its columns, and the
  conditions and the LIMIT that the binder pushed down. `job_rows` reads the history of jobs by index with them.
- A query that reads one gets a `context`: one session's view of the server. From it `pg_class`, `pg_attribute`,
  `pg_index`, `pg_roles`, `pg_views`, `information_schema`, `standard_columns` and `system` compute rows. `oids`
  gives an oid to what storage's catalog has none for; `indexes` and `owners` say what keys and owners look like
  there; `privileges` who sees what.
- `functions` lists the catalog functions (`format_type`, `pg_table_is_visible`, `regclass` input and output, …).
  They are DuckDB macros (`macros`) over the relations of `helpers`, which are registered with the query that calls
  them.
"""

from sql.relations.context import RelationContext, SegmentInfo, SessionInfo, TableStatistics
from sql.relations.registry import Relations
from sql.relations.relation import Relation, RelationColumn

__all__ = [
    "Relation",
    "RelationColumn",
    "RelationContext",
    "Relations",
    "SegmentInfo",
    "SessionInfo",
    "TableStatistics",
]
