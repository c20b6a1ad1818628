"""Names of catalog objects as regclass and its like write and read them: by oid the name, by name the oid."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from sql.errors import AmbiguousFunction, UndefinedFunction, UndefinedNamespace, UndefinedObject, UndefinedTable
from sql.relations.identifiers import qualified, quote_identifier
from sql.relations.indexes import indexes_of
from sql.relations.owners import SYSTEM_NAMESPACE_OIDS, namespace_oid
from sql.relations.pg_procs import PROCS
from sql.relations.pg_types import TYPES, formatted_name
from sql.text_names import name_of_text
from storage.types import REGCLASS, REGNAMESPACE, REGPROC, REGTYPE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sql.names import QualifiedName
    from sql.relations.relation import Relation
    from storage.catalog import Catalog
    from storage.types import SqlType

_TYPE_ALIASES: Final = {
    "int": "integer",
    "decimal": "numeric",
    "dec": "numeric",
    "float": "double precision",
    "char": "character",
    "timestamp": "timestamp without time zone",
    "time": "time without time zone",
    "char varying": "character varying",
}
"""Spellings of types that are neither their typname nor what format_type() gives."""

_MODIFIER: Final = re.compile(r"\s*\([0-9, ]*\)")
_NAMESPACE: Final = re.compile(r'^"?pg_catalog"?\.')
_BLANKS: Final = re.compile(r"\s+")


@cache
def type_oids() -> Mapping[str, int]:
    """The oids of all types by each of their spellings."""
    by_name: dict[str, int] = {}
    for each in TYPES:
        # A quoted "char" is the internal type; without quotes the standard's, which is an alias.
        by_name.setdefault('"char"' if each.name == "char" else each.name, each.oid)
        by_name.setdefault(formatted_name(each.oid), each.oid)
    for alias, name in _TYPE_ALIASES.items():
        by_name[alias] = by_name[name]
        by_name[f"{alias}[]"] = by_name[f"{name}[]"]
    for each in TYPES:
        if each.array:
            by_name.setdefault(f"{each.name}[]", each.array)
    return by_name


@cache
def type_names() -> Mapping[int, str]:
    """The names of all types by oid."""
    return {each.oid: formatted_name(each.oid) for each in TYPES}


@cache
def function_oids() -> Mapping[str, int]:
    """The oids of functions by name; 0 where there are several of that name."""
    count = Counter(proc.name for proc in PROCS)
    return {proc.name: proc.oid if count[proc.name] == 1 else 0 for proc in PROCS}


@cache
def function_names() -> Mapping[int, str]:
    """The names of all functions by oid: qualified where there are several."""
    oids = function_oids()
    return {
        proc.oid: quote_identifier(proc.name) if oids[proc.name] else qualified("pg_catalog", proc.name)
        for proc in PROCS
    }


class ObjectNames:
    """What names mean in one catalog under one search path. Immutable: any thread may ask."""

    def __init__(self, catalog: Catalog, search_path: Sequence[str], relations: Sequence[Relation]) -> None:
        self.catalog = catalog
        self.search_path = search_path
        self._relations = relations

    @cached_property
    def by_namespace(self) -> Mapping[str, Mapping[str, int]]:
        """By namespace and name the oid of each relation and index."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for relation in self._relations:
            found[relation.namespace][relation.name] = relation.oid
        for each in self.catalog.relations():
            found[each.namespace][each.name] = each.oid
        for index in indexes_of(self.catalog):
            found[index.table.namespace].setdefault(index.name, index.oid)
        return found

    @cached_property
    def visible(self) -> Mapping[str, int]:
        """What each name without a namespace means."""
        visible: dict[str, int] = {}
        for namespace in self.search_path:
            for name, oid in self.by_namespace.get(namespace, {}).items():
                visible.setdefault(name, oid)
        return visible

    @cached_property
    def relation_names(self) -> Mapping[int, str]:
        """The names of relations by oid: qualified where another one, or none, would be found."""
        return {
            oid: quote_identifier(name) if self.visible.get(name) == oid else qualified(namespace, name)
            for namespace, members in self.by_namespace.items()
            for name, oid in members.items()
        }

    @cached_property
    def namespace_oids(self) -> Mapping[str, int]:
        """The oids of namespaces by name."""
        names = (*SYSTEM_NAMESPACE_OIDS, *self.catalog.namespaces)
        return {name: namespace_oid(self.catalog, name) for name in names}

    @cached_property
    def namespace_names(self) -> Mapping[int, str]:
        """The names of namespaces by oid."""
        return {oid: quote_identifier(name) for name, oid in self.namespace_oids.items()}

    @cached_property
    def role_names(self) -> Mapping[int, str]:
        """The names of roles by oid."""
        return {role.oid: quote_identifier(role.name) for role in self.catalog.roles.values()}

    def name_of(self, oid: int, sql_type: SqlType) -> str:
        """What the output function of a type writes: `-` for no object, the number of one that is not there."""
        return "-" if oid == 0 else self._names(sql_type).get(oid, str(oid))

    def _names(self, sql_type: SqlType) -> Mapping[int, str]:
        match sql_type.oid:
            case REGCLASS.oid:
                return self.relation_names
            case REGTYPE.oid:
                return type_names()
            case REGPROC.oid:
                return function_names()
            case REGNAMESPACE.oid:
                return self.namespace_names
        return self.role_names

    def oid_of(self, text: str, sql_type: SqlType) -> int:
        """What the input function of a type reads that is no number. Raises `SqlError` where nothing has the name."""
        if sql_type.oid == REGTYPE.oid:
            return _type_oid(text)
        name = name_of_text(text)
        match sql_type.oid:
            case REGCLASS.oid:
                return self._relation_oid(name)
            case REGPROC.oid:
                return _function_oid(name)
            case REGNAMESPACE.oid:
                return _found(self.namespace_oids, name, UndefinedNamespace(f'schema "{name}" does not exist'))
        roles = {role.name: role.oid for role in self.catalog.roles.values()}
        return _found(roles, name, UndefinedObject(f'role "{name}" does not exist'))

    def _relation_oid(self, name: QualifiedName) -> int:
        members = self.visible if name.namespace is None else self.by_namespace.get(name.namespace, {})
        oid = members.get(name.name)
        if oid is None:
            raise UndefinedTable(f'relation "{name}" does not exist')
        return oid


def _found(oids: Mapping[str, int], name: QualifiedName, missing: Exception) -> int:
    oid = oids.get(name.name) if name.namespace is None else None
    if oid is None:
        raise missing
    return oid


def _type_oid(text: str) -> int:
    key = _BLANKS.sub(" ", _NAMESPACE.sub("", _MODIFIER.sub("", text.strip().lower())))
    oid = type_oids().get(key)
    if oid is None:
        raise UndefinedObject(f'type "{text}" does not exist')
    return oid


def _function_oid(name: QualifiedName) -> int:
    oid = function_oids().get(name.name) if name.namespace in (None, "pg_catalog") else None
    if oid is None:
        raise UndefinedFunction(f'function "{name}" does not exist')
    if oid == 0:
        raise AmbiguousFunction(f'more than one function named "{name}"')
    return oid
