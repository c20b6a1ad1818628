"""The methods of a path that give one item for one."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sql.errors import FeatureNotSupported, SqlError
from sql.jsonpath import numbers
from sql.jsonpath.errors import InvalidJsonDatetime, NonNumericJsonItem
from sql.jsonpath.moments import Moment, read_moment
from sql.types.floating import floating_codec
from storage.types import DOUBLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sql.json_functions import Json
    from sql.jsonpath.tree import Method

_DOUBLES: Final = floating_codec(DOUBLE, 1)


def type_name(value: Json) -> str:
    """`.type()`."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case Decimal():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case Moment():
            return value.type_name
    return "object"


def _of_number(function: Callable[[Decimal], Decimal]) -> Callable[[Method, Json], Json]:
    def apply(method: Method, value: Json) -> Json:
        if not isinstance(value, Decimal):
            raise NonNumericJsonItem(f"jsonpath item method .{method.name}() can only be applied to a numeric value")
        return function(value)

    return apply


def _double(_method: Method, value: Json) -> Json:
    if isinstance(value, Decimal):
        if math.isinf(float(value)):
            raise NonNumericJsonItem(
                "numeric argument of jsonpath item method .double() is out of range for type double precision"
            )
        return value
    if not isinstance(value, str):
        raise NonNumericJsonItem("jsonpath item method .double() can only be applied to a string or numeric value")
    try:
        number = _DOUBLES.parse(value)
    except SqlError:
        number = math.nan
    if not math.isfinite(number):
        raise NonNumericJsonItem(
            "string argument of jsonpath item method .double() is not a valid representation of a double "
            "precision number"
        )
    return Decimal(format(Decimal(format(number, ".15g")), "f"))


def _datetime(method: Method, value: Json) -> Json:
    if not isinstance(value, str):
        raise InvalidJsonDatetime("jsonpath item method .datetime() can only be applied to a string")
    if method.template is not None:
        raise FeatureNotSupported("jsonpath item method .datetime() with a template is not supported")
    return read_moment(value)


METHODS: Final[dict[str, Callable[[Method, Json], Json]]] = {
    "type": lambda _method, value: type_name(value),
    "abs": _of_number(Decimal.copy_abs),
    "floor": _of_number(numbers.floor),
    "ceiling": _of_number(numbers.ceiling),
    "double": _double,
    "datetime": _datetime,
}
