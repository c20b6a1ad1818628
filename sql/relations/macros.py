"""The catalog functions as DuckDB macros over the relations of `helpers`.

Only text that is written here reaches DuckDB. A macro is bound when it is created, so each statement may use the
macros before it, and the relations that they read have to exist then: `CATALOG_MACROS` makes empty ones first and
drops them last. In a query the registered relations of the same names take their place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from sql.duckdb_errors import RAISED
from sql.relations.context import DATABASE
from sql.relations.helpers import SCHEMAS, SEPARATOR
from sql.settings import SERVER_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

_HELPERS: Final = f"""
silt_oid(o) AS TRY_CAST(o AS UINTEGER)
silt_raise(sqlstate, message) AS error('{RAISED}' || sqlstate || ': ' || message)
silt_is_number(x) AS regexp_full_match(x, '[0-9]+')
silt_key(x) AS array_to_string(list_transform(regexp_extract_all(x, '"(?:[^"]|"")*"|[^."]+'), lambda part:
    CASE WHEN part[1] = '"' THEN replace(substr(part, 2, length(part) - 2), '""', '"') ELSE lower(trim(part)) END),
    '{SEPARATOR}')
silt_shown(x) AS replace(silt_key(x::VARCHAR), '{SEPARATOR}', '.')
silt_type_key(x) AS regexp_replace(regexp_replace(regexp_replace(lower(trim(x)), '\\s*\\([0-9, ]*\\)', ''),
    '^"?pg_catalog"?\\.', ''), '\\s+', ' ', 'g')
"""

_NAMES: Final = """
silt_lookup_class(x) AS CASE WHEN x = '-' THEN 0::UINTEGER WHEN silt_is_number(x) THEN silt_oid(x)
    ELSE (SELECT relations FROM silt_names)[silt_key(x)] END
silt_regclass_in(x) AS CASE WHEN x IS NOT NULL THEN coalesce(silt_lookup_class(x::VARCHAR),
    silt_raise('42P01', 'relation "' || silt_shown(x) || '" does not exist')) END
silt_regclass_out(o) AS CASE WHEN o = 0 THEN '-'
    ELSE coalesce((SELECT relation_names FROM silt_names)[silt_oid(o)], o::VARCHAR) END
silt_to_regclass(x) AS silt_lookup_class(x::VARCHAR)
silt_lookup_type(x) AS CASE WHEN x = '-' THEN 0::UINTEGER WHEN silt_is_number(x) THEN silt_oid(x)
    ELSE (SELECT types FROM silt_fixed)[silt_type_key(x)] END
silt_regtype_in(x) AS CASE WHEN x IS NOT NULL THEN coalesce(silt_lookup_type(x::VARCHAR),
    silt_raise('42704', 'type "' || x || '" does not exist')) END
silt_regtype_out(o) AS CASE WHEN o = 0 THEN '-'
    ELSE coalesce((SELECT type_names FROM silt_fixed)[silt_oid(o)], o::VARCHAR) END
silt_to_regtype(x) AS silt_lookup_type(x::VARCHAR)
silt_function_named(x) AS (SELECT functions FROM silt_fixed)[regexp_replace(silt_key(x), '^pg_catalog.', '')]
silt_lookup_function(x) AS CASE WHEN x = '-' THEN 0::UINTEGER WHEN silt_is_number(x) THEN silt_oid(x)
    ELSE nullif(silt_function_named(x), 0) END
silt_regproc_in(x) AS CASE WHEN x IS NOT NULL THEN coalesce(silt_lookup_function(x::VARCHAR),
    CASE WHEN silt_function_named(x::VARCHAR) = 0
      THEN silt_raise('42725', 'more than one function named "' || silt_shown(x) || '"')
      ELSE silt_raise('42883', 'function "' || silt_shown(x) || '" does not exist') END) END
silt_regproc_out(o) AS CASE WHEN o = 0 THEN '-'
    ELSE coalesce((SELECT function_names FROM silt_fixed)[silt_oid(o)], o::VARCHAR) END
silt_to_regproc(x) AS silt_lookup_function(x::VARCHAR)
silt_lookup_namespace(x) AS CASE WHEN x = '-' THEN 0::UINTEGER WHEN silt_is_number(x) THEN silt_oid(x)
    ELSE (SELECT namespaces FROM silt_names)[silt_key(x)] END
silt_regnamespace_in(x) AS CASE WHEN x IS NOT NULL THEN coalesce(silt_lookup_namespace(x::VARCHAR),
    silt_raise('3F000', 'schema "' || silt_shown(x) || '" does not exist')) END
silt_regnamespace_out(o) AS CASE WHEN o = 0 THEN '-'
    ELSE coalesce((SELECT namespace_names FROM silt_names)[silt_oid(o)], o::VARCHAR) END
silt_to_regnamespace(x) AS silt_lookup_namespace(x::VARCHAR)
silt_lookup_role(x) AS CASE WHEN x = '-' THEN 0::UINTEGER WHEN silt_is_number(x) THEN silt_oid(x)
    ELSE (SELECT roles FROM silt_names)[silt_key(x)] END
silt_regrole_in(x) AS CASE WHEN x IS NOT NULL THEN coalesce(silt_lookup_role(x::VARCHAR),
    silt_raise('42704', 'role "' || x || '" does not exist')) END
silt_regrole_out(o) AS CASE WHEN o = 0 THEN '-'
    ELSE coalesce((SELECT role_names FROM silt_names)[silt_oid(o)], o::VARCHAR) END
silt_to_regrole(x) AS silt_lookup_role(x::VARCHAR)
silt_role(x) AS coalesce((SELECT roles FROM silt_names)[x::VARCHAR], silt_oid(x),
    silt_raise('42704', 'role "' || x || '" does not exist'))
silt_table_is_visible(o) AS (SELECT relation_visible FROM silt_names)[silt_oid(o)]
silt_type_is_visible(o) AS (SELECT type_names FROM silt_fixed)[silt_oid(o)] IS NOT NULL
silt_function_is_visible(o) AS (SELECT function_names FROM silt_fixed)[silt_oid(o)] IS NOT NULL
silt_get_userbyid(o) AS coalesce((SELECT role_names FROM silt_names)[silt_oid(o)], 'unknown (OID=' || o || ')')
silt_current_schemas(implicit) AS list_filter((SELECT search_path FROM silt_names),
    lambda namespace: implicit OR namespace <> 'pg_catalog')
silt_current_setting(x) AS coalesce((SELECT setting_values FROM silt_settings)[lower(x)],
    silt_raise('42704', 'unrecognized configuration parameter "' || x || '"')),
  (x, missing_ok) AS coalesce((SELECT setting_values FROM silt_settings)[lower(x)],
    CASE WHEN NOT missing_ok THEN silt_raise('42704', 'unrecognized configuration parameter "' || x || '"') END)
"""

_SERVER: Final = f"""
silt_encoding() AS 'UTF8'
silt_database() AS '{DATABASE}'
silt_version() AS 'PostgreSQL {SERVER_VERSION}'
silt_is_visible(o) AS CASE WHEN o IS NOT NULL THEN true END
silt_never() AS false, (a) AS CASE WHEN a IS NOT NULL THEN false END
silt_empty_text(a) AS CASE WHEN a IS NOT NULL THEN '' END
silt_no_oid() AS 0::UINTEGER
silt_no_pids(a) AS CASE WHEN a IS NOT NULL THEN []::INTEGER[] END
silt_no_text(a) AS CASE WHEN false THEN a::VARCHAR END, (a, b) AS CASE WHEN false THEN a::VARCHAR END,
  (a, b, c) AS CASE WHEN false THEN a::VARCHAR END
silt_no_address() AS NULL::VARCHAR
silt_no_port() AS NULL::INTEGER
silt_encoding_to_char(number) AS CASE number WHEN 6 THEN 'UTF8' WHEN 0 THEN 'SQL_ASCII' ELSE '' END
silt_char_to_encoding(name) AS CASE replace(upper(name), '-', '') WHEN 'UTF8' THEN 6 WHEN 'SQL_ASCII' THEN 0 ELSE -1 END
"""

_DEFINITIONS: Final = r"""
silt_modified_type(name, modifier) AS CASE
    WHEN modifier IS NULL OR modifier < 0 THEN name
    WHEN regexp_matches(name, '^character( varying)?(\[\])?$') AND modifier >= 4
      THEN regexp_replace(name, '(\[\])?$', '(' || (modifier - 4) || ')\1')
    WHEN regexp_matches(name, '^numeric(\[\])?$') AND modifier >= 4
      THEN regexp_replace(name, '(\[\])?$', '(' || ((modifier - 4) >> 16) || ',' || ((modifier - 4) & 65535) || ')\1')
    WHEN regexp_matches(name, '^time') THEN regexp_replace(name, '^(time(?:stamp)?)', '\1(' || modifier || ')')
    ELSE name END
silt_format_type(o, modifier) AS CASE WHEN o IS NOT NULL THEN CASE WHEN o = 0 THEN '-'
    WHEN silt_oid(o) = 1042 AND modifier = -1 THEN 'bpchar' ELSE
    list_transform([coalesce((SELECT type_names FROM silt_fixed)[silt_oid(o)], '???')],
      lambda name: silt_modified_type(name, modifier::INTEGER))[1] END END
silt_obj_description(o) AS (SELECT object_comments FROM silt_comments)[silt_oid(o)],
  (o, class) AS (SELECT comments FROM silt_comments)[class || '/' || silt_oid(o) || '/0']
silt_col_description(o, number) AS (SELECT comments FROM silt_comments)['pg_class/' || silt_oid(o) || '/' || number]
silt_get_expr(tree, relation) AS tree, (tree, relation, pretty) AS tree
silt_get_viewdef(o) AS (SELECT views FROM silt_definitions)[silt_oid(o)],
  (o, pretty) AS (SELECT views FROM silt_definitions)[silt_oid(o)]
silt_get_constraintdef(o) AS (SELECT constraints FROM silt_definitions)[silt_oid(o)],
  (o, pretty) AS CASE WHEN pretty THEN (SELECT short_constraints FROM silt_definitions)[silt_oid(o)]
    ELSE (SELECT constraints FROM silt_definitions)[silt_oid(o)] END
silt_get_serial_sequence(r, c) AS (SELECT owned_sequences FROM silt_definitions)[silt_regclass_in(r) || chr(31) || c]
silt_get_indexdef(o) AS (SELECT indexes FROM silt_definitions)[silt_oid(o)],
  (o, number, pretty) AS CASE WHEN number <> 0 THEN (SELECT index_columns FROM silt_definitions)[silt_oid(o)][number]
    WHEN pretty THEN (SELECT short_indexes FROM silt_definitions)[silt_oid(o)]
    ELSE (SELECT indexes FROM silt_definitions)[silt_oid(o)] END
silt_get_function_arguments(o) AS (SELECT function_arguments FROM silt_fixed)[silt_oid(o)]
silt_oidvector_types(v) AS list_transform([(SELECT type_names FROM silt_fixed)],
    lambda known: array_to_string(list_transform(v, lambda o: known[o]), ', '))[1]
silt_get_function_result(o) AS (SELECT function_results FROM silt_fixed)[silt_oid(o)]
"""

_SIZES: Final = """
silt_known_size(o) AS (SELECT relation_bytes FROM silt_sizes)[o]
silt_relation_size(x) AS silt_known_size(x), (x, fork) AS silt_known_size(x)
silt_indexes_size(x) AS silt_known_size(x) * 0
silt_database_size(x) AS CASE WHEN x IS NOT NULL THEN (SELECT total_bytes FROM silt_sizes) END
silt_half_rounded(n) AS (n + CASE WHEN n < 0 THEN -1 ELSE 1 END) // 2
silt_size_pretty(n) AS list_transform([n::BIGINT], lambda bytes: CASE
    WHEN abs(bytes) < 10240 THEN bytes || ' bytes'
    WHEN abs(bytes // 512) < 20479 THEN silt_half_rounded(bytes // 512) || ' kB'
    WHEN abs(bytes // 524288) < 20479 THEN silt_half_rounded(bytes // 524288) || ' MB'
    WHEN abs(bytes // 536870912) < 20479 THEN silt_half_rounded(bytes // 536870912) || ' GB'
    WHEN abs(bytes // 549755813888) < 20479 THEN silt_half_rounded(bytes // 549755813888) || ' TB'
    ELSE silt_half_rounded(bytes // 562949953421312) || ' PB' END)[1]
"""

_PRIVILEGES: Final = r"""
silt_me() AS (SELECT acting_role FROM silt_names)
silt_is_super(u) AS list_contains((SELECT superusers FROM silt_names), u)
silt_acts_as(u, owner) AS silt_is_super(u) OR list_contains((SELECT memberships FROM silt_names)[u], owner)
silt_letter(privilege) AS CASE regexp_replace(trim(lower(privilege)), '\s+with\s+grant\s+option$', '')
    WHEN 'select' THEN 'r' WHEN 'insert' THEN 'a' WHEN 'update' THEN 'w' WHEN 'delete' THEN 'd' WHEN 'truncate' THEN 'D'
    WHEN 'references' THEN 'x' WHEN 'trigger' THEN 't' WHEN 'usage' THEN 'U' WHEN 'create' THEN 'C' ELSE '?' END ||
    CASE WHEN regexp_matches(lower(privilege), 'with\s+grant\s+option\s*$') THEN '*' ELSE '' END
silt_checked_letter(privilege, allowed) AS CASE WHEN contains(allowed, silt_letter(privilege)[1])
    THEN silt_letter(privilege) ELSE silt_raise('22023', 'unrecognized privilege type: "' || trim(privilege) || '"') END
silt_holds(entries, roles, is_super, privileges, allowed) AS CASE WHEN entries IS NOT NULL AND privileges IS NOT NULL
    THEN list_transform([{'entries': entries, 'roles': roles, 'is_super': is_super, 'wanted': list_transform(
      string_split(privileges, ','), lambda one: silt_checked_letter(one, allowed))}], lambda known: known.is_super OR
      len(list_filter(known.entries, lambda entry: (split_part(entry, '=', 1) = '0'
        OR list_contains(known.roles, TRY_CAST(split_part(entry, '=', 1) AS UINTEGER)))
        AND len(list_filter(known.wanted, lambda letter: contains(split_part(entry, '=', 2), letter))) > 0)) > 0)[1] END
silt_may_use_table(u, o, privilege, allowed) AS silt_holds((SELECT relation_acls FROM silt_names)[o],
    (SELECT memberships FROM silt_names)[u], silt_is_super(u), privilege, allowed)
silt_has_table_privilege(x, privilege) AS silt_may_use_table(silt_me(), silt_regclass_in(x), privilege, 'rawdDxt'),
  (u, x, privilege) AS silt_may_use_table(silt_role(u), silt_regclass_in(x), privilege, 'rawdDxt')
silt_has_column_privilege(x, member, privilege) AS
    silt_may_use_table(silt_me(), silt_regclass_in(x), privilege, 'rawx'),
  (u, x, member, privilege) AS silt_may_use_table(silt_role(u), silt_regclass_in(x), privilege, 'rawx')
silt_has_sequence_privilege(x, privilege) AS silt_may_use_table(silt_me(), silt_regclass_in(x), privilege, 'rwU'),
  (u, x, privilege) AS silt_may_use_table(silt_role(u), silt_regclass_in(x), privilege, 'rwU')
silt_may_use_namespace(u, o, privilege) AS silt_holds((SELECT namespace_acls FROM silt_names)[o],
    (SELECT memberships FROM silt_names)[u], silt_is_super(u), privilege, 'UC')
silt_has_schema_privilege(x, privilege) AS silt_may_use_namespace(silt_me(), silt_regnamespace_in(x), privilege),
  (u, x, privilege) AS silt_may_use_namespace(silt_role(u), silt_regnamespace_in(x), privilege)
silt_has_database_privilege(x, privilege) AS CASE WHEN x IS NOT NULL THEN
    silt_is_super(silt_me()) OR regexp_matches(lower(privilege), 'connect|temp') END,
  (u, x, privilege) AS CASE WHEN x IS NOT NULL THEN
    silt_is_super(silt_role(u)) OR regexp_matches(lower(privilege), 'connect|temp') END
silt_has_privilege(x, privilege) AS CASE WHEN x IS NOT NULL AND privilege IS NOT NULL THEN true END,
  (u, x, privilege) AS CASE WHEN x IS NOT NULL AND privilege IS NOT NULL THEN true END
silt_may_become(u, role, privilege) AS silt_is_super(u)
    OR (silt_acts_as(u, role) AND NOT regexp_matches(lower(privilege), 'option'))
silt_has_role(x, privilege) AS silt_may_become(silt_me(), silt_role(x), privilege),
  (u, x, privilege) AS silt_may_become(silt_role(u), silt_role(x), privilege)
"""

_HEADER: Final = re.compile(r"^(silt_\w+)", re.MULTILINE)

# What DuckDB calls the Arrow types of the helper relations' columns.
_DUCKDB_TYPES: Final = {
    pa.string(): "VARCHAR",
    pa.uint32(): "UINTEGER",
    pa.int64(): "BIGINT",
    pa.bool_(): "BOOLEAN",
}


def _duckdb_type(arrow: pa.DataType) -> str:
    if isinstance(arrow, pa.MapType):
        return f"MAP({_duckdb_type(arrow.key_type)}, {_duckdb_type(arrow.item_type)})"
    if isinstance(arrow, pa.ListType):
        return f"{_duckdb_type(arrow.value_type)}[]"
    return _DUCKDB_TYPES[arrow]


def _statements() -> Iterator[str]:
    for name, schema in SCHEMAS.items():
        columns = ", ".join(f"{field.name} {_duckdb_type(field.type)}" for field in schema)
        yield f"CREATE TABLE {name} ({columns})"
    for text in (_HELPERS, _SERVER, _NAMES, _DEFINITIONS, _SIZES, _PRIVILEGES):
        starts = [match.start() for match in _HEADER.finditer(text)]
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            yield f"CREATE MACRO {text[start:end].strip()}"
    for name in SCHEMAS:
        yield f"DROP TABLE {name}"


CATALOG_MACROS: Final[tuple[str, ...]] = tuple(_statements())
"""The statements that install the macros, to be run once in this order."""
