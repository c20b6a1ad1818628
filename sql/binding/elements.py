"""What an array's elements are: of PostgreSQL's vectors, too, which count from 0."""

from __future__ import annotations

from typing import Final

from sql.errors import FeatureNotSupported
from storage import types as t
from storage.types import SqlType, array_of, element_of

VECTORS: Final = {22: t.SMALLINT, 30: t.OID}
"""int2vector and oidvector."""


def array_type(element: SqlType) -> SqlType:
    """The type of arrays of an element type. Raises 0A000 for arrays of arrays and of rows."""
    if element.oid == t.RECORD.oid:
        raise FeatureNotSupported("arrays of rows are not supported")
    if array_element(element) is not None:
        raise FeatureNotSupported("arrays of more than one dimension are not supported")
    return array_of(SqlType(element.oid))


def array_element(sql_type: SqlType) -> SqlType | None:
    """The type of an array's or a vector's elements; `None` for anything else."""
    return VECTORS.get(sql_type.oid) or element_of(sql_type)
