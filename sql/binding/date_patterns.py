"""The patterns of to_char, to_date and to_timestamp for dates and times, in strftime's words."""

from __future__ import annotations

import re
from typing import Final

from sql.errors import FeatureNotSupported

_STRFTIME: Final = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "FMMM": "%-m",
    "FMMonth": "%B",
    "Mon": "%b",
    "DDD": "%j",
    "DD": "%d",
    "FMDD": "%-d",
    "FMDay": "%A",
    "Dy": "%a",
    "HH24": "%H",
    "FMHH24": "%-H",
    "HH12": "%I",
    "HH": "%I",
    "FMHH12": "%-I",
    "FMHH": "%-I",
    "MI": "%M",
    "SS": "%S",
    "MS": "%g",
    "US": "%f",
    "AM": "%p",
    "PM": "%p",
    "IYYY": "%G",
    "IW": "%V",
    "ID": "%u",
}
"""Templates that mean the same. `Month` and `Day` pad with spaces, which strftime does not: they are not here."""

_PART: Final = re.compile(
    '"((?:[^"\\\\]|\\\\.)*)"|(' + "|".join(sorted(_STRFTIME, key=len, reverse=True)) + ")|([A-Za-z]+)|(.)", re.DOTALL
)


def strftime_pattern(pattern: str, position: int | None) -> str:
    """The pattern for strftime and strptime. Raises `FeatureNotSupported` for a template that has no match there."""
    parts = []
    for part in _PART.finditer(pattern):
        quoted, template, unknown, other = part.groups()
        if unknown is not None:
            raise FeatureNotSupported(f'the date pattern "{unknown}" is not supported', position=position)
        if template is not None:
            parts.append(_STRFTIME[template])
        else:
            literal = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else other
            parts.append(literal.replace("%", "%%"))
    return "".join(parts)
