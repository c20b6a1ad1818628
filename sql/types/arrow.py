"""pyarrow, seen by the type checker as untyped.

Its stubs are behind the library and know arrays only by the type of their elements, which code for all types cannot
give: nearly every line here would need an exemption of its own. One place says it instead.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import pyarrow as _pyarrow  # noqa: ICN001 - `pa` is its untyped name.
import pyarrow.compute as _compute

Array: TypeAlias = Any
"""A `pyarrow.Array`."""
Table: TypeAlias = Any
"""A `pyarrow.Table`."""
RecordBatch: TypeAlias = Any
"""A `pyarrow.RecordBatch`."""

pa: Any = _pyarrow
pc: Any = _compute
