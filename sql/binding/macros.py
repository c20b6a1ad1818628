"""Functions that DuckDB has not, or has with another meaning, as macros over those that it has.

`sql.function_library` defines each of them when a query first calls it. Only the binder's own text calls them. A line
that is not indented begins a macro; each uses only those before it. `RAISE` stands for the mark of errors that
`sql.duckdb_errors` knows.
"""

from __future__ import annotations

import re
from typing import Final

from sql.binding.quiet import quiet_macros, raising_macros
from sql.duckdb_errors import RAISED

_CASTS: Final = r"""
silt_text_to_int2(x) AS CASE WHEN regexp_full_match(x, '-?[0-9]{1,4}') THEN CAST(x AS SMALLINT) ELSE silt_int2_in(x) END
silt_text_to_int4(x) AS CASE WHEN regexp_full_match(x, '-?[0-9]{1,9}') THEN CAST(x AS INTEGER) ELSE silt_int4_in(x) END
silt_text_to_int8(x) AS CASE WHEN regexp_full_match(x, '-?[0-9]{1,18}') THEN CAST(x AS BIGINT) ELSE silt_int8_in(x) END
silt_text_to_oid(x) AS CASE WHEN regexp_full_match(x, '[0-9]{1,9}') THEN CAST(x AS UINTEGER) ELSE silt_oid_in(x) END
silt_text_to_bool(x) AS CASE x WHEN 't' THEN true WHEN 'f' THEN false WHEN 'true' THEN true WHEN 'false' THEN false
    ELSE silt_bool_in(x) END
silt_text_to_bytea(x) AS CASE WHEN regexp_full_match(x, '\\x([0-9a-fA-F]{2})*') THEN unhex(x[3:]) ELSE
    silt_bytea_in(x) END
silt_text_to_uuid(x) AS CASE WHEN regexp_full_match(x, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}') THEN x ELSE
    silt_uuid_in(x) END
silt_is_plain_number(x) AS regexp_full_match(x, '-?[0-9]{1,9}(\.[0-9]{1,6})?')
silt_text_to_float4(x) AS CASE WHEN silt_is_plain_number(x) THEN CAST(x AS FLOAT) ELSE silt_float4_in(x) END
silt_text_to_float8(x) AS CASE WHEN silt_is_plain_number(x) THEN CAST(x AS DOUBLE) ELSE silt_float8_in(x) END
silt_text_to_date(x, zone, now) AS CASE WHEN regexp_full_match(x, '[1-9][0-9]{3}-[01][0-9]-[0-3][0-9]') THEN
    coalesce(TRY_CAST(x AS DATE), silt_date_in(x, zone, now)) ELSE silt_date_in(x, zone, now) END
silt_text_to_time(x, zone, now) AS silt_time_in(x, zone, now)
silt_text_to_timestamp(x, zone, now) AS CASE WHEN regexp_full_match(x,
    '[1-9][0-9]{3}-[01][0-9]-[0-3][0-9] ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?') THEN
    coalesce(TRY_CAST(x AS TIMESTAMP), silt_timestamp_in(x, zone, now)) ELSE silt_timestamp_in(x, zone, now) END
silt_text_to_timestamptz(x, zone, now) AS silt_timestamptz_in(x, zone, now)
silt_float4_digits(x) AS format('{:.6g}', CAST(x AS DOUBLE))
silt_float8_digits(x) AS format('{:.15g}', x)
silt_float8_to_float4(x) AS CASE WHEN isfinite(x) AND abs(x) > 3.4028235677973366e38::DOUBLE THEN
    error('RAISE 22003: value out of range: overflow') WHEN x <> 0 AND abs(x) < 7.006492321624085e-46::DOUBLE THEN
    error('RAISE 22003: value out of range: underflow') ELSE CAST(x AS FLOAT) END
silt_date_to_moment(x) AS CASE WHEN isfinite(x) AND x > DATE '294247-01-09' THEN
    error('RAISE 22008: date out of range for timestamp') ELSE x END
silt_clock_of(x) AS CASE WHEN isfinite(x) THEN CAST(CAST(x AS TIMESTAMP) AS TIME) END
silt_float4_to_text(x, digits) AS CASE WHEN CAST(digits AS INTEGER) > 0 AND (x = 0 OR abs(x) BETWEEN 0.0001 AND 999999)
    THEN regexp_replace(CAST(x AS VARCHAR), '\.0$', '') ELSE silt_float4_out(x, digits) END
silt_float8_to_text(x, digits) AS CASE WHEN CAST(digits AS INTEGER) > 0 AND (x = 0 OR abs(x) BETWEEN 0.0001 AND
    999999999999999::DOUBLE) THEN regexp_replace(CAST(x AS VARCHAR), '\.0$', '') ELSE silt_float8_out(x, digits) END
silt_numeric_to_text(x) AS regexp_replace(CAST(x AS VARCHAR), '^(-?)[.]', '\10.')
silt_date_to_text(x) AS CASE WHEN x BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(x AS VARCHAR) ELSE
    silt_date_out(x) END
silt_timestamp_to_text(x) AS CASE WHEN x BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31' THEN
    CAST(x AS VARCHAR) ELSE silt_timestamp_out(x) END
silt_timestamptz_to_text(x, zone) AS silt_timestamptz_out(x, zone)
silt_interval_parts(x) AS CASE WHEN x IS NOT NULL THEN {'months': CAST(date_part('year', x) * 12 + date_part('month', x)
    AS INTEGER), 'days': CAST(date_part('day', x) AS INTEGER), 'micros': CAST(date_part('hour', x) * 3600000000 +
    date_part('minute', x) * 60000000 + date_part('microseconds', x) AS BIGINT)} END
silt_timestamp(us) AS CASE us WHEN 9223372036854775807 THEN TIMESTAMP 'infinity' WHEN -9223372036854775807 THEN
    TIMESTAMP '-infinity' ELSE make_timestamp(us) END
silt_timestamptz(us) AS CASE us WHEN 9223372036854775807 THEN TIMESTAMPTZ 'infinity' WHEN -9223372036854775807 THEN
    TIMESTAMPTZ '-infinity' ELSE make_timestamptz(us) END
silt_time(us) AS CASE us WHEN 86400000000 THEN TIME '24:00:00' ELSE TIME '00:00:00' + to_microseconds(us) END
silt_int2_to_oid(x) AS CAST(CASE WHEN x < 0 THEN CAST(x AS BIGINT) + 4294967296 ELSE x END AS UINTEGER)
silt_int4_to_oid(x) AS CAST(CASE WHEN x < 0 THEN CAST(x AS BIGINT) + 4294967296 ELSE x END AS UINTEGER)
silt_int8_to_oid(x) AS CASE WHEN x BETWEEN 0 AND 4294967295 THEN CAST(x AS UINTEGER) WHEN x IS NOT NULL THEN
    error('RAISE 22003: OID out of range') END
silt_oid_to_int4(x) AS CAST(CASE WHEN x > 2147483647 THEN CAST(x AS BIGINT) - 4294967296 ELSE x END AS INTEGER)
silt_record_item(x) AS CASE WHEN x IS NULL THEN '' WHEN x = '' OR regexp_matches(x, '[()",\\\s\x0b]') THEN '"' ||
    replace(replace(x, '\', '\\'), '"', '""') || '"' ELSE x END
silt_array_item(x) AS CASE WHEN x IS NULL THEN NULL WHEN x = '' OR upper(x) = 'NULL' OR regexp_matches(x,
    '[{}",\\\s\x0b]') THEN '"' || replace(replace(x, '\', '\\'), '"', '\"') || '"' ELSE x END
"""

_NUMBERS: Final = r"""
silt_remainder(x, y) AS x % CASE WHEN y = -1 THEN 1 ELSE y END
silt_low_half(x, half) AS CASE WHEN x % (2 * half) >= half THEN x % (2 * half) - 2 * half ELSE x % (2 * half) END
silt_shift_int2(x, n) AS CAST(silt_low_half((CAST(x AS BIGINT) & 65535) << (n & 31), 32768::BIGINT) AS SMALLINT)
silt_shift_int4(x, n) AS CAST(silt_low_half((CAST(x AS BIGINT) & 4294967295) << (n & 31), 2147483648::BIGINT)
    AS INTEGER)
silt_shift_int8(x, n) AS CAST(silt_low_half((CASE WHEN x < 0 THEN CAST(x AS HUGEINT) + 18446744073709551616::HUGEINT
    ELSE CAST(x AS HUGEINT) END) * (1::HUGEINT << (n & 63)), 9223372036854775808::HUGEINT) AS BIGINT)
silt_ranged(result, given) AS CASE WHEN isfinite(result) AND result <> 0 THEN result WHEN isinf(result) AND
    isfinite(given) THEN error('RAISE 22003: value out of range: overflow') WHEN result = 0 AND isfinite(given) AND
    given <> 0 THEN error('RAISE 22003: value out of range: underflow') ELSE result END
silt_exp(x) AS CASE WHEN x = 0 THEN 1 ELSE silt_ranged(exp(x), x) END
silt_power(x, y) AS CASE WHEN x = 0 AND y < 0 THEN error('RAISE 2201F: zero raised to a negative power is undefined')
    WHEN x < 0 AND y <> trunc(y) THEN
    error('RAISE 2201F: a negative number raised to a non-integer power yields a complex result')
    ELSE silt_ranged(pow(CAST(x AS DOUBLE), CAST(y AS DOUBLE)), CASE WHEN isfinite(y) THEN x ELSE y END) END
silt_log(x) AS CASE WHEN x = 0 THEN error('RAISE 2201E: cannot take logarithm of zero') WHEN x < 0 THEN
    error('RAISE 2201E: cannot take logarithm of a negative number') ELSE log10(x) END
silt_root(x) AS CASE WHEN x < 0 THEN error('RAISE 2201F: cannot take square root of a negative number') ELSE sqrt(x)
    END
silt_ln(x) AS CASE WHEN x = 0 THEN error('RAISE 2201E: cannot take logarithm of zero') WHEN x < 0 THEN
    error('RAISE 2201E: cannot take logarithm of a negative number') ELSE ln(x) END
silt_defined(x) AS CASE WHEN NOT isnan(x) THEN x END
silt_within(result, x) AS CASE WHEN isnan(result) AND NOT isnan(x) THEN error('RAISE 22003: input is out of range')
    ELSE result END
silt_unscaled_quotient(x, y) AS CAST(silt_numeric_divide(CAST(x AS VARCHAR), CAST(y AS VARCHAR)) AS DECIMAL(38,16))
silt_spread_of(count, total, squares, kind) AS silt_spread(count, CAST(total AS VARCHAR),
    CAST(squares AS VARCHAR), kind)
silt_fraction(p) AS CASE WHEN p IS NOT NULL AND (p < 0 OR p > 1 OR isnan(p)) THEN
    error('RAISE 22003: percentile value ' || regexp_replace(CAST(p AS VARCHAR), '\.0$', '') ||
    ' is not between 0 and 1') ELSE p END
silt_percentile_disc(rows, p) AS CASE WHEN p IS NOT NULL THEN
    rows[CAST(greatest(ceil(silt_fraction(p) * len(rows)), 1) AS BIGINT)] END
silt_percentile_place(rows, p) AS silt_fraction(p) * (len(rows) - 1)
silt_percentile_between(one, other, part) AS CASE WHEN part = 0 THEN one ELSE one + part * (other - one) END
silt_percentile_cont(rows, p) AS silt_percentile_between(
    rows[CAST(floor(silt_percentile_place(rows, p)) AS BIGINT) + 1],
    rows[CAST(ceil(silt_percentile_place(rows, p)) AS BIGINT) + 1],
    silt_percentile_place(rows, p) - floor(silt_percentile_place(rows, p)))
silt_percentiles_disc(rows, fractions) AS CASE WHEN rows IS NOT NULL THEN list_transform(fractions, lambda p:
    silt_percentile_disc(rows, p)) END
silt_percentiles_cont(rows, fractions) AS CASE WHEN rows IS NOT NULL THEN list_transform(fractions, lambda p:
    silt_percentile_cont(rows, p)) END
silt_rows_with_ties(n) AS CASE WHEN n IS NULL THEN
    error('RAISE 2201W: row count cannot be null in FETCH FIRST ... WITH TIES clause') WHEN n < 0 THEN
    error('RAISE 2201W: LIMIT must not be negative') ELSE n END
silt_tiles(n) AS CASE WHEN n <= 0 THEN error('RAISE 22014: argument of ntile must be greater than zero') ELSE n END
silt_nth(n) AS CASE WHEN n <= 0 THEN error('RAISE 22016: argument of nth_value must be greater than zero')
    ELSE n END
silt_quotient(x, y) AS CASE WHEN abs(y) < 8000000000000000000000 THEN CAST((x // y) * 10000000000000000::HUGEINT +
    ((x % y) * 20000000000000000::HUGEINT // y + sign((x % y) * sign(y))) // 2 AS DECIMAL(38,0)) *
    CAST('0.0000000000000001' AS DECIMAL(17,16)) ELSE silt_unscaled_quotient(x, y) END
"""

_TEXTS: Final = r"""
silt_upper(x) AS CASE WHEN contains(x, 'ß') THEN array_to_string(list_transform(string_split(x, 'ß'), lambda part:
    upper(part)), 'ß') ELSE upper(x) END
silt_length(n, bytes) AS CASE WHEN CAST(n AS BIGINT) * bytes > 268435456
    THEN error('RAISE 54000: requested length too large') WHEN n < 0 THEN 0 ELSE n END
silt_chr(n) AS CASE WHEN n = 0 THEN error('RAISE 54000: null character not permitted') WHEN n < 0 THEN
    error('RAISE 22023: character number must be positive') WHEN n > 1114111 THEN
    error('RAISE 54000: requested character too large for encoding: ' || n) WHEN n BETWEEN 55296 AND 57343 THEN
    error('RAISE 54000: requested character not valid for encoding: ' || n) ELSE chr(n) END
silt_substring(x, start) AS CASE WHEN start IS NOT NULL THEN substring(x, greatest(start, 1)) END
silt_length_from(start, length) AS greatest(least(CAST(start AS BIGINT) + length, 2147483647) - greatest(start, 1), 0)
silt_substring_for(x, start, length) AS CASE WHEN x IS NULL OR start IS NULL OR length IS NULL THEN NULL WHEN length < 0
    THEN error('RAISE 22011: negative substring length not allowed') ELSE
    substring(x, greatest(start, 1), silt_length_from(start, length)) END
silt_right(x, count) AS CASE WHEN count = -2147483648 THEN x ELSE right(x, count) END
silt_lpad(x, size, fill) AS CASE WHEN fill = '' THEN left(x, greatest(size, 0)) ELSE lpad(x, greatest(size, 0), fill)
    END
silt_rpad(x, size, fill) AS CASE WHEN fill = '' THEN left(x, greatest(size, 0)) ELSE rpad(x, greatest(size, 0), fill)
    END
silt_split_part(x, delimiter, n) AS CASE WHEN x IS NULL OR delimiter IS NULL OR n IS NULL THEN NULL WHEN n = 0 THEN
    error('RAISE 22023: field position must not be zero') WHEN
    delimiter = '' THEN CASE WHEN n IN (1, -1) THEN x ELSE '' END ELSE coalesce(string_split(x, delimiter)[n],
    CASE WHEN x IS NOT NULL AND delimiter IS NOT NULL THEN '' END) END
silt_bytes(x, start, size) AS CASE WHEN x IS NULL OR start IS NULL OR size IS NULL THEN NULL WHEN size < 0 THEN
    error('RAISE 22011: negative substring length not allowed') ELSE unhex(substring(hex(x),
    2 * least(CAST(greatest(start, 1) AS BIGINT), 536870912) - 1, 2 * least(silt_length_from(start, size), 536870912)))
    END
silt_bytes_from(x, start) AS CASE WHEN start IS NOT NULL THEN
    unhex(substring(hex(x), 2 * least(CAST(greatest(start, 1) AS BIGINT), 536870912) - 1)) END
silt_joined_rows(rows) AS CASE WHEN len(rows) > 0 THEN substring(array_to_string(list_transform(rows, lambda row:
    row.before || row.text), ''), length(rows[1].before) + 1) END
silt_joined(rows) AS silt_joined_rows(list_filter(rows, lambda row: row.text IS NOT NULL))
silt_string_to_array(x, delimiter) AS CASE WHEN x = '' THEN [] WHEN delimiter = '' THEN [x] WHEN delimiter IS NULL
    THEN string_split(x, '') ELSE string_split(x, delimiter) END
"""

_TIMES: Final = r"""
silt_between(later, earlier) AS CASE WHEN isfinite(later) AND isfinite(earlier) THEN
    to_days(CAST((epoch_us(later) - epoch_us(earlier)) // 86400000000 AS INTEGER)) +
    to_microseconds((epoch_us(later) - epoch_us(earlier)) % 86400000000) WHEN later IS NOT NULL AND earlier IS NOT NULL
    THEN error('RAISE 22008: cannot subtract infinite timestamps') END
silt_without_year_zero(year) AS CASE WHEN year > 0 THEN year ELSE year - 1 END
silt_decade(year) AS CASE WHEN year >= 0 THEN year // 10 ELSE -((9 - year) // 10) END
silt_days_between(later, earlier) AS CASE WHEN isfinite(later) AND isfinite(earlier) THEN
    CAST(later - earlier AS INTEGER) WHEN later IS NOT NULL AND earlier IS NOT NULL
    THEN error('RAISE 22008: cannot subtract infinite dates') END
silt_date_plus(x, days) AS CASE WHEN isfinite(x) AND (date_diff('day', DATE '1970-01-01', x) + CAST(days AS BIGINT) NOT
    BETWEEN -2440588 AND 2145042541) THEN error('RAISE 22008: date out of range') ELSE x + CAST(days AS INTEGER) END
silt_age(later, earlier) AS CASE WHEN isfinite(later) AND isfinite(earlier) THEN age(later, earlier)
    WHEN later IS NOT NULL AND earlier IS NOT NULL THEN error('RAISE 22008: timestamp out of range') END
silt_summed_interval(months, days, micros) AS to_months(CAST(months AS INTEGER)) + to_days(CAST(days AS INTEGER)) +
    to_microseconds(CAST(micros AS BIGINT))
silt_months(x) AS date_part('year', x) * 12 + date_part('month', x)
silt_clock_us(x) AS date_part('hour', x) * 3600000000 + date_part('minute', x) * 60000000 + date_part('microseconds', x)
silt_days(x) AS CAST(date_part('day', x) AS BIGINT)
silt_local_plus(x, step) AS CAST(CAST(x AS TIMESTAMP) + step AS TIMESTAMPTZ)
silt_months_later(x, n) AS CASE WHEN n = 0 THEN x ELSE silt_local_plus(x, to_months(CAST(n AS INTEGER))) END
silt_days_later(x, n) AS CASE WHEN n = 0 THEN x ELSE silt_local_plus(x, to_days(CAST(n AS INTEGER))) END
silt_moment_plus(x, i) AS list_transform([{'moment': x, 'step': i}], lambda it: silt_days_later(silt_months_later(
    it.moment, silt_months(it.step)), silt_days(it.step)) + to_microseconds(CAST(silt_clock_us(it.step) AS BIGINT)))[1]
silt_interval_times(x, factor) AS silt_interval_multiplied(CAST(silt_months(x) AS BIGINT), silt_days(x),
    CAST(silt_clock_us(x) AS BIGINT), factor)
silt_interval_quotient(x, divisor) AS silt_interval_divided(CAST(silt_months(x) AS BIGINT), silt_days(x),
    CAST(silt_clock_us(x) AS BIGINT), divisor)
silt_greatest_interval(a, b) AS CASE WHEN a IS NULL OR b > a THEN b ELSE a END
silt_greatest_jsonb(a, b) AS CASE WHEN a IS NULL OR silt_jsonb_key(b) > silt_jsonb_key(a) THEN b ELSE a END
silt_least_jsonb(a, b) AS CASE WHEN a IS NULL OR silt_jsonb_key(b) < silt_jsonb_key(a) THEN b ELSE a END
silt_least_interval(a, b) AS CASE WHEN a IS NULL OR b < a THEN b ELSE a END
silt_interval_between(one, other, part) AS CASE WHEN part = 0 THEN one ELSE one +
    silt_interval_times(other - one, part) END
silt_percentile_interval(rows, p) AS silt_interval_between(rows[CAST(floor(silt_percentile_place(rows, p)) AS BIGINT)
    + 1], rows[CAST(ceil(silt_percentile_place(rows, p)) AS BIGINT) + 1],
    silt_percentile_place(rows, p) - floor(silt_percentile_place(rows, p)))
silt_percentiles_interval(rows, fractions) AS CASE WHEN rows IS NOT NULL THEN list_transform(fractions, lambda p:
    silt_percentile_interval(rows, p)) END
silt_stride(x) AS CASE WHEN silt_months(x) <> 0 THEN
    error('RAISE 0A000: timestamps cannot be binned into intervals containing months or years') WHEN
    x <= to_microseconds(0) THEN error('RAISE 22008: stride must be greater than zero') ELSE x END
silt_date_bin(stride, x, origin) AS CASE WHEN stride IS NULL OR origin IS NULL OR NOT isfinite(x) THEN
    CASE WHEN stride IS NOT NULL AND origin IS NOT NULL THEN x END WHEN NOT isfinite(origin) THEN
    error('RAISE 22008: origin out of range') ELSE time_bucket(silt_stride(stride), x, origin) END
silt_offset(x) AS CASE WHEN silt_months(x) <> 0 OR date_part('day', x) <> 0 THEN
    error('RAISE 22023: interval time zone must not include months or days') ELSE x END
silt_to_timestamp_of(x) AS CASE WHEN isnan(x) THEN error('RAISE 22008: timestamp cannot be NaN') WHEN isinf(x) THEN
    CASE WHEN x > 0 THEN TIMESTAMPTZ 'infinity' ELSE TIMESTAMPTZ '-infinity' END WHEN x >= 9224318016000.0::DOUBLE OR
    x < -210866803200.0::DOUBLE THEN error('RAISE 22008: timestamp out of range: "' || CAST(x AS VARCHAR) || '"')
    ELSE to_timestamp(x) END
silt_years_start(x, year) AS make_timestamp(CAST(epoch_us(make_timestamp(CAST(year AS BIGINT), 1, 1, 0, 0, 0)) AS
    BIGINT))
silt_decade_start(x) AS silt_years_start(x, CASE WHEN date_part('year', x) > 0 THEN date_part('year', x) // 10 * 10
    ELSE -((8 - (date_part('year', x) - 1)) // 10) * 10 END)
silt_century_start(x) AS silt_years_start(x, CASE WHEN date_part('year', x) > 0 THEN
    (date_part('year', x) + 99) // 100 * 100 - 99 ELSE -((99 - (date_part('year', x) - 1)) // 100) * 100 + 1 END)
silt_millennium_start(x) AS silt_years_start(x, CASE WHEN date_part('year', x) > 0 THEN
    (date_part('year', x) + 999) // 1000 * 1000 - 999 ELSE -((999 - (date_part('year', x) - 1)) // 1000) * 1000 + 1 END)
silt_day_us(x) AS CAST(epoch_us(x) - epoch_us(date_trunc('day', x)) AS HUGEINT)
silt_julian(x) AS CAST(date_diff('day', TIMESTAMP '1970-01-01', CAST(x AS TIMESTAMP)) + 2440588 AS DECIMAL(9,0)) +
    CAST((silt_day_us(CAST(x AS TIMESTAMP)) * 100000000000000000000::HUGEINT + 43200000000::HUGEINT) // 86400000000
    AS DECIMAL(38,0)) * CAST('0.00000000000000000001' AS DECIMAL(20,20))
silt_least(a, b) AS coalesce(least(a, b), a, b)
silt_most(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN greatest(a, b) END
silt_overlaps(a, b, c, d) AS CASE WHEN silt_least(a, b) IS NULL OR silt_least(c, d) IS NULL THEN NULL
    WHEN silt_least(a, b) > silt_least(c, d) THEN CASE WHEN silt_least(a, b) < silt_most(c, d) THEN true
    WHEN a IS NULL OR b IS NULL OR c IS NULL OR d IS NULL THEN NULL ELSE false END
    WHEN silt_least(a, b) < silt_least(c, d) THEN CASE WHEN silt_least(c, d) < silt_most(a, b) THEN true
    WHEN a IS NULL OR b IS NULL OR c IS NULL OR d IS NULL THEN NULL ELSE false END
    WHEN a IS NULL OR b IS NULL OR c IS NULL OR d IS NULL THEN NULL ELSE true END
silt_unit(unit) AS CASE lower(unit) WHEN 'sec' THEN 'second' WHEN 'secs' THEN 'second' WHEN 'min' THEN 'minute' WHEN
    'mins' THEN 'minute' ELSE lower(unit) END
silt_date_part(unit, x) AS CASE silt_unit(unit) WHEN 'second' THEN CAST(date_part('microseconds', x) AS DOUBLE) /
    1000000.0::DOUBLE WHEN 'seconds' THEN CAST(date_part('microseconds', x) AS DOUBLE) / 1000000.0::DOUBLE WHEN
    'milliseconds' THEN CAST(date_part('microseconds', x) AS DOUBLE) / 1000.0::DOUBLE ELSE
    CAST(date_part(silt_unit(unit), x) AS DOUBLE) END
silt_finite_moment(x) AS CASE WHEN isfinite(x) THEN x END
"""

_ARRAYS: Final = r"""
silt_any(x) AS CASE WHEN list_contains(x, true) THEN true WHEN len(list_filter(x, lambda item: item IS NULL)) > 0
    THEN NULL WHEN x IS NOT NULL THEN false END
silt_all(x) AS CASE WHEN list_contains(x, false) THEN false WHEN len(list_filter(x, lambda item: item IS NULL)) > 0
    THEN NULL WHEN x IS NOT NULL THEN true END
silt_array_length(x, dimension) AS CASE WHEN len(x) > 0 AND dimension = 1 THEN len(x) END
silt_array_cat(x, y) AS CASE WHEN x IS NOT NULL OR y IS NOT NULL THEN list_concat(x, y) END
silt_array_contains(x, y) AS CASE WHEN x IS NOT NULL THEN (x @> y) AND list_count(y) = len(y) END
silt_array_position(x, wanted, first) AS list_filter(range(greatest(first, 1), len(x) + 1), lambda i: x[i] IS NOT
    DISTINCT FROM wanted)[1]
silt_array_trim(x, count) AS CASE WHEN count < 0 OR count > len(x) THEN
    error('RAISE 2202E: number of elements to trim must be between 0 and ' || len(x)) ELSE x[1:len(x) - count] END
silt_array_set(x, place, item) AS CASE WHEN place IS NULL THEN
    error('RAISE 22004: array subscript in assignment must not be null') WHEN place < 1 OR (place > 1 AND
    len(coalesce(x, [])) = 0) THEN error('RAISE 0A000: arrays with subscripts that do not start at 1 are not supported')
    ELSE list_transform(range(1, greatest(len(coalesce(x, [])), place) + 1), lambda i: CASE WHEN i = place THEN item
    ELSE x[i] END) END
silt_array_fill(item, sizes) AS CASE WHEN sizes IS NULL THEN
    error('RAISE 22004: dimension array or low bound array cannot be null') WHEN len(sizes) > 1 THEN
    error('RAISE 0A000: arrays of more than one dimension are not supported') WHEN len(sizes) = 0 THEN []
    WHEN sizes[1] IS NULL THEN error('RAISE 22004: dimension values cannot be null') WHEN sizes[1] NOT BETWEEN 0 AND
    134217727 THEN error('RAISE 54000: array size exceeds the maximum allowed (134217727)')
    ELSE list_transform(range(CAST(sizes[1] AS BIGINT)), lambda i: item) END
silt_array_fill_from(item, sizes, starts) AS CASE WHEN starts IS NULL THEN
    error('RAISE 22004: dimension array or low bound array cannot be null') WHEN len(starts) <> len(sizes) THEN
    error('RAISE 2202E: wrong number of array subscripts') WHEN starts[1] <> 1 AND len(sizes) = 1 THEN
    error('RAISE 0A000: arrays with subscripts that do not start at 1 are not supported')
    ELSE silt_array_fill(item, sizes) END
silt_bucket(x, thresholds) AS CASE WHEN len(list_filter(thresholds, lambda item: item IS NULL)) > 0 THEN
    error('RAISE 22004: thresholds array must not contain NULLs') WHEN x IS NOT NULL THEN
    len(list_filter(thresholds, lambda item: item <= x)) END
silt_array_positions(x, wanted) AS list_filter(range(1, len(x) + 1), lambda i: x[i] IS NOT DISTINCT FROM wanted)
silt_up_to(last, steps) AS CASE WHEN steps >= 67108864 THEN
    error('RAISE 54000: generate_series() of more than 67108864 values is not supported here') ELSE last END
silt_series(first, last, step) AS CASE WHEN step = 0 THEN error('RAISE 22023: step size cannot equal zero') ELSE
    generate_series(CAST(first AS BIGINT), CAST(silt_up_to(last, (CAST(last AS HUGEINT) - CAST(first AS HUGEINT)) //
    CAST(nullif(step, 0) AS HUGEINT)) AS BIGINT), CAST(step AS BIGINT)) END
silt_numeric_steps(first, last, step) AS floor((last - first) / nullif(step, 0))
silt_numeric_series(first, last, step) AS CASE WHEN step = 0 THEN
    error('RAISE 22023: step size cannot equal zero') ELSE list_transform(range(0,
    CAST(silt_up_to(silt_numeric_steps(first, last, step), silt_numeric_steps(first, last, step)) AS BIGINT) + 1),
    lambda i: first + CAST(i AS DECIMAL(18,0)) * step) END
silt_step_us(step) AS CAST(silt_months(step) AS HUGEINT) * 2419200000000 + silt_days(step) * 86400000000 +
    silt_clock_us(step)
silt_moments(first, last, step) AS generate_series(first, silt_up_to(last, (CAST(epoch_us(last) AS HUGEINT) -
    epoch_us(first)) // nullif(silt_step_us(step), 0)), step)
"""

_JSONS: Final = r"""
silt_jsonb_equal(x) AS CASE WHEN contains(x, '.') AND regexp_matches(x, '\.[0-9]*0([^0-9]|$)') THEN
    silt_jsonb_without_zeros(x) ELSE x END
silt_distinct_jsonb(rows) AS list_filter(rows, lambda x, i: i = 1 OR
    silt_jsonb_equal(rows[i - 1]) IS DISTINCT FROM silt_jsonb_equal(x))
silt_json_key(x) AS CASE WHEN x IS NULL THEN error('RAISE 22023: field name must not be null') WHEN x[1] = '"' THEN x
    ELSE '"' || x || '"' END
silt_json_pairs(x) AS list_transform([x], lambda listed: CASE WHEN len(listed) % 2 = 1 THEN
    error('RAISE 22023: argument list must have even number of elements') ELSE '{' ||
    array_to_string(list_transform(range(1, len(listed) + 1, 2), lambda i: silt_json_key(listed[i]) || ' : ' ||
    coalesce(listed[i + 1], 'null')), ', ') || '}' END)[1]
silt_jsonb_set_lax(target, path, value, creates, treatment) AS CASE WHEN target IS NULL OR path IS NULL OR
    creates IS NULL THEN NULL WHEN treatment IS NULL OR (value IS NULL AND treatment NOT IN ('use_json_null',
    'delete_key', 'return_target', 'raise_exception')) THEN error('RAISE 22023: null_value_treatment must be ' ||
    '"delete_key", "return_target", "use_json_null", or "raise_exception"') WHEN value IS NOT NULL OR
    treatment = 'use_json_null' THEN silt_jsonb_set(target, path, coalesce(value, 'null'), creates) WHEN
    treatment = 'delete_key' THEN silt_jsonb_delete_path(target, path) WHEN treatment = 'return_target' THEN target ELSE
    error('RAISE 22004: JSON value must not be null') END
silt_json_items(x) AS '[' || array_to_string(list_transform(x, lambda item: coalesce(item, 'null')), ', ') || ']'
"""


def _statements(text: str) -> list[str]:
    lines = re.split(r"\n(?! )", text.strip())
    return [f"CREATE MACRO {line}".replace("'RAISE ", f"'{RAISED}") for line in lines]


_STATEMENTS: Final = tuple(
    statement for text in (_CASTS, _NUMBERS, _TEXTS, _TIMES, _ARRAYS, _JSONS) for statement in _statements(text)
)
RAISING_MACROS: Final = raising_macros(_STATEMENTS)
"""Those of which there is one that raises nothing: see `quiet`."""
BINDER_MACROS: Final = (*_STATEMENTS, *quiet_macros(_STATEMENTS, RAISING_MACROS))
