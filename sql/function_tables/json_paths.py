"""Functions of json paths. Those …_tz compare moments by the session's time zone."""

from __future__ import annotations

from typing import Final

SCALAR_JSON_PATHS: Final = """
jsonb_path_exists(jsonb, jsonpath) boolean = silt_jsonb_path_exists({0}, {1}, '{}', false, '')
jsonb_path_exists(jsonb, jsonpath, jsonb) boolean = silt_jsonb_path_exists({0}, {1}, {2}, false, '')
jsonb_path_exists(jsonb, jsonpath, jsonb, boolean) boolean = silt_jsonb_path_exists({*}, '')
jsonb_path_exists_tz(jsonb, jsonpath) boolean =
    silt_jsonb_path_exists({0}, {1}, '{}', false, current_setting('TimeZone'))
jsonb_path_exists_tz(jsonb, jsonpath, jsonb) boolean =
    silt_jsonb_path_exists({0}, {1}, {2}, false, current_setting('TimeZone'))
jsonb_path_exists_tz(jsonb, jsonpath, jsonb, boolean) boolean =
    silt_jsonb_path_exists({*}, current_setting('TimeZone'))
jsonb_path_match(jsonb, jsonpath) boolean = silt_jsonb_path_match({0}, {1}, '{}', false, '')
jsonb_path_match(jsonb, jsonpath, jsonb) boolean = silt_jsonb_path_match({0}, {1}, {2}, false, '')
jsonb_path_match(jsonb, jsonpath, jsonb, boolean) boolean = silt_jsonb_path_match({*}, '')
jsonb_path_match_tz(jsonb, jsonpath) boolean =
    silt_jsonb_path_match({0}, {1}, '{}', false, current_setting('TimeZone'))
jsonb_path_match_tz(jsonb, jsonpath, jsonb) boolean =
    silt_jsonb_path_match({0}, {1}, {2}, false, current_setting('TimeZone'))
jsonb_path_match_tz(jsonb, jsonpath, jsonb, boolean) boolean = silt_jsonb_path_match({*}, current_setting('TimeZone'))
jsonb_path_query_array(jsonb, jsonpath) jsonb = silt_jsonb_path_query_array({0}, {1}, '{}', false, '')
jsonb_path_query_array(jsonb, jsonpath, jsonb) jsonb = silt_jsonb_path_query_array({0}, {1}, {2}, false, '')
jsonb_path_query_array(jsonb, jsonpath, jsonb, boolean) jsonb = silt_jsonb_path_query_array({*}, '')
jsonb_path_query_array_tz(jsonb, jsonpath) jsonb =
    silt_jsonb_path_query_array({0}, {1}, '{}', false, current_setting('TimeZone'))
jsonb_path_query_array_tz(jsonb, jsonpath, jsonb) jsonb =
    silt_jsonb_path_query_array({0}, {1}, {2}, false, current_setting('TimeZone'))
jsonb_path_query_array_tz(jsonb, jsonpath, jsonb, boolean) jsonb =
    silt_jsonb_path_query_array({*}, current_setting('TimeZone'))
jsonb_path_query_first(jsonb, jsonpath) jsonb = silt_jsonb_path_query_first({0}, {1}, '{}', false, '')
jsonb_path_query_first(jsonb, jsonpath, jsonb) jsonb = silt_jsonb_path_query_first({0}, {1}, {2}, false, '')
jsonb_path_query_first(jsonb, jsonpath, jsonb, boolean) jsonb = silt_jsonb_path_query_first({*}, '')
jsonb_path_query_first_tz(jsonb, jsonpath) jsonb =
    silt_jsonb_path_query_first({0}, {1}, '{}', false, current_setting('TimeZone'))
jsonb_path_query_first_tz(jsonb, jsonpath, jsonb) jsonb =
    silt_jsonb_path_query_first({0}, {1}, {2}, false, current_setting('TimeZone'))
jsonb_path_query_first_tz(jsonb, jsonpath, jsonb, boolean) jsonb =
    silt_jsonb_path_query_first({*}, current_setting('TimeZone'))
"""

SETS_OF_JSON_PATHS: Final = """
#jsonb_path_query(jsonb, jsonpath) jsonb = silt_jsonb_path_query({0}, {1}, '{}', false, '')
#jsonb_path_query(jsonb, jsonpath, jsonb) jsonb = silt_jsonb_path_query({0}, {1}, {2}, false, '')
#jsonb_path_query(jsonb, jsonpath, jsonb, boolean) jsonb = silt_jsonb_path_query({*}, '')
#jsonb_path_query_tz(jsonb, jsonpath) jsonb = silt_jsonb_path_query({0}, {1}, '{}', false, current_setting('TimeZone'))
#jsonb_path_query_tz(jsonb, jsonpath, jsonb) jsonb =
    silt_jsonb_path_query({0}, {1}, {2}, false, current_setting('TimeZone'))
#jsonb_path_query_tz(jsonb, jsonpath, jsonb, boolean) jsonb = silt_jsonb_path_query({*}, current_setting('TimeZone'))
"""
"""The template gives a list; the binder unnests it."""
