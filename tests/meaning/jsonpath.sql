-- Paths into jsonb values: how they are read and shown, and what they find.
select '$.a[*] ? (@ > 1)'::jsonpath, 'strict $.a'::jsonpath, 'lax $."b c".d'::jsonpath, '$.1'::jsonpath
select '$.a.b.type()'::jsonpath, '(1).type()'::jsonpath, '1.type()'::jsonpath
select '1 .type()'::jsonpath
select '.1'::jsonpath, '1.'::jsonpath, '1e2'::jsonpath, '-1'::jsonpath, '- $.a'::jsonpath, '+1'::jsonpath
select '1a'::jsonpath
select '$.a ? (@.b == 1 && @.c > 2 || !(@.d < 3))'::jsonpath, '$ ? ((@.a == 1) is unknown)'::jsonpath, '$ ? (exists(@.a))'::jsonpath
select '$.a like_regex "^x" flag "is"'::jsonpath, '$ starts with "a"'::jsonpath, '$ starts with $v'::jsonpath
select '$.**{2}.a'::jsonpath, '$.**'::jsonpath, '$.**{2 to last}'::jsonpath, '$.**{last}'::jsonpath, '$.**{0 to 2}'::jsonpath
select '$[0, 1 to 3, last - 1]'::jsonpath, '$[*].*'::jsonpath
select '($ + 1).type()'::jsonpath, '($ + 1) * 2'::jsonpath, '$ + 1 * 2 - 3'::jsonpath, '(1 + 2) - (3 - 4)'::jsonpath
select ''::jsonpath
select '$ ?'::jsonpath
select '@ + 1'::jsonpath
select 'last'::jsonpath
select '1 && 2'::jsonpath
select '$.a == 1 == 2'::jsonpath
select '($.a == 1) == 2'::jsonpath
select '($.a == 1).type()'::jsonpath
select '$"a b".c'::jsonpath, '$v'::jsonpath, '"a\u0041\x42\n"'::jsonpath, '$.\u0061bc'::jsonpath
select '"\u0000"'::jsonpath
select '"\ud83d"'::jsonpath
select '"\ud83d\ude00"'::jsonpath
select '"abc'::jsonpath
select '$.a /* c */ .b'::jsonpath
select '$.a flag'::jsonpath
select '$.flag.is.to.last.null.true'::jsonpath
select '$.NULL'::jsonpath, '$.a == null'::jsonpath, 'true'::jsonpath
select 'TRUE'::jsonpath
select '$ like_regex "("'::jsonpath
select '$ like_regex "a" flag "z"'::jsonpath
select '$ like_regex "a" flag "x"'::jsonpath
select '$ like_regex "a" flag "xq"'::jsonpath
select '$.a is unknown'::jsonpath
select '$.type'::jsonpath, '$.size().a'::jsonpath, '$.abs( )'::jsonpath
select '!$.a'::jsonpath
select '!exists($.a)'::jsonpath
select '$ <> 1'::jsonpath, '$ != 1'::jsonpath, '$ = 1'::jsonpath
select '$.a[last to 0]'::jsonpath
select '$.a[(1 + 2) * 3]'::jsonpath
select '((1 + 2)).a'::jsonpath
select '"a".b'::jsonpath
select '$ ? (@ ? (@ > 1) == 2)'::jsonpath
select '-(-1)'::jsonpath, '-(-$)'::jsonpath, '- -1'::jsonpath, '-1.type()'::jsonpath
select '0x1'::jsonpath
select '01'::jsonpath
select '1e'::jsonpath
select '$.a - 1'::jsonpath, '$.a-1'::jsonpath, '$.a*2'::jsonpath
select '$a.b'::jsonpath, '$ a'::jsonpath
select '$.a%2'::jsonpath
select '$#'::jsonpath
select '$.a$b'::jsonpath
select '$.a"b"'::jsonpath
select '1.5e-3'::jsonpath, '100e-2'::jsonpath
select '(true).type()'::jsonpath, 'null.type()'::jsonpath, '"x".type()'::jsonpath
select jsonb_path_query(j, '$.datetime()') from (values ('"2020-01-02"'::jsonb)) v(j)
select jsonb_path_query('"12:34:56"', '$.datetime()')
select jsonb_path_query('"12:34:56.789"', '$.datetime()')
select jsonb_path_query('"12:34"', '$.datetime()')
select jsonb_path_query('"12:34:56+03"', '$.datetime()')
select jsonb_path_query('"12:34:56 +03:30"', '$.datetime()')
select jsonb_path_query('"2020-01-02 12:34:56"', '$.datetime()')
select jsonb_path_query('"2020-01-02T12:34:56"', '$.datetime()')
select jsonb_path_query('"2020-01-02T12:34:56.123"', '$.datetime()')
select jsonb_path_query('"2020-01-02 12:34:56+03"', '$.datetime()')
select jsonb_path_query('"2020-01-02 12:34:56 -03:30"', '$.datetime()')
select jsonb_path_query('"2020-01-02T12:34:56Z"', '$.datetime()')
select jsonb_path_query('"2020-1-2"', '$.datetime()')
select jsonb_path_query('"20-01-02"', '$.datetime()')
select jsonb_path_query('"2020-13-02"', '$.datetime()')
select jsonb_path_query('"2020-02-30"', '$.datetime()')
select jsonb_path_query('"25:00:00"', '$.datetime()')
select jsonb_path_query('"2020-01-02 "', '$.datetime()')
select jsonb_path_query('" 2020-01-02"', '$.datetime()')
select jsonb_path_query('"2020 01 02"', '$.datetime()')
select jsonb_path_query('"2020/01/02"', '$.datetime()')
select jsonb_path_query('1', '$.datetime()')
select jsonb_path_query('["2020-01-02","12:00:00","12:00:00+01","2020-01-02 10:00:00","2020-01-02 10:00:00+02"]', '$[*].datetime().type()')
select jsonb_path_query('["2020-01-02","2020-01-03"]', '$[*].datetime() ? (@ > "2020-01-02".datetime())')
select jsonb_path_query('["2020-01-02 00:00:01","2020-01-03"]', '$[*].datetime() ? (@ > "2020-01-02".datetime())')
select jsonb_path_query('["2020-01-02 00:00:01+01","2020-01-03"]', '$[*].datetime() ? (@ > "2020-01-02".datetime())')
select jsonb_path_query_tz('["2020-01-02 00:00:01+01","2020-01-03"]', '$[*].datetime() ? (@ > "2020-01-02".datetime())')
select jsonb_path_query('["12:00:00","2020-01-03"]', '$[*].datetime() ? (@ > "2020-01-02".datetime())')
select jsonb_path_query('["12:00:00","2020-01-03"]', '$[*].datetime() ? (@ > "11:00:00+01".datetime())')
select jsonb_path_query('["12:00:00+02","11:00:00+01"]', '$[*].datetime() ? (@ >= "11:00:00+01".datetime())')
select jsonb_path_query('{"a":1,"b":[{"c":2}]}', '$.keyvalue()')
select jsonb_path_query('[{"a":1,"b":[{"c":2}]},{"x":1.5}]', '$[*].keyvalue()')
select jsonb_path_query('[{"a":"hello","b":[{"c":2}]},{"x":1.5},{"d":{"e":1}}]', '$.**.keyvalue()')
select jsonb_path_query('{"a":{"b":{"c":1}}}', '$.keyvalue().value.keyvalue()')
select jsonb_path_query('{"a":1}', '$v.keyvalue()', '{"v":{"x":{"y":1}}}')
select jsonb_path_query('1', '$ / 3'), jsonb_path_query('10', '$ / 3'), jsonb_path_query('1.5', '$ * 2.25'), jsonb_path_query('7', '-$ % 3'), jsonb_path_query('100000000', '$ / 7'), jsonb_path_query('0.00001', '$ / 7')
select jsonb_path_query('1', '$ / 0')
select jsonb_path_query('1', '$ / 0', '{}', true)
select jsonb_path_query('[1,2]', '$ + 1')
select jsonb_path_query('[1]', '$ + 1')
select jsonb_path_query('"a"', '-$')
select jsonb_path_query('[1,"2",3.7,-4.2]', '$[*].double()'), jsonb_path_query('[3.7,-4.2]', '$.floor()'), jsonb_path_query('[3.7,-4.2]', '$.ceiling()'), jsonb_path_query('[3.7,-4.20]', '$.abs()')
select jsonb_path_query('"abc"', '$.double()')
select jsonb_path_query('"nan"', '$.double()')
select jsonb_path_query('true', '$.double()')
select jsonb_path_query('"1e400"', '$.double()')
select jsonb_path_query('"0.1234567890123456789"', '$.double()'), jsonb_path_query('"1e20"', '$.double()'), jsonb_path_query('" 12 "', '$.double()'), jsonb_path_query('"1e-7"', '$.double()')
select jsonb_path_query('"a"', '$.abs()')
select jsonb_path_query('{"a":1}', 'strict $.b')
select jsonb_path_query('1', 'strict $.b')
select jsonb_path_query('1', 'strict $[0]')
select jsonb_path_query('[1]', 'strict $[1]')
select jsonb_path_query('1', 'strict $[*]')
select jsonb_path_query('1', 'strict $.*')
select jsonb_path_query('1', 'strict $.size()')
select jsonb_path_query('[1,2,3]', '$["a"]')
select jsonb_path_query('[1,2,3]', '$[1.7]'), jsonb_path_query('[1,2,3]', '$[-1]')
select jsonb_path_query('[1,2,3]', '$[10000000000]')
select jsonb_path_query('{"a":1}', '$x')
select jsonb_path_query('{"a":1}', '$x', '{"x":[1,2]}')
select jsonb_path_query('{"a":1}', '$x', '[1]')
select '{"a":1}'::jsonb @? '$x', '{"a":1}'::jsonb @@ '$x == null'
select jsonb_path_match('1','$')
select jsonb_path_match('1','$', silent => true)
select jsonb_path_match('1','$ == 1', '{}', true), jsonb_path_match('null','$'), jsonb_path_match('[true]','$[*]')
select jsonb_path_query_array('[1,2,3]','$[*] ? (@ > 1)'), jsonb_path_query_first('[1,2,3]','$[*] ? (@ > 1)'), jsonb_path_query_first('[1,2,3]','$[*] ? (@ > 5)'), jsonb_path_query_array('[1,2,3]','$[*] ? (@ > 5)')
select * from jsonb_path_query('[1,2,3]','$[*] ? (@ > 1)')
select * from jsonb_path_query('[1,2,3]','$[*] ? (@ > 1)') as x
select jsonb_path_query('[1,"a",3]','strict $[*].abs()', silent=>true)
select jsonb_path_exists('[1,"a"]','$[*].abs()'), jsonb_path_exists('["a"]','-$', silent=>true)
select jsonb_path_exists('["a"]','-$[*]')
select jsonb_path_exists('["a"]','strict $.a', silent => true), jsonb_path_exists('{"a":1}','$.a')
select '1'::jsonb @? 1
select '1' @? '$'
select '1'::json @? '$'
select null::jsonb @? '$', '1'::jsonb @? null
select '$.a'::text::jsonpath, array['$.b'::jsonpath], '{"$.a","strict $[0]"}'::jsonpath[]
select x::jsonpath from (values ('$.a'), ('$ ? (@ > 1)'), (null)) v(x)
select x::jsonpath from (values ('$.a'), ('$ ?')) v(x)
select jsonb_path_query('[1,2,3]', '$[*] ? (@ > $least)', vars => '{"least": 1}'), jsonb_path_exists(target => '{"a":1}', path => '$.b')
select jsonb_path_exists(path => '$')
select jsonb_path_exists('1', '$', nosuch => true)
select jsonb_path_exists('1', '$', target => '1')
select jsonb_path_exists('1', path => '$', '{}')
select j, jsonb_path_query_array(j, '$.items[*].price ? (@ >= 2)'), j @? '$.items[*] ? (@.price > 3)', j @@ '$.items.size() == 2' from (values ('{"items":[{"price":1},{"price":2.5}]}'::jsonb), ('{"items":[{"price":4}]}'), ('{}'), (null)) v(j)
select v.j, p.x from (values ('{"a":[1,2]}'::jsonb), ('{"a":[]}')) v(j), lateral jsonb_path_query(v.j, '$.a[*]') as p(x) order by 2
select count(*) from generate_series(1, 100) i where jsonb_build_object('n', i) @@ '$.n > 90'
