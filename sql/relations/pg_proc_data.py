"""The rows of pg_proc that SiltDB has, with the oids of PostgreSQL 15 (pg_proc.dat).

An entry is `oid:proname:flags:prorettype:proargtypes`. The flags are prokind and provolatile, then `t` or `f` for
proisstrict, `s` where it returns a set, `v` where its last argument is variadic.
"""

from __future__ import annotations

from typing import Final

FUNCTIONS: Final = """
3:heap_tableam_handler:fvt:269:2281 31:byteaout:fit:2275:17 33:charout:fit:2275:18 34:namein:fit:19:2275
35:nameout:fit:2275:19 38:int2in:fit:21:2275 39:int2out:fit:2275:21 40:int2vectorin:fit:22:2275
41:int2vectorout:fit:2275:22 42:int4in:fit:23:2275 43:int4out:fit:2275:23 44:regprocin:fst:24:2275
45:regprocout:fst:2275:24 46:textin:fit:25:2275 47:textout:fit:2275:25 48:tidin:fit:27:2275 49:tidout:fit:2275:27
50:xidin:fit:28:2275 51:xidout:fit:2275:28 52:cidin:fit:29:2275 53:cidout:fit:2275:29 54:oidvectorin:fit:30:2275
55:oidvectorout:fit:2275:30 65:int4eq:fit:16:23,23 89:version:fst:25: 109:unknownin:fit:705:2275
110:unknownout:fit:2275:705 195:pg_node_tree_in:fit:194:2275 196:pg_node_tree_out:fit:2275:194
197:pg_node_tree_recv:fst:194:2281 198:pg_node_tree_send:fst:17:194 200:float4in:fit:700:2275 201:float4out:fit:2275:700
214:float8in:fit:701:2275 215:float8out:fit:2275:701 267:table_am_handler_in:fif:269:2275
268:table_am_handler_out:fit:2275:269 274:timeofday:fvt:25: 320:width_bucket:fit:23:701,701,701,23
321:json_in:fit:114:2275 322:json_out:fit:2275:114 323:json_recv:fit:114:2281 324:json_send:fit:17:114
326:index_am_handler_in:fif:325:2275 327:index_am_handler_out:fit:2275:325 330:bthandler:fvt:325:2281
331:hashhandler:fvt:325:2281 332:gisthandler:fvt:325:2281 333:ginhandler:fvt:325:2281 334:spghandler:fvt:325:2281
335:brinhandler:fvt:325:2281 376:string_to_array:fif:1009:25,25,25 378:array_append:fif:5078:5078,5077
379:array_prepend:fif:5078:5077,5078 383:array_cat:fif:5078:5078,5078 384:array_to_string:fsf:25:2277,25,25
394:string_to_array:fif:1009:25,25 395:array_to_string:fst:25:2277,25 438:num_nulls:fifv:23:2276
440:num_nonnulls:fifv:23:2276 460:int8in:fit:20:2275 461:int8out:fit:2275:20 720:octet_length:fit:23:17
721:get_byte:fit:23:17,23 722:set_byte:fit:17:17,23,23 723:get_bit:fit:23:17,20 745:current_user:fst:19:
746:session_user:fst:19: 748:array_ndims:fit:23:2277 749:overlay:fit:17:17,17,23,23 750:array_in:fst:2277:2275,26,23
751:array_out:fst:2275:2277 752:overlay:fit:17:17,17,23 764:lo_import:fvt:26:25 767:lo_import:fvt:26:25,26
810:pg_client_encoding:fst:19: 849:position:fit:23:25,25 861:current_database:fst:19: 868:strpos:fit:23:25,25
870:lower:fit:25:25 871:upper:fit:25:25 872:initcap:fit:25:25 873:lpad:fit:25:25,23,25 874:rpad:fit:25:25,23,25
875:ltrim:fit:25:25,25 876:rtrim:fit:25:25,25 877:substr:fit:25:25,23,23 878:translate:fit:25:25,25,25
879:lpad:fit:25:25,23 880:rpad:fit:25:25,23 881:ltrim:fit:25:25 882:rtrim:fit:25:25 883:substr:fit:25:25,23
884:btrim:fit:25:25,25 885:btrim:fit:25:25 910:inet_in:fit:869:2275 911:inet_out:fit:2275:869
936:substring:fit:25:25,23,23 937:substring:fit:25:25,23 938:generate_series:fits:1114:1114,1114,1186
939:generate_series:fsts:1184:1184,1184,1186 940:mod:fit:21:21,21 941:mod:fit:23:23,23 947:mod:fit:20:20,20
1026:timezone:fit:1114:1186,1184 1031:aclitemin:fst:1033:2275 1032:aclitemout:fst:2275:1033
1039:getdatabaseencoding:fst:19: 1044:bpcharin:fit:1042:2275,26,23 1045:bpcharout:fit:2275:1042
1046:varcharin:fit:1043:2275,26,23 1047:varcharout:fit:2275:1043 1066:generate_series:fits:23:23,23,23
1067:generate_series:fits:23:23,23 1068:generate_series:fits:20:20,20,20 1069:generate_series:fits:20:20,20
1081:format_type:fsf:25:26,23 1084:date_in:fst:1082:2275 1085:date_out:fst:2275:1082 1143:time_in:fst:1083:2275,26,23
1144:time_out:fit:2275:1083 1150:timestamptz_in:fst:1184:2275,26,23 1151:timestamptz_out:fst:2275:1184
1158:to_timestamp:fit:1184:701 1159:timezone:fit:1114:25,1184 1160:interval_in:fst:1186:2275,26,23
1161:interval_out:fst:2275:1186 1171:date_part:fst:701:25,1184 1172:date_part:fit:701:25,1186
1175:justify_hours:fit:1186:1186 1177:jsonb_path_exists_tz:fst:16:3802,4072,3802,16
1179:jsonb_path_query_tz:fsts:3802:3802,4072,3802,16 1180:jsonb_path_query_array_tz:fst:3802:3802,4072,3802,16
1181:age:fst:23:28 1191:generate_subscripts:fits:23:2277,23,16 1192:generate_subscripts:fits:23:2277,23
1194:log10:fit:701:701 1199:age:fit:1186:1184,1184 1215:obj_description:fst:25:26,19 1216:col_description:fst:25:26,23
1217:date_trunc:fst:1184:25,1184 1218:date_trunc:fit:1186:25,1186 1242:boolin:fit:16:2275 1243:boolout:fit:2275:16
1244:byteain:fit:17:2275 1245:charin:fit:18:2275 1264:pg_char_to_encoding:fst:23:19 1269:pg_column_size:fst:23:2276
1282:quote_ident:fit:25:25 1283:quote_literal:fit:25:25 1284:date_trunc:fst:1184:25,1184,25
1285:quote_literal:fst:25:2283 1289:quote_nullable:fif:25:25 1290:quote_nullable:fsf:25:2283
1295:justify_days:fit:1186:1186 1299:now:fst:1184: 1304:overlaps:fif:16:1184,1184,1184,1184
1305:overlaps:fsf:16:1184,1186,1184,1186 1306:overlaps:fsf:16:1184,1184,1184,1186
1307:overlaps:fsf:16:1184,1186,1184,1184 1308:overlaps:fif:16:1083,1083,1083,1083
1309:overlaps:fif:16:1083,1186,1083,1186 1310:overlaps:fif:16:1083,1083,1083,1186
1311:overlaps:fif:16:1083,1186,1083,1083 1312:timestamp_in:fst:1114:2275,26,23 1313:timestamp_out:fst:2275:1114
1317:length:fit:23:25 1318:length:fit:23:1042 1340:log:fit:701:701 1341:ln:fit:701:701 1342:round:fit:701:701
1343:trunc:fit:701:701 1344:sqrt:fit:701:701 1345:cbrt:fit:701:701 1346:pow:fit:701:701,701 1347:exp:fit:701:701
1348:obj_description:fst:25:26 1367:character_length:fit:23:1042 1368:power:fit:701:701,701
1369:character_length:fit:23:25 1372:char_length:fit:23:1042 1373:isfinite:fit:16:1082 1374:octet_length:fit:23:25
1375:octet_length:fit:23:1042 1376:factorial:fit:1700:20 1381:char_length:fit:23:25 1384:date_part:fit:701:25,1082
1385:date_part:fit:701:25,1083 1386:age:fst:1186:1184 1387:pg_get_constraintdef:fst:25:26 1389:isfinite:fit:16:1184
1390:isfinite:fit:16:1186 1394:abs:fit:700:700 1395:abs:fit:701:701 1396:abs:fit:20:20 1397:abs:fit:23:23
1398:abs:fit:21:21 1402:current_schema:fst:19: 1403:current_schemas:fst:1003:16 1404:overlay:fit:25:25,25,23,23
1405:overlay:fit:25:25,25,23 1481:log10:fit:1700:1700 1573:pg_get_ruledef:fst:25:26 1574:nextval:fvt:20:2205
1575:currval:fvt:20:2205 1576:setval:fvt:20:2205,20 1597:pg_encoding_to_char:fst:19:23 1598:random:fvt:701:
1599:setseed:fvt:2278:701 1600:asin:fit:701:701 1601:acos:fit:701:701 1602:atan:fit:701:701 1603:atan2:fit:701:701,701
1604:sin:fit:701:701 1605:cos:fit:701:701 1606:tan:fit:701:701 1607:cot:fit:701:701 1608:degrees:fit:701:701
1609:radians:fit:701:701 1610:pi:fit:701: 1619:pg_typeof:fsf:2206:2276 1620:ascii:fit:23:25 1621:chr:fit:25:23
1622:repeat:fit:25:25,23 1640:pg_get_viewdef:fst:25:25 1641:pg_get_viewdef:fst:25:26 1642:pg_get_userbyid:fst:19:26
1643:pg_get_indexdef:fst:25:26 1662:pg_get_triggerdef:fst:25:26 1665:pg_get_serial_sequence:fst:25:25,25
1686:pg_get_keywords:fsts:2249: 1701:numeric_in:fit:1700:2275,26,23 1702:numeric_out:fit:2275:1700
1705:abs:fit:1700:1700 1706:sign:fit:1700:1700 1707:round:fit:1700:1700,23 1708:round:fit:1700:1700
1709:trunc:fit:1700:1700,23 1710:trunc:fit:1700:1700 1711:ceil:fit:1700:1700 1712:floor:fit:1700:1700
1713:length:fst:23:17,19 1716:pg_get_expr:fst:25:194,26 1728:mod:fit:1700:1700,1700 1730:sqrt:fit:1700:1700
1732:exp:fit:1700:1700 1734:ln:fit:1700:1700 1736:log:fit:1700:1700,1700 1738:pow:fit:1700:1700,1700
1741:log:fit:1700:1700 1765:setval:fvt:20:2205,20,16 1768:to_char:fst:25:1186,25 1770:to_char:fst:25:1184,25
1772:to_char:fst:25:1700,25 1773:to_char:fst:25:23,25 1774:to_char:fst:25:20,25 1775:to_char:fst:25:700,25
1776:to_char:fst:25:701,25 1777:to_number:fst:1700:25,25 1778:to_timestamp:fst:1184:25,25 1780:to_date:fst:1082:25,25
1798:oidin:fit:26:2275 1799:oidout:fit:2275:26 1810:bit_length:fit:23:17 1811:bit_length:fit:23:25
1922:has_table_privilege:fst:16:19,25,25 1923:has_table_privilege:fst:16:19,26,25
1924:has_table_privilege:fst:16:26,25,25 1925:has_table_privilege:fst:16:26,26,25 1926:has_table_privilege:fst:16:25,25
1927:has_table_privilege:fst:16:26,25 1928:pg_stat_get_numscans:fst:20:26 1946:encode:fit:25:17,25
1947:decode:fit:17:25,25 1973:div:fit:1700:1700,1700 1993:shobj_description:fst:25:26,19 2010:length:fit:23:17
2012:substring:fit:17:17,23,23 2013:substring:fit:17:17,23 2014:position:fit:23:17,17 2015:btrim:fit:17:17,17
2020:date_trunc:fit:1114:25,1114 2021:date_part:fit:701:25,1114
2023:jsonb_path_query_first_tz:fst:3802:3802,4072,3802,16 2026:pg_backend_pid:fst:23:
2030:jsonb_path_match_tz:fst:16:3802,4072,3802,16 2034:pg_conf_load_time:fst:1184:
2041:overlaps:fif:16:1114,1114,1114,1114 2042:overlaps:fif:16:1114,1186,1114,1186
2043:overlaps:fif:16:1114,1114,1114,1186 2044:overlaps:fif:16:1114,1186,1114,1114 2048:isfinite:fit:16:1114
2049:to_char:fst:25:1114,25 2050:max:aif:2277:2277 2051:min:aif:2277:2277 2058:age:fit:1186:1114,1114
2059:age:fst:1186:1114 2069:timezone:fit:1184:25,1114 2070:timezone:fit:1184:1186,1114 2073:substring:fit:25:25,25
2074:substring:fit:25:25,25,25 2077:current_setting:fst:25:25 2078:set_config:fvf:25:25,25,16
2079:pg_table_is_visible:fst:16:26 2080:pg_type_is_visible:fst:16:26 2081:pg_function_is_visible:fst:16:26
2082:pg_operator_is_visible:fst:16:26 2083:pg_opclass_is_visible:fst:16:26 2085:substr:fit:17:17,23,23
2086:substr:fit:17:17,23 2087:replace:fit:25:25,25,25 2088:split_part:fit:25:25,25,23 2089:to_hex:fit:25:23
2090:to_hex:fit:25:20 2091:array_lower:fit:23:2277,23 2092:array_upper:fit:23:2277,23
2093:pg_conversion_is_visible:fst:16:26 2096:pg_terminate_backend:fvt:16:23,20 2098:pg_get_functiondef:fst:25:26
2100:avg:aif:1700:20 2101:avg:aif:1700:23 2102:avg:aif:1700:21 2103:avg:aif:1700:1700 2104:avg:aif:701:700
2105:avg:aif:701:701 2106:avg:aif:1186:1186 2107:sum:aif:1700:20 2108:sum:aif:20:23 2109:sum:aif:20:21
2110:sum:aif:700:700 2111:sum:aif:701:701 2113:sum:aif:1186:1186 2114:sum:aif:1700:1700 2115:max:aif:20:20
2116:max:aif:23:23 2117:max:aif:21:21 2118:max:aif:26:26 2119:max:aif:700:700 2120:max:aif:701:701
2122:max:aif:1082:1082 2123:max:aif:1083:1083 2126:max:aif:1114:1114 2127:max:aif:1184:1184 2128:max:aif:1186:1186
2129:max:aif:25:25 2130:max:aif:1700:1700 2131:min:aif:20:20 2132:min:aif:23:23 2133:min:aif:21:21 2134:min:aif:26:26
2135:min:aif:700:700 2136:min:aif:701:701 2138:min:aif:1082:1082 2139:min:aif:1083:1083 2142:min:aif:1114:1114
2143:min:aif:1184:1184 2144:min:aif:1186:1186 2145:min:aif:25:25 2146:min:aif:1700:1700 2147:count:aif:20:2276
2148:variance:aif:1700:20 2149:variance:aif:1700:23 2150:variance:aif:1700:21 2151:variance:aif:701:700
2152:variance:aif:701:701 2153:variance:aif:1700:1700 2154:stddev:aif:1700:20 2155:stddev:aif:1700:23
2156:stddev:aif:1700:21 2157:stddev:aif:701:700 2158:stddev:aif:701:701 2159:stddev:aif:1700:1700
2162:pg_get_function_arguments:fst:25:26 2165:pg_get_function_result:fst:25:26 2167:ceiling:fit:1700:1700
2168:pg_database_size:fvt:20:19 2169:power:fit:1700:1700,1700 2170:width_bucket:fit:23:1700,1700,1700,23
2171:pg_cancel_backend:fvt:16:23 2176:array_length:fit:23:2277,23 2181:has_sequence_privilege:fst:16:19,25,25
2182:has_sequence_privilege:fst:16:19,26,25 2183:has_sequence_privilege:fst:16:26,25,25
2184:has_sequence_privilege:fst:16:26,26,25 2185:has_sequence_privilege:fst:16:25,25
2186:has_sequence_privilege:fst:16:26,25 2196:inet_client_addr:fsf:869: 2197:inet_client_port:fsf:23:
2198:inet_server_addr:fsf:869: 2199:inet_server_port:fsf:23: 2212:regprocedurein:fst:2202:2275
2213:regprocedureout:fst:2275:2202 2214:regoperin:fst:2203:2275 2215:regoperout:fst:2275:2203
2216:regoperatorin:fst:2204:2275 2217:regoperatorout:fst:2275:2204 2218:regclassin:fst:2205:2275
2219:regclassout:fst:2275:2205 2220:regtypein:fst:2206:2275 2221:regtypeout:fst:2275:2206
2232:pg_get_function_identity_arguments:fst:25:26 2236:bit_and:aif:21:21 2237:bit_or:aif:21:21 2238:bit_and:aif:23:23
2239:bit_or:aif:23:23 2240:bit_and:aif:20:20 2241:bit_or:aif:20:20 2244:max:aif:1042:1042 2245:min:aif:1042:1042
2250:has_database_privilege:fst:16:19,25,25 2251:has_database_privilege:fst:16:19,26,25
2252:has_database_privilege:fst:16:26,25,25 2253:has_database_privilege:fst:16:26,26,25
2254:has_database_privilege:fst:16:25,25 2255:has_database_privilege:fst:16:26,25
2256:has_function_privilege:fst:16:19,25,25 2257:has_function_privilege:fst:16:19,26,25
2258:has_function_privilege:fst:16:26,25,25 2259:has_function_privilege:fst:16:26,26,25
2260:has_function_privilege:fst:16:25,25 2261:has_function_privilege:fst:16:26,25
2268:has_schema_privilege:fst:16:19,25,25 2269:has_schema_privilege:fst:16:19,26,25
2270:has_schema_privilege:fst:16:26,25,25 2271:has_schema_privilege:fst:16:26,26,25
2272:has_schema_privilege:fst:16:25,25 2273:has_schema_privilege:fst:16:26,25 2284:regexp_replace:fit:25:25,25,25
2285:regexp_replace:fit:25:25,25,25,25 2286:pg_total_relation_size:fvt:20:2205 2288:pg_size_pretty:fit:25:20
2289:pg_options_to_table:fsts:2249:1009 2290:record_in:fst:2249:2275,26,23 2291:record_out:fst:2275:2249
2292:cstring_in:fit:2275:2275 2293:cstring_out:fit:2275:2275 2294:any_in:fit:2276:2275 2295:any_out:fit:2275:2276
2296:anyarray_in:fit:2277:2275 2297:anyarray_out:fst:2275:2277 2298:void_in:fit:2278:2275 2299:void_out:fit:2275:2278
2300:trigger_in:fif:2279:2275 2301:trigger_out:fit:2275:2279 2302:language_handler_in:fif:2280:2275
2303:language_handler_out:fit:2275:2280 2304:internal_in:fif:2281:2275 2305:internal_out:fit:2275:2281
2308:ceil:fit:701:701 2309:floor:fit:701:701 2310:sign:fit:701:701 2311:md5:fit:25:25 2312:anyelement_in:fit:2283:2275
2313:anyelement_out:fit:2275:2283 2320:ceiling:fit:701:701 2321:md5:fit:25:17 2324:pg_database_size:fvt:20:26
2325:pg_relation_size:fvt:20:2205 2331:unnest:fits:2283:2277 2332:pg_relation_size:fvt:20:2205,25
2335:array_agg:aif:2277:2776 2400:array_recv:fst:2277:2281,26,23 2401:array_send:fst:17:2277
2402:record_recv:fst:2249:2281,26,23 2403:record_send:fst:17:2249 2404:int2recv:fit:21:2281 2405:int2send:fit:17:21
2406:int4recv:fit:23:2281 2407:int4send:fit:17:23 2408:int8recv:fit:20:2281 2409:int8send:fit:17:20
2410:int2vectorrecv:fit:22:2281 2411:int2vectorsend:fit:17:22 2412:bytearecv:fit:17:2281 2413:byteasend:fit:17:17
2414:textrecv:fst:25:2281 2415:textsend:fst:17:25 2416:unknownrecv:fit:705:2281 2417:unknownsend:fit:17:705
2418:oidrecv:fit:26:2281 2419:oidsend:fit:17:26 2420:oidvectorrecv:fit:30:2281 2421:oidvectorsend:fit:17:30
2422:namerecv:fst:19:2281 2423:namesend:fst:17:19 2424:float4recv:fit:700:2281 2425:float4send:fit:17:700
2426:float8recv:fit:701:2281 2427:float8send:fit:17:701 2430:bpcharrecv:fst:1042:2281,26,23 2431:bpcharsend:fst:17:1042
2432:varcharrecv:fst:1043:2281,26,23 2433:varcharsend:fst:17:1043 2434:charrecv:fit:18:2281 2435:charsend:fit:17:18
2436:boolrecv:fit:16:2281 2437:boolsend:fit:17:16 2438:tidrecv:fit:27:2281 2439:tidsend:fit:17:27
2440:xidrecv:fit:28:2281 2441:xidsend:fit:17:28 2442:cidrecv:fit:29:2281 2443:cidsend:fit:17:29
2444:regprocrecv:fit:24:2281 2445:regprocsend:fit:17:24 2446:regprocedurerecv:fit:2202:2281
2447:regproceduresend:fit:17:2202 2448:regoperrecv:fit:2203:2281 2449:regopersend:fit:17:2203
2450:regoperatorrecv:fit:2204:2281 2451:regoperatorsend:fit:17:2204 2452:regclassrecv:fit:2205:2281
2453:regclasssend:fit:17:2205 2454:regtyperecv:fit:2206:2281 2455:regtypesend:fit:17:2206
2460:numeric_recv:fit:1700:2281,26,23 2461:numeric_send:fit:17:1700 2462:sinh:fit:701:701 2463:cosh:fit:701:701
2464:tanh:fit:701:701 2465:asinh:fit:701:701 2466:acosh:fit:701:701 2467:atanh:fit:701:701 2468:date_recv:fit:1082:2281
2469:date_send:fit:17:1082 2470:time_recv:fit:1083:2281,26,23 2471:time_send:fit:17:1083
2474:timestamp_recv:fit:1114:2281,26,23 2475:timestamp_send:fit:17:1114 2476:timestamptz_recv:fit:1184:2281,26,23
2477:timestamptz_send:fit:17:1184 2478:interval_recv:fit:1186:2281,26,23 2479:interval_send:fit:17:1186
2496:inet_recv:fit:869:2281 2497:inet_send:fit:17:869 2500:cstring_recv:fst:2275:2281 2501:cstring_send:fst:17:2275
2502:anyarray_recv:fst:2277:2281 2503:anyarray_send:fst:17:2277 2504:pg_get_ruledef:fst:25:26,16
2505:pg_get_viewdef:fst:25:25,16 2506:pg_get_viewdef:fst:25:26,16 2507:pg_get_indexdef:fst:25:26,23,16
2508:pg_get_constraintdef:fst:25:26,16 2509:pg_get_expr:fst:25:194,26,16 2517:bool_and:aif:16:16 2518:bool_or:aif:16:16
2519:every:aif:16:16 2559:lastval:fvt:20: 2560:pg_postmaster_start_time:fst:1184: 2561:pg_blocking_pids:fvt:1007:23
2626:pg_sleep:fvt:2278:701 2641:var_samp:aif:1700:20 2642:var_samp:aif:1700:23 2643:var_samp:aif:1700:21
2644:var_samp:aif:701:700 2645:var_samp:aif:701:701 2646:var_samp:aif:1700:1700 2647:transaction_timestamp:fst:1184:
2648:statement_timestamp:fst:1184: 2649:clock_timestamp:fvt:1184: 2705:pg_has_role:fst:16:19,19,25
2706:pg_has_role:fst:16:19,26,25 2707:pg_has_role:fst:16:26,19,25 2708:pg_has_role:fst:16:26,26,25
2709:pg_has_role:fst:16:19,25 2710:pg_has_role:fst:16:26,25 2711:justify_interval:fit:1186:1186
2712:stddev_samp:aif:1700:20 2713:stddev_samp:aif:1700:23 2714:stddev_samp:aif:1700:21 2715:stddev_samp:aif:701:700
2716:stddev_samp:aif:701:701 2717:stddev_samp:aif:1700:1700 2718:var_pop:aif:1700:20 2719:var_pop:aif:1700:23
2720:var_pop:aif:1700:21 2721:var_pop:aif:701:700 2722:var_pop:aif:701:701 2723:var_pop:aif:1700:1700
2724:stddev_pop:aif:1700:20 2725:stddev_pop:aif:1700:23 2726:stddev_pop:aif:1700:21 2727:stddev_pop:aif:701:700
2728:stddev_pop:aif:701:701 2729:stddev_pop:aif:1700:1700 2730:pg_get_triggerdef:fst:25:26,16
2763:regexp_matches:fits:1009:25,25 2764:regexp_matches:fits:1009:25,25,25 2765:regexp_split_to_table:fits:25:25,25
2766:regexp_split_to_table:fits:25:25,25,25 2767:regexp_split_to_array:fit:1009:25,25
2768:regexp_split_to_array:fit:1009:25,25,25 2777:anynonarray_in:fit:2776:2275 2778:anynonarray_out:fit:2275:2776
2797:max:aif:27:27 2798:min:aif:27:27 2803:count:aif:20: 2818:regr_count:aif:20:701,701 2824:regr_r2:aif:701:701,701
2825:regr_slope:aif:701:701,701 2826:regr_intercept:aif:701:701,701 2827:covar_pop:aif:701:701,701
2828:covar_samp:aif:701:701,701 2829:corr:aif:701:701,701 2854:pg_my_temp_schema:fst:26:
2855:pg_is_other_temp_schema:fst:16:26 2880:pg_advisory_lock:fvt:2278:20 2882:pg_try_advisory_lock:fvt:16:20
2884:pg_advisory_unlock:fvt:16:20 2886:pg_advisory_lock:fvt:2278:23,23 2888:pg_try_advisory_lock:fvt:16:23,23
2890:pg_advisory_unlock:fvt:16:23,23 2892:pg_advisory_unlock_all:fvt:2278: 2903:intervaltypmodin:fit:23:1263
2904:intervaltypmodout:fit:2275:23 2905:timestamptypmodin:fit:23:1263 2906:timestamptypmodout:fit:2275:23
2907:timestamptztypmodin:fit:23:1263 2908:timestamptztypmodout:fit:2275:23 2909:timetypmodin:fit:23:1263
2910:timetypmodout:fit:2275:23 2913:bpchartypmodin:fit:23:1263 2914:bpchartypmodout:fit:2275:23
2915:varchartypmodin:fit:23:1263 2916:varchartypmodout:fit:2275:23 2917:numerictypmodin:fit:23:1263
2918:numerictypmodout:fit:2275:23 2943:txid_current:fst:20: 2952:uuid_in:fit:2950:2275 2953:uuid_out:fit:2275:2950
2961:uuid_recv:fit:2950:2281 2962:uuid_send:fit:17:2950 2997:pg_table_size:fvt:20:2205 2998:pg_indexes_size:fvt:20:2205
2999:pg_relation_filenode:fst:26:2205 3012:has_column_privilege:fst:16:19,25,25,25
3013:has_column_privilege:fst:16:19,25,21,25 3014:has_column_privilege:fst:16:19,26,25,25
3015:has_column_privilege:fst:16:19,26,21,25 3016:has_column_privilege:fst:16:26,25,25,25
3017:has_column_privilege:fst:16:26,25,21,25 3018:has_column_privilege:fst:16:26,26,25,25
3019:has_column_privilege:fst:16:26,26,21,25 3020:has_column_privilege:fst:16:25,25,25
3021:has_column_privilege:fst:16:25,21,25 3022:has_column_privilege:fst:16:26,25,25
3023:has_column_privilege:fst:16:26,21,25 3024:has_any_column_privilege:fst:16:19,25,25
3025:has_any_column_privilege:fst:16:19,26,25 3026:has_any_column_privilege:fst:16:26,25,25
3027:has_any_column_privilege:fst:16:26,26,25 3028:has_any_column_privilege:fst:16:25,25
3029:has_any_column_privilege:fst:16:26,25 3035:pg_listening_channels:fsts:25: 3036:pg_notify:fvf:2278:25,25
3058:concat:fsfv:25:2276 3059:concat_ws:fsfv:25:25,2276 3060:left:fit:25:25,23 3061:right:fit:25:25,23
3062:reverse:fit:25:25 3089:pg_advisory_xact_lock:fvt:2278:20 3093:pg_advisory_xact_lock:fvt:2278:23,23
3100:row_number:wif:20: 3101:rank:wif:20: 3102:dense_rank:wif:20: 3103:percent_rank:wif:701: 3104:cume_dist:wif:701:
3105:ntile:wit:23:23 3106:lag:wit:2283:2283 3107:lag:wit:2283:2283,23 3108:lag:wit:5077:5077,23,5077
3109:lead:wit:2283:2283 3110:lead:wit:2283:2283,23 3111:lead:wit:5077:5077,23,5077 3112:first_value:wit:2283:2283
3113:last_value:wit:2283:2283 3114:nth_value:wit:2283:2283,23 3116:fdw_handler_in:fif:3115:2275
3117:fdw_handler_out:fit:2275:3115 3120:void_recv:fit:2278:2281 3121:void_send:fit:17:2278
3138:has_type_privilege:fst:16:19,25,25 3139:has_type_privilege:fst:16:19,26,25 3140:has_type_privilege:fst:16:26,25,25
3141:has_type_privilege:fst:16:26,26,25 3142:has_type_privilege:fst:16:25,25 3143:has_type_privilege:fst:16:26,25
3155:row_to_json:fst:114:2249 3156:row_to_json:fst:114:2249,16 3159:pg_get_viewdef:fst:25:26,23
3162:pg_collation_for:fsf:25:2276 3166:pg_size_pretty:fit:25:1700 3167:array_remove:fif:5078:5078,5077
3168:array_replace:fif:5078:5078,5077,5077 3175:json_agg:asf:114:2283 3176:to_json:fst:114:2283
3179:cardinality:fit:23:2277 3197:json_object_agg:asf:114:2276,2276 3198:json_build_array:fsfv:114:2276
3199:json_build_array:fsf:114: 3200:json_build_object:fsfv:114:2276 3201:json_build_object:fsf:114:
3207:jsonb_array_length:fit:23:3802 3208:jsonb_each:fits:2249:3802 3210:jsonb_typeof:fit:25:3802
3217:jsonb_extract_path:fitv:3802:3802,1009 3218:width_bucket:fit:23:5077,5078 3219:jsonb_array_elements:fits:3802:3802
3229:pg_lsn_in:fit:3220:2275 3230:pg_lsn_out:fit:2275:3220 3238:pg_lsn_recv:fit:3220:2281 3239:pg_lsn_send:fit:17:3220
3259:generate_series:fits:1700:1700,1700,1700 3260:generate_series:fits:1700:1700,1700
3262:jsonb_strip_nulls:fit:3802:3802 3267:jsonb_agg:asf:3802:2283 3270:jsonb_object_agg:aif:3802:2276,2276
3271:jsonb_build_array:fsfv:3802:2276 3272:jsonb_build_array:fsf:3802: 3273:jsonb_build_object:fsfv:3802:2276
3274:jsonb_build_object:fsf:3802: 3277:array_position:fif:23:5078,5077 3278:array_position:fif:23:5078,5077,23
3279:array_positions:fif:1007:5078,5077 3281:scale:fit:23:1700 3294:current_setting:fst:25:25,16
3305:jsonb_set:fit:3802:3802,1009,3802,16 3306:jsonb_pretty:fit:25:3802 3311:tsm_handler_in:fif:3310:2275
3312:tsm_handler_out:fit:2275:3310 3352:pg_get_partkeydef:fst:25:26 3355:pg_ndistinct_in:fit:3361:2275
3356:pg_ndistinct_out:fit:2275:3361 3357:pg_ndistinct_recv:fst:3361:2281 3358:pg_ndistinct_send:fst:17:3361
3396:regexp_match:fit:1009:25,25 3397:regexp_match:fit:1009:25,25,25 3404:pg_dependencies_in:fit:3402:2275
3405:pg_dependencies_out:fit:2275:3402 3406:pg_dependencies_recv:fst:3402:2281 3407:pg_dependencies_send:fst:17:3402
3419:sha224:fit:17:17 3420:sha256:fit:17:17 3421:sha384:fit:17:17 3422:sha512:fit:17:17 3432:gen_random_uuid:fvt:2950:
3461:make_timestamp:fit:1114:23,23,23,23,23,701 3462:make_timestamptz:fst:1184:23,23,23,23,23,701
3463:make_timestamptz:fst:1184:23,23,23,23,23,701,25 3464:make_interval:fit:1186:23,23,23,23,23,23,701
3465:jsonb_array_elements_text:fits:25:3802 3493:to_regtype:fst:2206:25 3494:to_regproc:fst:24:25
3495:to_regclass:fst:2205:25 3538:string_agg:aif:25:25,25 3539:format:fsfv:25:25,2276 3540:format:fsf:25:25
3545:string_agg:aif:17:17,17 3564:max:aif:869:869 3565:min:aif:869:869 3594:event_trigger_in:fif:3838:2275
3595:event_trigger_out:fit:2275:3838 3696:starts_with:fit:16:25,25 3778:pg_tablespace_location:fst:25:26
3787:to_jsonb:fst:3802:2283 3803:jsonb_send:fit:17:3802 3804:jsonb_out:fit:2275:3802 3805:jsonb_recv:fit:3802:2281
3806:jsonb_in:fit:3802:2275 3810:pg_is_in_recovery:fvt:16: 3815:pg_collation_is_visible:fst:16:26
3816:array_typanalyze:fst:16:2281 3846:make_date:fit:1082:23,23,23 3847:make_time:fit:1083:23,23,701
3931:jsonb_object_keys:fits:25:3802 3932:jsonb_each_text:fits:2249:3802 3940:jsonb_extract_path_text:fitv:25:3802,1009
3951:json_extract_path:fitv:114:114,1009 3953:json_extract_path_text:fitv:25:114,1009
3955:json_array_elements:fits:114:114 3956:json_array_length:fit:23:114 3957:json_object_keys:fits:25:114
3958:json_each:fits:2249:114 3959:json_each_text:fits:2249:114 3968:json_typeof:fit:25:114
3969:json_array_elements_text:fits:25:114 3972:percentile_disc:aif:2283:701,2283 3974:percentile_cont:aif:701:701,701
3976:percentile_cont:aif:1186:701,1186 3978:percentile_disc:aif:2277:1022,2283 3980:percentile_cont:aif:1022:1022,701
3982:percentile_cont:aif:1187:1022,1186 3984:mode:aif:2283:2283 3986:rank:aifv:20:2276 3988:percent_rank:aifv:701:2276
3990:cume_dist:aifv:701:2276 3992:dense_rank:aifv:20:2276 4001:jsonpath_in:fit:4072:2275
4002:jsonpath_recv:fit:4072:2281 4003:jsonpath_out:fit:2275:4072 4004:jsonpath_send:fit:17:4072
4005:jsonb_path_exists:fit:16:3802,4072,3802,16 4006:jsonb_path_query:fits:3802:3802,4072,3802,16
4007:jsonb_path_query_array:fit:3802:3802,4072,3802,16 4008:jsonb_path_query_first:fit:3802:3802,4072,3802,16
4009:jsonb_path_match:fit:16:3802,4072,3802,16 4053:array_agg:aif:2277:2277 4084:regnamespacein:fst:4089:2275
4085:regnamespaceout:fst:2275:4089 4086:to_regnamespace:fst:4089:25 4087:regnamespacerecv:fit:4089:2281
4088:regnamespacesend:fit:17:4089 4092:regroleout:fst:2275:4096 4093:to_regrole:fst:4096:25
4094:regrolerecv:fit:4096:2281 4095:regrolesend:fit:17:4096 4098:regrolein:fst:4096:2275 4189:max:aif:3220:3220
4190:min:aif:3220:3220 4193:regcollationin:fst:4191:2275 4194:regcollationout:fst:2275:4191
4196:regcollationrecv:fit:4191:2281 4197:regcollationsend:fit:17:4191 5018:pg_mcv_list_in:fit:5017:2275
5019:pg_mcv_list_out:fit:2275:5017 5020:pg_mcv_list_recv:fst:5017:2281 5021:pg_mcv_list_send:fst:17:5017
5044:gcd:fit:23:23,23 5045:gcd:fit:20:20,20 5046:lcm:fit:23:23,23 5047:lcm:fit:20:20,20 5048:gcd:fit:1700:1700,1700
5049:lcm:fit:1700:1700,1700 5059:pg_current_xact_id:fst:5069: 5070:xid8in:fit:5069:2275 5081:xid8out:fit:2275:5069
5082:xid8recv:fit:5069:2281 5083:xid8send:fit:17:5069 5086:anycompatible_in:fit:5077:2275
5087:anycompatible_out:fit:2275:5077 5088:anycompatiblearray_in:fit:5078:2275 5089:anycompatiblearray_out:fst:2275:5078
5090:anycompatiblearray_recv:fst:5078:2281 5091:anycompatiblearray_send:fst:17:5078
5092:anycompatiblenonarray_in:fit:5079:2275 5093:anycompatiblenonarray_out:fit:2275:5079 5099:max:aif:5069:5069
5100:min:aif:5069:5069 6098:jsonb_subscript_handler:fit:2281:2281 6121:pg_relation_is_publishable:fst:16:2205
6160:string_to_table:fifs:25:25,25 6161:string_to_table:fifs:25:25,25,25 6164:bit_xor:aif:21:21 6165:bit_xor:aif:23:23
6166:bit_xor:aif:20:20 6174:pg_get_statisticsobjdef_columns:fst:25:26 6177:date_bin:fit:1114:1186,1114,1114
6178:date_bin:fit:1184:1186,1184,1184 6179:array_subscript_handler:fit:2281:2281
6180:raw_array_subscript_handler:fit:2281:2281 6195:ltrim:fit:17:17,17 6196:rtrim:fit:17:17,17
6199:extract:fit:1700:25,1082 6200:extract:fit:1700:25,1083 6202:extract:fit:1700:25,1114 6203:extract:fst:1700:25,1184
6204:extract:fit:1700:25,1186 6251:regexp_replace:fit:25:25,25,25,23,23,25 6252:regexp_replace:fit:25:25,25,25,23,23
6253:regexp_replace:fit:25:25,25,25,23 6254:regexp_count:fit:23:25,25 6255:regexp_count:fit:23:25,25,23
6256:regexp_count:fit:23:25,25,23,25 6257:regexp_instr:fit:23:25,25 6258:regexp_instr:fit:23:25,25,23
6259:regexp_instr:fit:23:25,25,23,23 6260:regexp_instr:fit:23:25,25,23,23,23 6261:regexp_instr:fit:23:25,25,23,23,23,25
6262:regexp_instr:fit:23:25,25,23,23,23,25,23 6263:regexp_like:fit:16:25,25 6264:regexp_like:fit:16:25,25,25
6265:regexp_substr:fit:25:25,25 6266:regexp_substr:fit:25:25,25,23 6267:regexp_substr:fit:25:25,25,23,23
6268:regexp_substr:fit:25:25,25,23,23,25 6269:regexp_substr:fit:25:25,25,23,23,25,23
"""
