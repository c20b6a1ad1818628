"""The catalog functions, by the names that PostgreSQL knows them by, and which relations their macros read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.functions import Function
from sql.relations.macros import CATALOG_MACROS
from sql.relations.owners import HELPERS
from storage.types import (
    BIGINT,
    BOOLEAN,
    INTEGER,
    NAME,
    OID,
    REGCLASS,
    REGNAMESPACE,
    REGPROC,
    REGROLE,
    REGTYPE,
    TEXT,
    SqlType,
    array_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["CATALOG_FUNCTIONS", "CATALOG_MACROS", "REG_TYPES"]

FIXED: Final = ((HELPERS, "silt_fixed"),)
NAMES: Final = ((HELPERS, "silt_names"),)
DEFINITIONS: Final = ((HELPERS, "silt_definitions"),)
SIZES: Final = ((HELPERS, "silt_sizes"),)
COMMENTS: Final = ((HELPERS, "silt_comments"),)
SETTINGS: Final = ((HELPERS, "silt_settings"),)

REG_TYPES: Final[Mapping[SqlType, str]] = {
    REGCLASS: "regclass",
    REGTYPE: "regtype",
    REGPROC: "regproc",
    REGNAMESPACE: "regnamespace",
    REGROLE: "regrole",
}
"""The types that are an oid and are written as a name.

A cast from text to one is the function `silt_<name>_in`, a cast from one to text `silt_<name>_out`.
"""

_REG_RELATIONS: Final = {REGCLASS: NAMES, REGTYPE: FIXED, REGPROC: FIXED, REGNAMESPACE: NAMES, REGROLE: NAMES}

_ALWAYS_VISIBLE: Final = (
    "collation conversion opclass operator opfamily statistics_obj ts_config ts_dict ts_parser ts_template"
)
"""Kinds of objects that are in pg_catalog or not at all."""

_OIDVECTOR: Final = 30

_NO_TEXT: Final = (
    "pg_get_ruledef pg_get_triggerdef "
    "pg_get_partkeydef pg_get_partition_constraintdef pg_get_statisticsobjdef "
    "pg_get_statisticsobjdef_columns pg_get_functiondef "
    "pg_get_function_arg_default pg_describe_object pg_get_function_sqlbody"
)
"""Functions that describe what SiltDB does not have: they give NULL."""

_UNRESTRICTED: Final = "function foreign_data_wrapper language parameter server tablespace type"
"""Kinds of objects that everyone may use, as far as there are any."""


def _reg_functions() -> Iterator[Function]:
    for reg_type, name in REG_TYPES.items():
        relations = _REG_RELATIONS[reg_type]
        yield Function(f"silt_{name}_in", reg_type, arguments=(TEXT,), relations=relations)
        yield Function(f"silt_{name}_out", TEXT, arguments=(reg_type,), relations=relations)
        yield Function(f"to_{name}", reg_type, f"silt_to_{name}", (TEXT,), relations=relations)


def _visibility() -> Iterator[Function]:
    yield Function("pg_table_is_visible", BOOLEAN, "silt_table_is_visible", (OID,), relations=NAMES)
    yield Function("pg_type_is_visible", BOOLEAN, "silt_type_is_visible", (OID,), relations=FIXED)
    yield Function("pg_function_is_visible", BOOLEAN, "silt_function_is_visible", (OID,), relations=FIXED)
    for kind in _ALWAYS_VISIBLE.split():
        yield Function(f"pg_{kind}_is_visible", BOOLEAN, "silt_is_visible", (OID,))


def _definitions() -> Iterator[Function]:
    yield Function("format_type", TEXT, "silt_format_type", (OID, INTEGER), relations=FIXED)
    yield Function("pg_get_userbyid", NAME, "silt_get_userbyid", (OID,), relations=NAMES)
    yield Function("pg_get_expr", TEXT, "silt_get_expr")
    yield Function("pg_get_constraintdef", TEXT, "silt_get_constraintdef", (OID, BOOLEAN), relations=DEFINITIONS)
    serial = "silt_get_serial_sequence"
    yield Function("pg_get_serial_sequence", TEXT, serial, (TEXT, TEXT), relations=(*NAMES, *DEFINITIONS))
    yield Function("pg_get_indexdef", TEXT, "silt_get_indexdef", (OID, INTEGER, BOOLEAN), relations=DEFINITIONS)
    yield Function("pg_get_viewdef", TEXT, "silt_get_viewdef", (REGCLASS,), relations=(*NAMES, *DEFINITIONS))
    arguments = "silt_get_function_arguments"
    yield Function("pg_get_function_arguments", TEXT, arguments, (OID,), relations=FIXED)
    yield Function("pg_get_function_identity_arguments", TEXT, arguments, (OID,), relations=FIXED)
    yield Function("pg_get_function_result", TEXT, "silt_get_function_result", (OID,), relations=FIXED)
    yield Function("oidvectortypes", TEXT, "silt_oidvector_types", (SqlType(_OIDVECTOR),), relations=FIXED)
    yield Function("obj_description", TEXT, "silt_obj_description", (OID, NAME), relations=COMMENTS)
    yield Function("shobj_description", TEXT, "silt_obj_description", (OID, NAME), relations=COMMENTS)
    yield Function("col_description", TEXT, "silt_col_description", (OID, INTEGER), relations=COMMENTS)
    for name in _NO_TEXT.split():
        yield Function(name, TEXT, "silt_no_text")


def _sizes() -> Iterator[Function]:
    for name in ("pg_relation_size", "pg_table_size", "pg_total_relation_size"):
        yield Function(name, BIGINT, "silt_relation_size", (REGCLASS, TEXT), relations=SIZES)
    yield Function("pg_indexes_size", BIGINT, "silt_indexes_size", (REGCLASS,), relations=SIZES)
    for name in ("pg_database_size", "pg_tablespace_size"):
        yield Function(name, BIGINT, "silt_database_size", relations=SIZES)
    yield Function("pg_size_pretty", TEXT, "silt_size_pretty", (BIGINT,))


def _privileges() -> Iterator[Function]:
    yield Function("has_table_privilege", BOOLEAN, "silt_has_table_privilege", relations=NAMES)
    yield Function("has_any_column_privilege", BOOLEAN, "silt_has_table_privilege", relations=NAMES)
    yield Function("has_column_privilege", BOOLEAN, "silt_has_column_privilege", relations=NAMES)
    yield Function("has_sequence_privilege", BOOLEAN, "silt_has_sequence_privilege", relations=NAMES)
    yield Function("has_schema_privilege", BOOLEAN, "silt_has_schema_privilege", relations=NAMES)
    yield Function("has_database_privilege", BOOLEAN, "silt_has_database_privilege", relations=NAMES)
    yield Function("pg_has_role", BOOLEAN, "silt_has_role", relations=NAMES)
    for kind in _UNRESTRICTED.split():
        yield Function(f"has_{kind}_privilege", BOOLEAN, "silt_has_privilege")


def _session() -> Iterator[Function]:
    for name, value in (
        ("current_user", "current_user"),
        ("current_role", "current_user"),
        ("user", "current_user"),
        ("session_user", "session_user"),
        ("current_schema", "current_schema"),
    ):
        yield Function(name, NAME, session_value=value)
    yield Function("pg_backend_pid", INTEGER, session_value="backend_pid")
    yield Function("current_schemas", array_of(NAME), "silt_current_schemas", (BOOLEAN,), relations=NAMES)
    yield Function("current_setting", TEXT, "silt_current_setting", (TEXT, BOOLEAN), relations=SETTINGS)
    yield Function("current_database", NAME, "silt_database")
    yield Function("current_catalog", NAME, "silt_database")
    yield Function("version", TEXT, "silt_version")


def _server() -> Iterator[Function]:
    yield Function("pg_encoding_to_char", NAME, "silt_encoding_to_char", (INTEGER,))
    yield Function("pg_char_to_encoding", INTEGER, "silt_char_to_encoding", (NAME,))
    yield Function("getdatabaseencoding", NAME, "silt_encoding")
    yield Function("pg_client_encoding", NAME, "silt_encoding")
    yield Function("pg_is_in_recovery", BOOLEAN, "silt_never")
    yield Function("pg_is_other_temp_schema", BOOLEAN, "silt_never", (OID,))
    yield Function("pg_relation_is_publishable", BOOLEAN, "silt_never", (REGCLASS,))
    yield Function("pg_my_temp_schema", OID, "silt_no_oid")
    yield Function("pg_tablespace_location", TEXT, "silt_empty_text", (OID,))
    yield Function("pg_blocking_pids", array_of(INTEGER), "silt_no_pids", (INTEGER,))
    yield Function("inet_server_addr", TEXT, "silt_no_address")
    yield Function("inet_client_addr", TEXT, "silt_no_address")
    yield Function("inet_server_port", INTEGER, "silt_no_port")
    yield Function("inet_client_port", INTEGER, "silt_no_port")


CATALOG_FUNCTIONS: Final[Mapping[str, Function]] = {
    function.name: function
    for group in (_reg_functions, _visibility, _definitions, _sizes, _privileges, _session, _server)
    for function in group()
}
"""By name; all of them are in pg_catalog."""
