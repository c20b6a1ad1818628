"""Aggregates, window functions, and functions that return sets."""

from __future__ import annotations

from typing import Final

AGGREGATES: Final = """
@count() bigint = count(*){s}
@count(any) bigint
@sum(smallint) bigint
@sum(integer) bigint
@sum(bigint) numeric = sum({d}{0}){s} > DECIMAL(38,0)
@sum(numeric) numeric
@sum(real) real = silt_float8_to_float4(sum({d}{0}{o}){s})
@sum(float8) float8
@sum(interval) interval = silt_summed_interval(sum(silt_months({0})){s}, sum(date_part('day', {0})){s},
    sum(silt_clock_us({0})){s})
@avg(smallint) numeric = silt_average
@avg(integer) numeric = silt_average
@avg(bigint) numeric = silt_average
@avg(numeric) numeric = silt_average
@avg(real) float8
@avg(float8) float8
@avg(interval) interval = silt_interval_quotient(silt_summed_interval(sum(silt_months({0})){s},
    sum(date_part('day', {0})){s}, sum(silt_clock_us({0})){s}), CAST(nullif(count({0}){s}, 0) AS DOUBLE))
@min(text) text
@min(character) character
@min(smallint) smallint
@min(integer) integer
@min(bigint) bigint
@min(oid) oid
@min(real) real
@min(float8) float8
@min(numeric) numeric
@min(date) date
@min(time) time
@min(timestamp) timestamp
@min(timestamptz) timestamptz
@min(interval) interval
@min(anyarray) anyarray
@max(text) text
@max(character) character
@max(smallint) smallint
@max(integer) integer
@max(bigint) bigint
@max(oid) oid
@max(real) real
@max(float8) float8
@max(numeric) numeric
@max(date) date
@max(time) time
@max(timestamp) timestamp
@max(timestamptz) timestamptz
@max(interval) interval
@max(anyarray) anyarray
@bool_and(boolean) boolean
@bool_or(boolean) boolean
@every(boolean) boolean = bool_and({d}{0}{o}){s}
@bit_and(smallint) smallint
@bit_and(integer) integer
@bit_and(bigint) bigint
@bit_or(smallint) smallint
@bit_or(integer) integer
@bit_or(bigint) bigint
@bit_xor(smallint) smallint
@bit_xor(integer) integer
@bit_xor(bigint) bigint
@string_agg(text, text) text = string_agg({d}{0}, coalesce({1}, ''){o}){s}
@string_agg(bytea, bytea) bytea = unhex(string_agg({d}hex({0}), coalesce(hex({1}), ''){o}){s})
@array_agg(anyelement) anyarray
@json_agg(record) json = ('[' || string_agg({d}coalesce({0}, 'null'), ', ' || chr(10) || ' '{o}){s} || ']')
@json_agg(jsonarray) json = ('[' || string_agg({d}coalesce({0}, 'null'), ', ' || chr(10) || ' '{o}){s} || ']')
@json_agg(anyjson) json = ('[' || string_agg({d}coalesce({0}, 'null'), ', '{o}){s} || ']')
@jsonb_agg(anyjson) jsonb = silt_jsonb_input('[' || string_agg({d}coalesce({0}, 'null'), ','{o}){s} || ']')
@json_object_agg(anykey, anyjson) json = ('{ ' || string_agg({d}silt_json_key({0}) || ' : ' ||
    coalesce({1}, 'null'), ', '{o}){s} || ' }')
@jsonb_object_agg(anykey, anyjson) jsonb = silt_jsonb_input('{' || string_agg({d}silt_json_key({0}) || ':' ||
    coalesce({1}, 'null'), ','{o}){s} || '}')
@stddev(smallint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'stddev_samp') > DECIMAL(38,16)
@stddev(integer) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'stddev_samp') > DECIMAL(38,16)
@stddev(bigint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'stddev_samp') > DECIMAL(38,16)
@stddev_samp(smallint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'stddev_samp') > DECIMAL(38,16)
@stddev_samp(integer) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'stddev_samp') > DECIMAL(38,16)
@stddev_samp(bigint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'stddev_samp') > DECIMAL(38,16)
@stddev_pop(smallint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'stddev_pop') > DECIMAL(38,16)
@stddev_pop(integer) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'stddev_pop') > DECIMAL(38,16)
@stddev_pop(bigint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'stddev_pop') > DECIMAL(38,16)
@variance(smallint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'var_samp') > DECIMAL(38,16)
@variance(integer) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'var_samp') > DECIMAL(38,16)
@variance(bigint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'var_samp') > DECIMAL(38,16)
@var_samp(smallint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'var_samp') > DECIMAL(38,16)
@var_samp(integer) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'var_samp') > DECIMAL(38,16)
@var_samp(bigint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'var_samp') > DECIMAL(38,16)
@var_pop(smallint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'var_pop') > DECIMAL(38,16)
@var_pop(integer) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'var_pop') > DECIMAL(38,16)
@var_pop(bigint) numeric = silt_spread_of(count({0}){s}, sum(CAST({0} AS HUGEINT)){s},
    sum(CAST({0} AS HUGEINT) * CAST({0} AS HUGEINT)){s}, 'var_pop') > DECIMAL(38,16)
@stddev(numeric) numeric = stddev({d}{0}{o}){s} > DECIMAL(38,16)
@stddev(float8) float8
@stddev_samp(numeric) numeric = stddev_samp({d}{0}{o}){s} > DECIMAL(38,16)
@stddev_samp(float8) float8
@stddev_pop(numeric) numeric = stddev_pop({d}{0}{o}){s} > DECIMAL(38,16)
@stddev_pop(float8) float8 = (stddev_pop({d}{0}{o}){s} + 0 * max({0}){s})
@variance(numeric) numeric = variance({d}{0}{o}){s} > DECIMAL(38,16)
@variance(float8) float8
@var_samp(numeric) numeric = var_samp({d}{0}{o}){s} > DECIMAL(38,16)
@var_samp(float8) float8
@var_pop(numeric) numeric = var_pop({d}{0}{o}){s} > DECIMAL(38,16)
@var_pop(float8) float8 = (var_pop({d}{0}{o}){s} + 0 * max({0}){s})
@corr(float8, float8) float8 = silt_defined(corr({d}{0}, {1}{o}){s})
@covar_pop(float8, float8) float8
@covar_samp(float8, float8) float8
@regr_avgx(float8, float8) float8
@regr_avgy(float8, float8) float8
@regr_count(float8, float8) bigint
@regr_intercept(float8, float8) float8
@regr_r2(float8, float8) float8
@regr_sxx(float8, float8) float8
@regr_sxy(float8, float8) float8
@regr_syy(float8, float8) float8
@regr_slope(float8, float8) float8 = silt_defined(regr_slope({d}{0}, {1}{o}){s})
"""

ORDERED_SET: Final = """
@percentile_cont(float8) float8
@percentile_disc(float8) anyelement
@mode() anyelement
"""
"""Called with WITHIN GROUP (ORDER BY …); `anyelement` is what is ordered."""

WINDOWS: Final = """
%row_number() bigint
%rank() bigint
%dense_rank() bigint
%percent_rank() float8
%cume_dist() float8
%ntile(integer) integer = ntile(silt_tiles({0}))
%lag(anyelement | integer, anyelement) anyelement = lag({*})
%lead(anyelement | integer, anyelement) anyelement = lead({*})
%first_value(anyelement) anyelement
%last_value(anyelement) anyelement
%nth_value(anyelement, integer) anyelement = nth_value({0}, silt_nth({1}))
"""

SETS: Final = """
#generate_series(integer, integer) integer = silt_series({0}, {1}, 1)
#generate_series(integer, integer, integer) integer = silt_series({0}, {1}, {2})
#generate_series(bigint, bigint) bigint = silt_series({0}, {1}, 1)
#generate_series(bigint, bigint, bigint) bigint = silt_series({0}, {1}, {2})
#generate_series(numeric, numeric) numeric = silt_numeric_series({0}, {1}, 1)
#generate_series(numeric, numeric, numeric) numeric = silt_numeric_series({0}, {1}, {2})
#generate_series(timestamp, timestamp, interval) timestamp = silt_moments({0}, {1}, {2})
#generate_series(timestamptz, timestamptz, interval) timestamptz = silt_moments({0}, {1}, {2})
#generate_subscripts(anyarray, integer) integer = CASE WHEN {1} = 1 THEN generate_series(1, len({0})) ELSE [] END
#generate_subscripts(anyarray, integer, boolean) integer = CASE WHEN {1} <> 1 THEN [] WHEN {2} THEN
    generate_series(len({0}), 1, -1) ELSE generate_series(1, len({0})) END
#unnest(anyarray) anyelement = {0}
#pg_listening_channels() text = []
#pg_partition_ancestors(regclass) regclass = []
#regexp_split_to_table(text, text) text = silt_regexp_split_to_table({0}, {1}, '')
#regexp_split_to_table(text, text, text) text = silt_regexp_split_to_table({0}, {1}, {2})
#string_to_table(text, text) text = silt_string_to_array({0}, {1})
#string_to_table(text, text, text) text = list_transform(silt_string_to_array({0}, {1}), lambda item:
    CASE WHEN item = {2} THEN NULL ELSE item END)
#regexp_matches(text, text) text[] = silt_regexp_matches({0}, {1}, '')
#regexp_matches(text, text, text) text[] = silt_regexp_matches({0}, {1}, {2})
#json_array_elements(json) json = silt_json_elements({0})
#jsonb_array_elements(jsonb) jsonb = silt_jsonb_elements({0})
#json_array_elements_text(json) text = silt_json_elements_text({0})
#jsonb_array_elements_text(jsonb) text = silt_jsonb_elements_text({0})
#json_each(json) record = silt_json_each_keys({0}), silt_json_each_values({0})
#jsonb_each(jsonb) record = silt_json_each_keys({0}), silt_json_each_values({0})
#json_each_text(json) record = silt_json_each_keys({0}), silt_json_each_texts({0})
#jsonb_each_text(jsonb) record = silt_json_each_keys({0}), silt_json_each_texts({0})
#json_object_keys(json) text = silt_json_keys({0})
#jsonb_object_keys(jsonb) text = silt_jsonb_keys({0})
"""
"""The template gives a list; the binder unnests it."""
