"""Values of SQL types: their text and binary forms, one at a time and a whole Arrow array at once.

`Codecs` holds a session's settings and gives the `Codec` of a type; a `Codec` is the input and output functions of one
type (`codec.py`). Each family has its file: `boolean`, `integer`, `floating`, `numeric`, `text`, `bytea`, `uuid`,
`json`, `jsonb`, `date`, `time`, `timestamp`, `interval`, `array`. What people write dates and arrays like is in
`datetime_input`, `interval_input` and `array_input`; days and hours are counted in `calendar`, time zones in `zone`.
`json_errors` says what is wrong with JSON. `buffers` is the way between Arrow and numpy (`arrow` hides pyarrow's
stubs), `limbs` divides wide decimals.

What the values are, `storage.types` says: a codec reads text or bytes into a stored value, and writes a stored value.
"""

from sql.types.codec import Codec
from sql.types.codecs import Codecs

__all__ = ["Codec", "Codecs"]
