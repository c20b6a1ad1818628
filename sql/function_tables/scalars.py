"""Functions of single values."""

from __future__ import annotations

from typing import Final

NUMBERS: Final = """
abs(smallint) smallint
abs(integer) integer
abs(bigint) bigint
abs(numeric) numeric
abs(real) real
abs(float8) float8
ceil(numeric) numeric = ceil({0}) > DECIMAL(38,0)
ceil(float8) float8
ceiling(numeric) numeric = ceil({0}) > DECIMAL(38,0)
ceiling(float8) float8 = ceil({0})
floor(numeric) numeric = floor({0}) > DECIMAL(38,0)
floor(float8) float8
round(numeric) numeric = round({0}) > DECIMAL(38,0)
round(numeric, integer) numeric = round({*})
round(float8) float8 = round_even({0}, 0)
trunc(numeric) numeric = trunc({0}) > DECIMAL(38,0)
trunc(numeric, integer) numeric = silt_trunc(CAST({0} AS VARCHAR), {1}) > DECIMAL(38,16)
trunc(float8) float8
sign(numeric) numeric = sign({0}) > DECIMAL(38,0)
sign(float8) float8
sqrt(numeric) numeric = silt_numeric_sqrt(CAST({0} AS VARCHAR)) > DECIMAL(38,16)
sqrt(float8) float8 = silt_root({0})
cbrt(float8) float8
exp(numeric) numeric = silt_numeric_exp(CAST({0} AS VARCHAR)) > DECIMAL(38,16)
exp(float8) float8 = silt_exp({0})
ln(numeric) numeric = silt_numeric_ln(CAST({0} AS VARCHAR)) > DECIMAL(38,16)
ln(float8) float8 = silt_ln({0})
log(numeric) numeric = silt_numeric_log(CAST({0} AS VARCHAR)) > DECIMAL(38,16)
log(float8) float8 = silt_log({0})
log(numeric, numeric) numeric = silt_numeric_log_of(CAST({0} AS VARCHAR), CAST({1} AS VARCHAR)) > DECIMAL(38,16)
log10(numeric) numeric = silt_numeric_log(CAST({0} AS VARCHAR)) > DECIMAL(38,16)
log10(float8) float8 = silt_log({0})
power(numeric, numeric) numeric = silt_numeric_power(CAST({0} AS VARCHAR), CAST({1} AS VARCHAR)) > DECIMAL(38,16)
power(float8, float8) float8 = silt_power({0}, {1})
pow(numeric, numeric) numeric = silt_numeric_power(CAST({0} AS VARCHAR), CAST({1} AS VARCHAR)) > DECIMAL(38,16)
pow(float8, float8) float8 = silt_power({0}, {1})
mod(smallint, smallint) smallint = silt_remainder({0}, {1})
mod(integer, integer) integer = silt_remainder({0}, {1})
mod(bigint, bigint) bigint = silt_remainder({0}, {1})
mod(numeric, numeric) numeric = ({0} % {1})
div(numeric, numeric) numeric = silt_div(CAST({0} AS VARCHAR), CAST({1} AS VARCHAR)) > DECIMAL(38,0)
gcd(integer, integer) integer
gcd(bigint, bigint) bigint
lcm(integer, integer) integer
lcm(bigint, bigint) bigint
factorial(bigint) numeric = CAST(factorial(CAST({0} AS INTEGER)) AS DECIMAL(38,0))
pi() float8
degrees(float8) float8 = silt_ranged(degrees({0}), {0})
radians(float8) float8 = silt_ranged(radians({0}), {0})
sin(float8) float8 = silt_within(sin({0}), {0})
cos(float8) float8 = silt_within(cos({0}), {0})
tan(float8) float8 = silt_within(tan({0}), {0})
cot(float8) float8 = silt_within(cot({0}), {0})
asin(float8) float8 = silt_within(asin({0}), {0})
acos(float8) float8 = silt_within(acos({0}), {0})
atan(float8) float8
atan2(float8, float8) float8
sinh(float8) float8
cosh(float8) float8
tanh(float8) float8
random() float8
asinh(float8) float8
acosh(float8) float8 = silt_within(CASE WHEN {0} < 1 THEN CAST('NaN' AS DOUBLE) ELSE acosh({0}) END, {0})
atanh(float8) float8 = silt_within(CASE WHEN abs({0}) > 1 THEN CAST('NaN' AS DOUBLE) WHEN {0} = 1 THEN
    CAST('Infinity' AS DOUBLE) WHEN {0} = -1 THEN CAST('-Infinity' AS DOUBLE) ELSE atanh({0}) END, {0})
sind(float8) float8 = silt_sind({0})
cosd(float8) float8 = silt_cosd({0})
tand(float8) float8 = silt_tand({0})
cotd(float8) float8 = silt_cotd({0})
asind(float8) float8 = silt_asind({0})
acosd(float8) float8 = silt_acosd({0})
atand(float8) float8 = silt_atand({0})
atan2d(float8, float8) float8 = silt_atan2d({0}, {1})
scale(numeric) integer = silt_scale(CAST({0} AS VARCHAR))
min_scale(numeric) integer = silt_min_scale(CAST({0} AS VARCHAR))
width_bucket(float8, float8, float8, integer) integer = silt_width_bucket({0}, {1}, {2}, {3})
to_hex(integer) text = lower(to_hex(CAST({0} AS BIGINT) & 4294967295))
to_hex(bigint) text = lower(to_hex({0}))
hashtext(text) integer = CAST(CAST(hash({0}) % 4294967296 AS BIGINT) - 2147483648 AS INTEGER)
"""

TEXTS: Final = """
length(text) integer
length(bytea) integer = octet_length({0})
length(bytea, text) integer = length(silt_convert_from({0}, {1}))
parse_ident(text) text[] = silt_parse_ident({0}, true)
parse_ident(text, boolean) text[] = silt_parse_ident({0}, {1})
char_length(text) integer = length({0})
character_length(text) integer = length({0})
octet_length(text) integer = octet_length(encode({0}))
octet_length(bytea) integer
octet_length(character) integer = octet_length(encode({0}))
bit_length(text) integer = (8 * octet_length(encode({0})))
lower(text) text
upper(text) text = silt_upper({0})
initcap(text) text = silt_initcap({0})
substring(bytea, integer) bytea = silt_bytes_from({0}, {1})
substring(bytea, integer, integer) bytea = silt_bytes({0}, {1}, {2})
substr(bytea, integer) bytea = silt_bytes_from({0}, {1})
substr(bytea, integer, integer) bytea = silt_bytes({0}, {1}, {2})
substr(text, integer) text = silt_substring({0}, {1})
substr(text, integer, integer) text = silt_substring_for({0}, {1}, {2})
substring(text, integer) text = silt_substring({0}, {1})
substring(text, integer, integer) text = silt_substring_for({0}, {1}, {2})
substring(text, text) text = silt_substring_regex({0}, {1})
substring(text, text, text) text = silt_substring_similar({0}, {1}, {2})
left(text, integer) text
right(text, integer) text = silt_right({0}, {1})
lpad(text, integer) text = silt_lpad({0}, silt_length({1}, 4), ' ')
lpad(text, integer, text) text = silt_lpad({0}, silt_length({1}, 4), {2})
rpad(text, integer) text = silt_rpad({0}, silt_length({1}, 4), ' ')
rpad(text, integer, text) text = silt_rpad({0}, silt_length({1}, 4), {2})
ltrim(text) text = ltrim({0}, ' ')
ltrim(text, text) text
rtrim(text) text = rtrim({0}, ' ')
rtrim(text, text) text
btrim(text) text = trim({0}, ' ')
btrim(text, text) text = trim({0}, {1})
replace(text, text, text) text
translate(text, text, text) text
reverse(text) text
repeat(text, integer) text = repeat({0}, silt_length({1}, strlen({0})))
strpos(text, text) integer
position(text, text) integer = strpos({0}, {1})
position(bytea, bytea) integer = silt_position_bytes({1}, {0})
starts_with(text, text) boolean
split_part(text, text, integer) text = silt_split_part({0}, {1}, {2})
concat(anytext*) text = concat({*})
concat_ws(text, anytext*) text = concat_ws({*})
chr(integer) text = silt_chr({0})
ascii(text) integer
md5(text) text
md5(bytea) text = md5({0})
sha256(bytea) bytea = unhex(sha256({0}))
encode(bytea, text) text = silt_encode({0}, {1})
decode(text, text) bytea = silt_decode({0}, {1})
quote_ident(text) text = silt_quote_ident({0})
quote_literal(anytext) text = silt_quote_literal({0})
quote_nullable(anytext) text = coalesce(silt_quote_literal({0}), 'NULL')
regexp_replace(text, text, text) text = silt_regexp_replace({0}, {1}, {2}, '')
regexp_replace(text, text, text, text) text = silt_regexp_replace({0}, {1}, {2}, {3})
regexp_replace(text, text, text, integer) text = silt_regexp_replace_from({0}, {1}, {2}, {3}, 1, '')
regexp_replace(text, text, text, integer, integer) text = silt_regexp_replace_from({0}, {1}, {2}, {3}, {4}, '')
regexp_replace(text, text, text, integer, integer, text) text = silt_regexp_replace_from({0}, {1}, {2}, {3}, {4}, {5})
regexp_match(text, text) text[] = silt_regexp_match({0}, {1}, '')
regexp_match(text, text, text) text[] = silt_regexp_match({0}, {1}, {2})
regexp_substr(text, text) text = silt_regexp_substr({0}, {1}, 1, 1, '', 0)
regexp_substr(text, text, integer) text = silt_regexp_substr({0}, {1}, {2}, 1, '', 0)
regexp_substr(text, text, integer, integer) text = silt_regexp_substr({0}, {1}, {2}, {3}, '', 0)
regexp_substr(text, text, integer, integer, text) text = silt_regexp_substr({0}, {1}, {2}, {3}, {4}, 0)
regexp_substr(text, text, integer, integer, text, integer) text = silt_regexp_substr({0}, {1}, {2}, {3}, {4}, {5})
regexp_count(text, text) integer = silt_regexp_count({0}, {1}, 1, '')
regexp_count(text, text, integer) integer = silt_regexp_count({0}, {1}, {2}, '')
regexp_count(text, text, integer, text) integer = silt_regexp_count({0}, {1}, {2}, {3})
regexp_instr(text, text) integer = silt_regexp_instr({0}, {1}, 1, 1, 0, '', 0)
regexp_instr(text, text, integer) integer = silt_regexp_instr({0}, {1}, {2}, 1, 0, '', 0)
regexp_instr(text, text, integer, integer) integer = silt_regexp_instr({0}, {1}, {2}, {3}, 0, '', 0)
regexp_instr(text, text, integer, integer, integer) integer = silt_regexp_instr({0}, {1}, {2}, {3}, {4}, '', 0)
regexp_instr(text, text, integer, integer, integer, text) integer = silt_regexp_instr({0}, {1}, {2}, {3}, {4}, {5}, 0)
regexp_instr(text, text, integer, integer, integer, text, integer) integer = silt_regexp_instr({*})
regexp_like(text, text) boolean = silt_regexp_like({0}, {1}, '')
regexp_like(text, text, text) boolean = silt_regexp_like({0}, {1}, {2})
regexp_split_to_array(text, text) text[] = silt_regexp_split_to_array({0}, {1}, '')
regexp_split_to_array(text, text, text) text[] = silt_regexp_split_to_array({0}, {1}, {2})
string_to_array(text, text) text[] = silt_string_to_array({0}, {1})
string_to_array(text, text, text) text[] = list_transform(silt_string_to_array({0}, {1}), lambda item:
    CASE WHEN item = {2} THEN NULL ELSE item END)
overlay(bytea, bytea, integer) bytea = silt_overlay_bytes({0}, {1}, {2}, CAST(octet_length({1}) AS INTEGER))
overlay(bytea, bytea, integer, integer) bytea = silt_overlay_bytes({*})
overlay(text, text, integer) text = silt_overlay({0}, {1}, {2}, CAST(length({1}) AS INTEGER))
overlay(text, text, integer, integer) text = silt_overlay({0}, {1}, {2}, {3})
text(text) text = {0}
unistr(text) text = silt_unistr({0})
normalize(text) text = nfc_normalize({0})
normalize(text, text) text = silt_normalize({0}, {1})
convert_from(bytea, text) text = silt_convert_from({0}, {1})
convert_to(text, text) bytea = silt_convert_to({0}, {1})
convert(bytea, text, text) bytea = silt_convert_to(silt_convert_from({0}, {1}), {2})
get_byte(bytea, integer) integer = silt_get_byte({0}, {1})
set_byte(bytea, integer, integer) bytea = silt_set_byte({0}, {1}, {2})
get_bit(bytea, bigint) integer = silt_get_bit({0}, {1})
set_bit(bytea, bigint, integer) bytea = silt_set_bit({0}, {1}, {2})
bit_count(bytea) bigint = silt_bit_count({0})
sha224(bytea) bytea = silt_sha224({0})
sha384(bytea) bytea = silt_sha384({0})
sha512(bytea) bytea = silt_sha512({0})
btrim(bytea, bytea) bytea = silt_trim_bytes({0}, {1})
ltrim(bytea, bytea) bytea = silt_ltrim_bytes({0}, {1})
rtrim(bytea, bytea) bytea = silt_rtrim_bytes({0}, {1})
bit_length(bytea) integer = (8 * octet_length({0}))
"""

TIMES: Final = """
date_part(text, timestamp) float8 = silt_date_part({0}, {1})
date_part(text, timestamptz) float8 = silt_date_part({0}, {1})
date_part(text, date) float8 = silt_date_part({0}, {1})
date_part(text, time) float8 = silt_date_part({0}, {1})
date_part(text, interval) float8 = silt_date_part({0}, {1})
date_trunc(text, timestamptz) timestamptz = date_trunc({0}, {1})
date_trunc(text, timestamp) timestamp = date_trunc({0}, {1})
date_trunc(text, interval) interval = date_trunc({0}, {1})
date_trunc(text, timestamptz, text) timestamptz = timezone({2}, date_trunc({0}, timezone({2}, {1})))
date_bin(interval, timestamp, timestamp) timestamp = silt_date_bin({0}, {1}, {2})
date_bin(interval, timestamptz, timestamptz) timestamptz = silt_date_bin({0}, {1}, {2})
age(timestamptz, timestamptz) interval = silt_age({0}, {1})
age(timestamp) interval = silt_age(CAST(current_date AS TIMESTAMP), {0})
age(timestamptz) interval = silt_age(CAST(current_date AS TIMESTAMPTZ), {0})
age(timestamp, timestamp) interval = silt_age({0}, {1})
make_date(integer, integer, integer) date = make_date(silt_make_date({*}))
make_time(integer, integer, float8) time = silt_time(silt_make_time({*}))
make_timestamp(integer, integer, integer, integer, integer, float8) timestamp = make_timestamp(silt_make_timestamp({*}))
make_timestamptz(integer, integer, integer, integer, integer, float8) timestamptz =
    make_timestamptz(silt_make_timestamptz({*}, current_setting('TimeZone')))
make_timestamptz(integer, integer, integer, integer, integer, float8, text) timestamptz =
    make_timestamptz(silt_make_timestamptz({*}))
to_timestamp(float8) timestamptz = silt_to_timestamp_of({0})
to_timestamp(text, text) timestamptz = make_timestamptz(silt_to_timestamp({0}, {1}, current_setting('TimeZone')))
to_date(text, text) date = make_date(silt_to_date({0}, {1}))
to_char(timestamp, text) text = silt_timestamp_to_char(epoch_us(silt_finite_moment({0})), {1})
to_char(timestamptz, text) text = silt_timestamptz_to_char(epoch_us(silt_finite_moment({0})), {1},
    current_setting('TimeZone'))
to_char(interval, text) text = silt_interval_to_char(CAST(silt_months({0}) AS BIGINT), silt_days({0}),
    CAST(silt_clock_us({0}) AS BIGINT), {1})
to_char(integer, text) text = silt_number_to_char(CAST({0} AS VARCHAR), 'integer', {1})
to_char(bigint, text) text = silt_number_to_char(CAST({0} AS VARCHAR), 'integer', {1})
to_char(numeric, text) text = silt_number_to_char(CAST({0} AS VARCHAR), 'numeric', {1})
to_char(real, text) text = silt_number_to_char(CAST({0} AS VARCHAR), 'real', {1})
to_char(float8, text) text = silt_number_to_char(CAST({0} AS VARCHAR), 'double precision', {1})
to_number(text, text) numeric = silt_to_number({0}, {1}) > DECIMAL(38,9)
isfinite(timestamp) boolean = isfinite({0})
isfinite(timestamptz) boolean = isfinite({0})
isfinite(date) boolean = isfinite({0})
isfinite(interval) boolean = ({0} IS NOT NULL)
justify_days(interval) interval = silt_justified_days(CAST(silt_months({0}) AS BIGINT), silt_days({0}),
    CAST(silt_clock_us({0}) AS BIGINT))
justify_hours(interval) interval = silt_justified_hours(CAST(silt_months({0}) AS BIGINT), silt_days({0}),
    CAST(silt_clock_us({0}) AS BIGINT))
justify_interval(interval) interval = silt_justified(CAST(silt_months({0}) AS BIGINT), silt_days({0}),
    CAST(silt_clock_us({0}) AS BIGINT))
timezone(text, timestamptz) timestamp
timezone(text, timestamp) timestamptz
timezone(interval, timestamptz) timestamp = CAST(timezone('UTC', {1}) + silt_offset({0}) AS TIMESTAMP)
timezone(interval, timestamp) timestamptz = timezone('UTC', {1} - silt_offset({0}))
"""

ARRAYS: Final = """
array_length(anyarray, integer) integer = silt_array_length({0}, {1})
array_ndims(anyarray) integer = CASE WHEN len({0}) > 0 THEN 1 END
array_lower(anyarray, integer) integer = CASE WHEN len({0}) > 0 AND {1} = 1 THEN 1 END
array_upper(anyarray, integer) integer = silt_array_length({0}, {1})
cardinality(anyarray) integer = len({0})
array_append(anyarray, anyelement) anyarray = list_append(coalesce({0}, []), {1})
array_prepend(anyelement, anyarray) anyarray = list_prepend({0}, coalesce({1}, []))
array_cat(anyarray, anyarray) anyarray = silt_array_cat({0}, {1})
array_position(anyarray, anyelement) integer = silt_array_position({0}, {1}, 1)
array_position(anyarray, anyelement, integer) integer = silt_array_position({0}, {1}, {2})
array_dims(anyarray) text = CASE WHEN len({0}) > 0 THEN '[1:' || len({0}) || ']' END
array_positions(anyarray, anyelement) integer[] = silt_array_positions({0}, {1})
array_remove(anyarray, anyelement) anyarray = list_filter({0}, lambda item: item IS DISTINCT FROM {1})
array_replace(anyarray, anyelement, anyelement) anyarray = list_transform({0}, lambda item:
    CASE WHEN item IS NOT DISTINCT FROM {1} THEN {2} ELSE item END)
array_to_string(text[], text) text = CASE WHEN {1} IS NOT NULL THEN array_to_string({0}, {1}) END
array_to_string(text[], text, text) text = CASE WHEN {1} IS NOT NULL THEN array_to_string(
    list_transform({0}, lambda item: coalesce(item, {2})), {1}) END
array_fill(anyelement, integer[]) anyarray = silt_array_fill({0}, {1})
array_fill(anyelement, integer[], integer[]) anyarray = silt_array_fill_from({0}, {1}, {2})
width_bucket(anyelement, anyarray) integer = silt_bucket({0}, {1})
trim_array(anyarray, integer) anyarray = silt_array_trim({0}, {1})
num_nulls(anytext, anytext*) integer = len(list_filter([{*}], lambda item: item IS NULL))
num_nonnulls(anytext, anytext*) integer = len(list_filter([{*}], lambda item: item IS NOT NULL))
"""

JSONS: Final = """
to_json(anyjson) json = {0}
to_jsonb(anyjson) jsonb = silt_jsonb_input({0})
row_to_json(anyjson) json = {0}
array_to_json(anyjson) json = {0}
json_build_object(anyjson*) json = silt_json_pairs(CAST([{*}] AS VARCHAR[]))
jsonb_build_object(anyjson*) jsonb = silt_jsonb_input(silt_json_pairs(CAST([{*}] AS VARCHAR[])))
json_build_array(anyjson*) json = silt_json_items(CAST([{*}] AS VARCHAR[]))
jsonb_build_array(anyjson*) jsonb = silt_jsonb_input(silt_json_items(CAST([{*}] AS VARCHAR[])))
json_object(text[]) json = silt_json_object({0})
json_object(text[], text[]) json = silt_json_object_of({0}, {1})
jsonb_object(text[]) jsonb = silt_jsonb_input(silt_json_object({0}))
jsonb_object(text[], text[]) jsonb = silt_jsonb_input(silt_json_object_of({0}, {1}))
json_array_length(json) integer = silt_json_length({0})
jsonb_array_length(jsonb) integer = silt_json_length({0})
json_typeof(json) text = silt_json_typeof({0})
jsonb_typeof(jsonb) text = silt_json_typeof({0})
json_extract_path(json, text*) json = silt_json_path({0}, [{+}])
json_extract_path_text(json, text*) text = silt_json_path_text({0}, [{+}])
jsonb_extract_path(jsonb, text*) jsonb = silt_json_path({0}, [{+}])
jsonb_extract_path_text(jsonb, text*) text = silt_json_path_text({0}, [{+}])
jsonb_set(jsonb, text[], jsonb) jsonb = silt_jsonb_set({0}, {1}, {2}, true)
jsonb_set(jsonb, text[], jsonb, boolean) jsonb = silt_jsonb_set({0}, {1}, {2}, {3})
jsonb_insert(jsonb, text[], jsonb) jsonb = silt_jsonb_insert({0}, {1}, {2}, false)
jsonb_insert(jsonb, text[], jsonb, boolean) jsonb = silt_jsonb_insert({0}, {1}, {2}, {3})
jsonb_set_lax(jsonb, text[], jsonb) jsonb = silt_jsonb_set({0}, {1}, coalesce({2}, 'null'), true)
jsonb_set_lax(jsonb, text[], jsonb, boolean) jsonb = silt_jsonb_set({0}, {1}, coalesce({2}, 'null'), {3})
jsonb_set_lax(jsonb, text[], jsonb, boolean, text) jsonb = silt_jsonb_set_lax({0}, {1}, {2}, {3}, {4})
jsonb_pretty(jsonb) text = silt_jsonb_pretty({0})
json_strip_nulls(json) json = silt_json_strip_nulls({0})
jsonb_strip_nulls(jsonb) jsonb = silt_jsonb_strip_nulls({0})
jsonb_contains(jsonb, jsonb) boolean = silt_jsonb_contains({0}, {1})
jsonb_concat(jsonb, jsonb) jsonb = silt_jsonb_concat({0}, {1})
"""

OTHERS: Final = """
gen_random_uuid() uuid = uuid()
pg_typeof(any) regtype
pg_size_bytes(text) bigint = silt_size_bytes({0})
pg_column_size(any) integer = octet_length(encode(CAST({0} AS VARCHAR)))
timeofday() text = CAST(get_current_timestamp() AS VARCHAR)
clock_timestamp() timestamptz = get_current_timestamp()
bool(integer) boolean = CAST({0} AS BOOLEAN)
oid(bigint) oid = {0}
"""

SCALARS: Final = NUMBERS + TEXTS + TIMES + ARRAYS + JSONS + OTHERS
