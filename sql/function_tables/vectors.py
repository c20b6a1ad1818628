"""Functions of int2vector and oidvector that tell of subscripts: these count from 0. Others take them for arrays."""

from __future__ import annotations

from typing import Final

_FUNCTIONS: Final = """
array_lower({v}, integer) integer = CASE WHEN len({0}) > 0 AND {1} = 1 THEN 0 END
array_upper({v}, integer) integer = silt_array_length({0}, {1}) - 1
array_dims({v}) text = CASE WHEN len({0}) > 0 THEN '[0:' || (len({0}) - 1) || ']' END
array_position({v}, {e}) integer = silt_array_position({0}, {1}, 1) - 1
array_position({v}, {e}, integer) integer = silt_array_position({0}, {1}, {2} + 1) - 1
array_positions({v}, {e}) integer[] = list_transform(silt_array_positions({0}, {1}), lambda item: item - 1)
#generate_subscripts({v}, integer) integer = CASE WHEN {1} = 1 THEN range(len({0})) ELSE [] END
#generate_subscripts({v}, integer, boolean) integer = CASE WHEN {1} <> 1 THEN [] WHEN {2} THEN
    range(len({0}) - 1, -1, -1) ELSE range(len({0})) END
"""

OF_VECTORS: Final = "\n".join(
    _FUNCTIONS.strip().replace("{v}", vector).replace("{e}", element)
    for vector, element in (("int2vector", "bigint"), ("oidvector", "oid"))
)
