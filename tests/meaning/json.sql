select '1'::jsonb = '1.0'::jsonb, '{"a":1,"b":2}'::jsonb = '{"b":2,"a":1}'::jsonb, '[1,2]'::jsonb = '[1, 2]'::jsonb, '1.10'::jsonb, '1e2'::jsonb, '1E-3'::jsonb, '-0'::jsonb, '-0.0'::jsonb
select x from (values ('1'::jsonb),('"a"'),('null'),('true'),('false'),('[]'),('{}'),('[1]'),('[1,2]'),('{"a":1}'),('{"b":1}'),('{"a":2}'),('{"a":1,"b":1}'),('2'),('10'),('"B"'),('"ab"'),('[2]'),(null),('1.5'),('-1')) v(x) order by x
select '1'::jsonb < '2'::jsonb, '10'::jsonb > '9'::jsonb, '"a"'::jsonb < '1'::jsonb, '{}'::jsonb > '[]'::jsonb, 'null'::jsonb < 'false'::jsonb, '[1]'::jsonb < '[0,0]'::jsonb, '"b"'::jsonb > '"a"'::jsonb, '"aa"'::jsonb < '"b"'::jsonb
select '1'::jsonb in ('1.0'), '1'::jsonb = any(array['1.0'::jsonb]), '{"a":1}'::jsonb <> '{"a":1.0}'::jsonb, '1'::jsonb is distinct from '1.0'::jsonb, nullif('1'::jsonb,'1.0'::jsonb)
select max('1'::jsonb)
select '1'::json = '1'::json
select '{"a":1, "b":2, "a":3}'::json, '{"b":1,"a":2,"b":3}'::jsonb, '{"bb":1,"a":2}'::jsonb, '{"a": [1,2,{"c":null}]}'::jsonb, '  [1 , 2]  '::json, ' "x" '::jsonb
select '{"a":1}'::jsonb::text, '[1,2]'::json::text, '"é\u00e9\n"'::jsonb, '"\u00e9"'::json, '"\ud83d\ude00"'::jsonb, '"a\/b"'::jsonb, '"\u0001"'::jsonb
select '"\u0000"'::jsonb
select '"\u0000"'::json
select '"\ud83d"'::jsonb
select '{'::json
select '{"a":}'::jsonb
select '[1,]'::json
select 'abc'::jsonb
select ''::json
select '01'::json
select 'nan'::jsonb
select '{a:1}'::json
select '[{"a":"foo"},{"b":"bar"},{"c":"baz"}]'::json -> 2, '[1,2,3]'::json -> -1, '[1,2,3]'::json -> 5, '[1,2,3]'::jsonb -> -3, '[1,2,3]'::jsonb -> -4, '{"a":{"b":"foo"}}'::json -> 'a', '{"a":1}'::json -> 'b', '{"a":null}'::json -> 'a', '{"a":null}'::json ->> 'a', '[1,null]'::jsonb ->> 1
select '{"a":1}'::json -> 0, '[1,2]'::json -> 'a', '1'::json -> 0, '"a"'::jsonb -> 0, '"a"'::jsonb ->> 0, '{"0":1}'::jsonb -> '0', '[1,2]'::jsonb -> '0'
select '{"a":"x","a":"y"}'::json -> 'a', '{"a":"x","a":"y"}'::json ->> 'a', '{"a": {"b" : 1} }'::json -> 'a', '{"a":"\u00e9"}'::json -> 'a', '{"a":"\u00e9"}'::json ->> 'a', '{"a":1.50}'::jsonb ->> 'a', '{"a":[1, 2]}'::jsonb ->> 'a', '{"a":[1, 2]}'::json ->> 'a', '{"a":true}'::json ->> 'a', '{"a":"q\"x"}'::jsonb ->> 'a'
select '{"a":{"b":["foo","bar"]}}'::json #> '{a,b,1}', '{"a":{"b":["foo","bar"]}}'::json #>> '{a,b,1}', '{"a":{"b":["foo","bar"]}}'::jsonb #> '{a,b,-1}', '{"a":1}'::jsonb #> '{}', '{"a":1}'::json #>> '{}', '{"a":{"b":["foo"]}}'::json #> '{a,b,x}', '[[1,2],[3]]'::json #> '{0,1}', '{"a":1}'::jsonb #> '{a,b}', '{"a":null}'::jsonb #>> '{a}', '{"1":{"2":3}}'::jsonb #> '{1,2}', '{"a":1}'::jsonb #> array['a',null]
select '{"a":1,"b":2}'::jsonb @> '{"b":2}', '{"b":2}'::jsonb <@ '{"a":1,"b":2}', '[1,2,3]'::jsonb @> '[3,1]', '[1,2,3]'::jsonb @> '3', '3'::jsonb @> '[3]', '[1,[2,3]]'::jsonb @> '[[2]]', '{"a":[1,2]}'::jsonb @> '{"a":[2]}', '{"a":{"b":1}}'::jsonb @> '{"a":{}}', '1'::jsonb @> '1.0', '[1,1]'::jsonb @> '[1]', '[]'::jsonb @> '[]', '{}'::jsonb @> '[]', '"a"'::jsonb @> '"a"', '[1]'::jsonb @> '[1,1]', '["foo","bar"]'::jsonb @> '"bar"', '{"a":1}'::jsonb @> '{"a":1.0}'
select '{"a":1,"b":2}'::jsonb ? 'b', '["a","b"]'::jsonb ? 'b', '"b"'::jsonb ? 'b', '[1]'::jsonb ? '1', '{"a":1}'::jsonb ?| array['b','a'], '["a","b"]'::jsonb ?& array['a','b'], '{"a":1}'::jsonb ?| array[]::text[], '{"a":1}'::jsonb ?& array[]::text[], '{"a":1}'::jsonb ?& array['a',null]
select '["a","b"]'::jsonb || '["a","d"]', '{"a":"b"}'::jsonb || '{"c":"d"}', '[1,2]'::jsonb || '3', '3'::jsonb || '[1]', '1'::jsonb || '2', '{"a":1}'::jsonb || '[1]', '[1]'::jsonb || '{"a":1}', '{"a":1}'::jsonb || '{"a":2}', '[]'::jsonb || '[]', '{"a":{"b":1}}'::jsonb || '{"a":{"c":2}}'
select '{"a":1}'::jsonb || '1'
select '{"a":"b","c":"d"}'::jsonb - 'a', '["a","b","c","b"]'::jsonb - 'b', '{"a":"b","c":"d"}'::jsonb - '{a,c}'::text[], '["a","b"]'::jsonb - 1, '["a","b"]'::jsonb - -1, '["a","b"]'::jsonb - 5, '[1,2]'::jsonb - '1', '["a",{"b":1}]'::jsonb #- '{1,b}', '{"a":{"b":1}}'::jsonb #- '{a,x}', '{"a":[1,2]}'::jsonb #- '{a,-1}'
select '1'::jsonb - 'a'
select '{"a":1}'::jsonb - 0
select '[1]'::jsonb #- '{a}'
select json_build_object('a')
select json_build_object(null,1)
select json_build_object('a',1,'a',2), jsonb_build_object('a',1,'a',2)
select json_object('{a,1,b,"def",c,3.5}'), json_object('{a,b}','{1,2}'), jsonb_object('{a,1,b,2}'), json_object('{}'), jsonb_object('{a,b}','{1,null}')
select json_object('{a}')
select json_object('{a,b}','{1}')
select json_array_length('[1,2,3,{"f1":1,"f2":[5,6]},4]'), jsonb_array_length('[]')
select json_array_length('{"a":1}')
select json_array_length('1')
select jsonb_array_length('1')
select * from json_each('{"a":"foo","b":"bar"}')
select * from json_each_text('{"a":"foo","b":null,"c":[1]}')
select * from jsonb_each('{"b":"foo","a":1.0}')
select * from json_each('[1]')
select * from jsonb_each('1')
select key, value from jsonb_each('{"b":"foo","a":1.0}') where key = 'a'
select * from json_array_elements('[1,true,[2,false],"a",null]')
select value from jsonb_array_elements('[1,true,[2,false],"a",null,1.50]')
select * from json_array_elements_text('["foo","bar",null,1.50,{"a":1}]')
select * from jsonb_array_elements_text('["foo","bar",null,1.50,{"a":1}]') with ordinality
select * from json_array_elements('{"a":1}')
select * from jsonb_array_elements('1')
select * from json_array_elements('1')
select jsonb_array_elements('[1,2]'), 'x'
select * from json_object_keys('{"f1":"abc","f2":{"f3":"a"}}')
select * from jsonb_object_keys('{"bb":"abc","a":{"f3":"a"}}')
select * from json_object_keys('[1]')
select * from json_object_keys('{"a":1,"a":2}')
select jsonb_set('1','{a}','2')
select jsonb_set('[1]','{a}','2')
select jsonb_insert('{"a":[0,1,2]}','{a,1}','"new_value"'), jsonb_insert('{"a":[0,1,2]}','{a,1}','"new_value"',true), jsonb_insert('{"a":1}','{b}','2'), jsonb_insert('[1,2]','{-1}','9'), jsonb_insert('[1,2]','{10}','9')
select jsonb_insert('{"a":1}','{a}','2')
select json_strip_nulls('[{"f1":1,"f2":null},2,null,3]'), jsonb_strip_nulls('{"a":null,"b":{"c":null}}'), json_strip_nulls('null')
select jsonb_pretty('[{"f1":1,"f2":null},2]'), jsonb_pretty('[]'), jsonb_pretty('{"a":{}}'), jsonb_pretty('1')
select json_typeof('-123.4'), json_typeof('null'::json), json_typeof(null::json) is null, jsonb_typeof('{}'), jsonb_typeof('true'), json_typeof('"a"'), json_typeof('[]')
select json_agg(x) from (values (1),(null),(2)) v(x)
select json_agg(x order by x desc), jsonb_agg(x) from (values ('a'),('b')) v(x)
select json_agg(x) filter (where x > 5) from (values (1)) v(x)
select json_agg(v) from (values (1,'a'),(2,null)) v(x,y)
select jsonb_agg(v) from (values (1,'a'),(2,null)) v(x,y)
select json_object_agg(k,v), jsonb_object_agg(k,v) from (values ('b',1),('a',2),('b',3)) t(k,v)
select json_object_agg(k,v) from (values (null,1)) t(k,v)
select json_object_agg(k,v) from (values (1,array[1,2])) t(k,v)
select row_to_json(v) from (values (1,'a"b',null::int,1.50,true,date '2024-01-01',timestamp '2024-01-01 10:00:00',array[1,2],'{"a": 1}'::json,1.5::float8)) v(a,b,c,d,e,f,g,h,i,j)
select to_jsonb(v) from (values (1,'a"b',null::int,1.50,true,date '2024-01-01',timestamp '2024-01-01 10:00:00',array[1,2],'{"a": 1}'::jsonb,1.5::float8)) v(a,b,c,d,e,f,g,h,i,j)
select '{"a":1}'::jsonb::json, '{"b":1,"a":2}'::json::jsonb, '{"a":1}'::text::jsonb, '{"a":1}'::varchar::json
select '{"a":12345678901234567890.123456789}'::jsonb, '{"a":1e400}'::json, '1.0000'::jsonb, '0.1e1'::jsonb, '1e5'::jsonb, '{"a":100000000000000000000000000000000000000000000}'::jsonb, '1.5e-5'::jsonb
select '{"a":1e400}'::jsonb->'a' > '1'
select '"abc"'::jsonb ->> 'a', '{"":1}'::jsonb -> '', '{"a b":1}'::jsonb -> 'a b', '{"a\"b":1}'::json -> 'a"b', '{"a/b":{"c~d":1}}'::json #> '{a/b,c~d}', '{"*":1}'::json -> '*', '{"$":1}'::json->'$', '[1,2]'::json -> null, '{"a":"\\"}'::json->>'a'
select json_build_object('a', 1.0::float8, 'b', 1::real, 'c', 'x'::char(3), 'd', 1.0), json_build_array('\x01'::bytea, '11111111-2222-3333-4444-555555555555'::uuid, interval '1 day', time '10:00')
select jsonb '{"a":1}' -> 'a', json '[1]' -> 0
select '{"a":1}'::jsonb = '{"a":1}', '{"a":1}' = '{"a":1}'::jsonb
select '{"a":1}'::jsonb @> '{"a":1}'::json
select '{"a":1}'::json @> '{"a":1}'
select '{"a":1}'::json ? 'a'
select '[1,2]'::jsonb ->> '0'
select '{"a":[{"b":1},{"b":2}]}'::jsonb #>> '{a,1,b}'
select jsonb_object_keys('1')
select jsonb_build_object('a', 'x'::text, 'b', null::text)::text
select to_jsonb('é"\'::text), to_json(E'a\nb\t\x01'::text), to_json('</script>'::text), to_json('😀'::text)
select jsonb_set_lax('{"a":1}', '{a}', '2', true, 'x'), jsonb_set_lax('{"a":1}', '{a}', null, true, 'delete_key'), jsonb_set_lax('{"a":1}', '{a}', null, true, 'return_target'), jsonb_set_lax('{"a":1}', '{a}', null)
select jsonb_set_lax('{"a":1}', '{a}', null, true, 'x')
select jsonb_set_lax('{"a":1}', '{a}', '2', true, null)
