"""The rows of pg_type that SiltDB has, as PostgreSQL 15 has them (pg_type.dat).

A type a line: oid, typname, typlen, typbyval, typtype, typcategory, typispreferred, typalign, typstorage, typcollation,
typelem, typarray, typsubscript, typinput, typoutput, typreceive, typsend, typmodin, typmodout. The rows of array types
follow from those of their elements.
"""

from __future__ import annotations

from typing import Final

BASE_TYPES: Final = """
16 bool 1 t b B t c p 0 0 1000 0 1242 1243 2436 2437 0 0
17 bytea -1 f b U f i x 0 0 1001 0 1244 31 2412 2413 0 0
18 char 1 t b Z f c p 0 0 1002 0 1245 33 2434 2435 0 0
19 name 64 f b S f c p 950 18 1003 6180 34 35 2422 2423 0 0
20 int8 8 t b N f d p 0 0 1016 0 460 461 2408 2409 0 0
21 int2 2 t b N f s p 0 0 1005 0 38 39 2404 2405 0 0
22 int2vector -1 f b A f i p 0 21 1006 6179 40 41 2410 2411 0 0
23 int4 4 t b N f i p 0 0 1007 0 42 43 2406 2407 0 0
24 regproc 4 t b N f i p 0 0 1008 0 44 45 2444 2445 0 0
25 text -1 f b S t i x 100 0 1009 0 46 47 2414 2415 0 0
26 oid 4 t b N t i p 0 0 1028 0 1798 1799 2418 2419 0 0
27 tid 6 f b U f s p 0 0 1010 0 48 49 2438 2439 0 0
28 xid 4 t b U f i p 0 0 1011 0 50 51 2440 2441 0 0
29 cid 4 t b U f i p 0 0 1012 0 52 53 2442 2443 0 0
30 oidvector -1 f b A f i p 0 26 1013 6179 54 55 2420 2421 0 0
114 json -1 f b U f i x 0 0 199 0 321 322 323 324 0 0
194 pg_node_tree -1 f b Z f i x 100 0 0 0 195 196 197 198 0 0
269 table_am_handler 4 t p P f i p 0 0 0 0 267 268 0 0 0 0
325 index_am_handler 4 t p P f i p 0 0 0 0 326 327 0 0 0 0
700 float4 4 t b N f i p 0 0 1021 0 200 201 2424 2425 0 0
701 float8 8 t b N t d p 0 0 1022 0 214 215 2426 2427 0 0
705 unknown -2 f p X f c p 0 0 0 0 109 110 2416 2417 0 0
869 inet -1 f b I t i m 0 0 1041 0 910 911 2496 2497 0 0
1033 aclitem 12 f b U f i p 0 0 1034 0 1031 1032 0 0 0 0
1042 bpchar -1 f b S f i x 100 0 1014 0 1044 1045 2430 2431 2913 2914
1043 varchar -1 f b S f i x 100 0 1015 0 1046 1047 2432 2433 2915 2916
1082 date 4 t b D f i p 0 0 1182 0 1084 1085 2468 2469 0 0
1083 time 8 t b D f d p 0 0 1183 0 1143 1144 2470 2471 2909 2910
1114 timestamp 8 t b D f d p 0 0 1115 0 1312 1313 2474 2475 2905 2906
1184 timestamptz 8 t b D t d p 0 0 1185 0 1150 1151 2476 2477 2907 2908
1186 interval 16 f b T t d p 0 0 1187 0 1160 1161 2478 2479 2903 2904
1700 numeric -1 f b N f i m 0 0 1231 0 1701 1702 2460 2461 2917 2918
2202 regprocedure 4 t b N f i p 0 0 2207 0 2212 2213 2446 2447 0 0
2203 regoper 4 t b N f i p 0 0 2208 0 2214 2215 2448 2449 0 0
2204 regoperator 4 t b N f i p 0 0 2209 0 2216 2217 2450 2451 0 0
2205 regclass 4 t b N f i p 0 0 2210 0 2218 2219 2452 2453 0 0
2206 regtype 4 t b N f i p 0 0 2211 0 2220 2221 2454 2455 0 0
2249 record -1 f p P f d x 0 0 2287 0 2290 2291 2402 2403 0 0
2275 cstring -2 f p P f c p 0 0 1263 0 2292 2293 2500 2501 0 0
2276 any 4 t p P f i p 0 0 0 0 2294 2295 0 0 0 0
2277 anyarray -1 f p P f d x 0 0 0 0 2296 2297 2502 2503 0 0
2278 void 4 t p P f i p 0 0 0 0 2298 2299 3120 3121 0 0
2279 trigger 4 t p P f i p 0 0 0 0 2300 2301 0 0 0 0
2280 language_handler 4 t p P f i p 0 0 0 0 2302 2303 0 0 0 0
2281 internal 8 t p P f d p 0 0 0 0 2304 2305 0 0 0 0
2283 anyelement 4 t p P f i p 0 0 0 0 2312 2313 0 0 0 0
2776 anynonarray 4 t p P f i p 0 0 0 0 2777 2778 0 0 0 0
2950 uuid 16 f b U f c p 0 0 2951 0 2952 2953 2961 2962 0 0
3115 fdw_handler 4 t p P f i p 0 0 0 0 3116 3117 0 0 0 0
3220 pg_lsn 8 t b U f d p 0 0 3221 0 3229 3230 3238 3239 0 0
3310 tsm_handler 4 t p P f i p 0 0 0 0 3311 3312 0 0 0 0
3361 pg_ndistinct -1 f b Z f i x 100 0 0 0 3355 3356 3357 3358 0 0
3402 pg_dependencies -1 f b Z f i x 100 0 0 0 3404 3405 3406 3407 0 0
3802 jsonb -1 f b U f i x 0 0 3807 6098 3806 3804 3805 3803 0 0
3838 event_trigger 4 t p P f i p 0 0 0 0 3594 3595 0 0 0 0
4072 jsonpath -1 f b U f i x 0 0 4073 0 4001 4003 4002 4004 0 0
4089 regnamespace 4 t b N f i p 0 0 4090 0 4084 4085 4087 4088 0 0
4096 regrole 4 t b N f i p 0 0 4097 0 4098 4092 4094 4095 0 0
4191 regcollation 4 t b N f i p 0 0 4192 0 4193 4194 4196 4197 0 0
5017 pg_mcv_list -1 f b Z f i x 100 0 0 0 5018 5019 5020 5021 0 0
5069 xid8 8 t b U f d p 0 0 271 0 5070 5081 5082 5083 0 0
5077 anycompatible 4 t p P f i p 0 0 0 0 5086 5087 0 0 0 0
5078 anycompatiblearray -1 f p P f d x 0 0 0 0 5088 5089 5090 5091 0 0
5079 anycompatiblenonarray 4 t p P f i p 0 0 0 0 5092 5093 0 0 0 0
"""
