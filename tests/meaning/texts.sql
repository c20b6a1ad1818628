select 'a'||42
select 42||'a'
select 'a'||1.5::float8
select 'a'||true
select 1||2
select char_length('josé')
select 'abc'::char(5)||'d'
select length('abc  '::char(5))
select 'abc'::char(5)='abc  '
select 'abc'::char(5)='abc  '::text
select 'abc'::char(5)::text||'|'
select octet_length('abc'::char(5))
select 'ab'::char(5) like 'ab'
select 'ab'::char(5) like 'ab   '
select upper('ab'::char(5))||'|'
select concat('ab'::char(5),'c')
select concat_ws(',','ab'::char(5),'c')
select 'abcdef'::varchar(3)
select 'abcdef'::char
select '  x'::char(2)||'|'
select bit_length('jose')
select lower('TOM')
select normalize('abc')
select octet_length('jose')
select octet_length('josé')
select overlay('Txxxxas' placing 'hom' from 2 for 4)
select overlay('Txxxxas' placing 'hom' from 2)
select overlay('abc' placing 'XY' from 10)
select overlay('abc' placing 'XY' from 0)
select overlay('abc' placing 'XY' from -1)
select overlay('abc' placing 'XY' from 1 for 0)
select overlay('abc' placing 'XY' from 2 for -1)
select overlay('abcdef' placing 'X' from 2 for 100)
select overlay('abc' placing null from 2)
select position('om' in 'Thomas')
select position('' in 'abc')
select position('z' in 'abc')
select substring('Thomas' from 2 for 3)
select substring('Thomas' from 3)
select substring('Thomas' for 2)
select substring('Thomas' from -2 for 4)
select substring('Thomas' from -2)
select substring('Thomas' from 0 for 2)
select substring('Thomas' from 10)
select substring('Thomas' from 2 for -1)
select substring('Thomas' from 2 for 0)
select substring('Thomas' from -2147483648 for 2147483647)
select substring('Thomas' from '...$')
select substring('Thomas' from '%#"o_a#"_' for '#')
select substring('foobar' from 'o.b')
select substring('foobar' from 'o(.)b')
select substring('foobar' from '(o)(.)b')
select substring('foobar' from 'x')
select substring('foobar' from '(x)?foo')
select trim(both 'xyz' from 'yxTomxx')
select trim(both from '  a ')
select trim('yxTomxx','xyz')
select trim(leading from '  a ')
select trim(trailing 'x' from 'axx')
select trim('')
select trim(null)
select btrim('xyxtrimyyx','xyz')
select btrim('  x  ')
select btrim('a','')
select btrim(E'\t a \n')
select upper('tom')
select initcap('hi THOMAS')
select initcap('')
select initcap('a_b c.d1e')
select ascii('x')
select ascii('')
select ascii('€uro')
select chr(65)
select chr(8364)
select chr(0)
select chr(-1)
select chr(1114111)
select chr(1114112)
select chr(55296)
select concat('abcde',2,null,22)
select concat(null)
select concat(null,null)
select concat()
select concat('a',1.50,true,date '2024-01-01',null::int)
select concat('a',array[1,2])
select concat(1.0::float8, 'x')
select concat_ws(',','abcde',2,null,22)
select concat_ws(null,'a','b')
select concat_ws('','a','b')
select concat_ws(',')
select concat_ws(',',null,null)
select concat_ws(',',null,'','a')
select format('Hello %s, %1$s','World')
select format('Hello %s','World')
select format('|%10s|','foo')
select format('|%-10s|','foo')
select format('|%*s|',10,'foo')
select format('|%*s|',-10,'foo')
select format('|%-*s|',10,'foo')
select format('|%-*s|',-10,'foo')
select format('|%2$*1$s|',10,'foo')
select format('|%3$*1$s|',10,'foo','bar')
select format('%I and %L','a b',E'it''s\\')
select format('%L',null)
select format('%I',null)
select format('%s',null)
select format('%%')
select format('%')
select format('%x',1)
select format('%s')
select format('%0$s','a')
select format('%2$s','a')
select format('testing %3$s, %2$s, %s','one','two','three')
select format('%s %s %s', 1, true, 1.50)
select format('%3$s, %2$s, %s','one','two','three')
select format('abc')
select format(null)
select format('%s', array[1,2])
select format('%1$', 1)
select format('%10%')
select format('%-5L|','a')
select format('%5I|','a b')
select format(x,'a') from (values ('%s-'),('%I'),(null),('%5s')) v(x)
select left('abcde',2)
select left('abcde',-2)
select left('abcde',-10)
select left('abcde',0)
select left('abcde',-2147483648)
select left('josé',4)
select right('abcde',2)
select right('abcde',-2)
select right('abcde',-10)
select right('abcde',0)
select right('josé',1)
select length('jose')
select length('')
select length(null)
select length('👍é')
select lpad('hi',5,'xy')
select lpad('hi',1,'xy')
select lpad('hi',-1,'xy')
select lpad('hi',5,'')
select lpad('hi',5)
select lpad('hi',0)
select lpad(null,5)
select rpad('hi',5,'xy')
select rpad('hi',5)
select rpad('hi',5,'')
select rpad('hi',1)
select ltrim('zzzytest','xyz')
select rtrim('testxxzx','xyz')
select ltrim('  a')
select ltrim(E'\ta')
select rtrim('a  ')
select md5('abc')
select md5('')
select md5('\x00ff'::bytea)
select quote_ident('Foo bar')
select quote_ident('foo')
select quote_ident('select')
select quote_ident('user')
select quote_ident('name')
select quote_ident('between')
select quote_ident('int')
select quote_ident('fo"o')
select quote_ident('')
select quote_ident('1a')
select quote_ident('a$b')
select quote_ident(null)
select quote_literal(42.5)
select quote_literal(null)
select quote_literal(true)
select quote_nullable(null)
select quote_nullable(42.5)
select repeat('Pg',4)
select repeat('Pg',0)
select repeat('Pg',-4)
select repeat('',1000000)
select replace('abcdefabcdef','cd','XX')
select replace('abc','','x')
select replace('abc','b','')
select replace('aaa','aa','b')
select reverse('abcde')
select reverse('josé')
select reverse('')
select split_part('abc~@~def~@~ghi','~@~',2)
select split_part('abc,def,ghi,jkl',',',-2)
select split_part('abc,def',',',3)
select split_part('abc,def',',',-3)
select split_part('abc,def',',',0)
select split_part('abc','',1)
select split_part('abc','',-1)
select split_part('abc','',2)
select split_part('',',',1)
select split_part('a,b','b',-1)
select split_part('aaa','aa',1)
select split_part('aaa','aa',2)
select split_part('aaa','aa',-1)
select starts_with('alphabet','alph')
select starts_with('alphabet','')
select 'alphabet' ^@ 'alph'
select string_to_array('xx~~yy~~zz','~~','yy')
select string_to_array('abc',null)
select string_to_array('','x')
select string_to_array(null,'x')
select string_to_array('abc','')
select string_to_array('a,b,,c',',','')
select string_to_array('a,b',',',null)
select string_to_array('josé',null)
select * from string_to_table('xx~^~yy~^~zz','~^~','yy')
select * from string_to_table('a,b',',')
select * from string_to_table('ab',null)
select strpos('high','ig')
select strpos('high','')
select strpos('','a')
select substr('alphabet',3)
select substr('alphabet',3,2)
select substr('alphabet',-3,6)
select substr('alphabet',3,-1)
select substr(null,3)
select to_hex(2147483647)
select to_hex(-1)
select to_hex(-1::bigint)
select to_hex(0)
select translate('12345','143','ax')
select translate('abc','','x')
select translate('abcabc','aa','xy')
select translate('abc','abc',null)
select unistr('d\0061t\+000061')
select unistr('\u0441\u043B\u043E\u043D')
select unistr('d\\x')
select unistr('wrong: \db99')
select unistr('wrong: \06xx')
select '\x123456'::bytea || '\x789a00bcde'::bytea
select bit_length('\x123456'::bytea)
select octet_length('\x123456'::bytea)
select overlay('\x1234567890'::bytea placing '\002\003'::bytea from 2 for 3)
select position('\x5678'::bytea in '\x1234567890'::bytea)
select substring('\x1234567890'::bytea from 3 for 2)
select substring('\x1234567890'::bytea from -1 for 3)
select trim('\x9012'::bytea from '\x1234567890'::bytea)
select trim(leading '\x9012'::bytea from '\x1234567890'::bytea)
select btrim('\x1234567890'::bytea,'\x9012'::bytea)
select ltrim('\x1234567890'::bytea,'\x9012'::bytea)
select rtrim('\x1234567890'::bytea,'\x9012'::bytea)
select bit_count('\x1234567890'::bytea)
select get_bit('\x1234567890'::bytea,30)
select get_byte('\x1234567890'::bytea,4)
select get_byte('\x12'::bytea,4)
select set_bit('\x1234567890'::bytea,30,0)
select set_byte('\x1234567890'::bytea,4,64)
select length('\x1234567890'::bytea)
select sha224('abc'::bytea)
select sha256('abc'::bytea)
select sha384('abc'::bytea)
select sha512('abc'::bytea)
select convert('text_in_utf8','UTF8','LATIN1')
select convert_from('text_in_utf8','UTF8')
select convert_from('\xff'::bytea,'UTF8')
select convert_from('\xe9'::bytea,'LATIN1')
select convert_to('some_text','UTF8')
select encode('123\000\001','base64')
select encode('123\000\001'::bytea,'base64')
select encode(repeat('x',60)::bytea,'base64')
select encode(repeat('x',57)::bytea,'base64')
select encode(repeat('x',114)::bytea,'base64')
select encode(''::bytea,'base64')
select encode('\x00ff41'::bytea,'escape')
select encode('a\\b'::bytea,'escape')
select encode('\x00ff41'::bytea,'hex')
select encode('\x00ff41'::bytea,'HEX')
select encode('a'::bytea,'foo')
select decode('MTIzAAE=','base64')
select decode(E'MTIz\nAAE=','base64')
select decode('MTIzAAE','base64')
select decode('MT!','base64')
select decode('00ff','hex')
select decode('00 ff','hex')
select decode('0','hex')
select decode('0g','hex')
select decode('a\000b\\','escape')
select decode('a\b','escape')
select '\x00FF'::bytea
select '\x0'::bytea
select '\xzz'::bytea
select 'a\001b'::bytea
select 'a\\b'::bytea
select 'abc'::bytea < 'abd'::bytea
select get_bit('\x12'::bytea,-1)
select 'abc' like 'abc'
select 'abc' like 'a%'
select 'abc' like '_b_'
select 'abc' like 'c'
select 'abc' not like 'a%'
select 'a%c' like 'a\%c'
select 'abc' like 'a\%c'
select 'a\c' like 'a\\c'
select 'abc' like 'ab\'
select 'abc\' like 'abc\'
select 'abc' like 'a#%c' escape '#'
select 'a%c' like 'a#%c' escape '#'
select 'a%c' like 'a%%c' escape '%'
select 'abc' like 'a%' escape ''
select 'a\c' like 'a\c' escape ''
select 'abc' like 'abc' escape 'xx'
select 'abc#' like 'abc#' escape '#'
select 'ABC' ilike 'abc'
select 'ABC' ilike 'a#%' escape '#'
select 'abc' ilike null
select '' like '%'
select '' like ''
select '' like '_'
select E'a\nb' like 'a%b'
select E'a\nb' like 'a_b'
select 'abc' ~~ 'a%'
select 'abc' !~~* 'A%'
select 'abc' similar to 'abc'
select 'abc' similar to 'a'
select 'abc' similar to '%(b|d)%'
select 'abc' similar to '(b|c)%'
select 'abc' similar to 'a.c'
select 'a.c' similar to 'a.c'
select '-abc-' similar to '%\mabc\M%'
select 'xabcy' similar to '%\mabc\M%'
select 'abc' similar to 'a_c'
select 'abc' similar to '[a-c]+'
select 'abc' similar to '[^a]+'
select 'abbbc' similar to 'ab{3}c'
select 'abbbc' similar to 'ab{2,}c'
select 'a|b' similar to 'a\|b'
select 'a|b' similar to 'a#|b' escape '#'
select 'abc' not similar to 'abc'
select 'a^c' similar to 'a^c'
select 'a$' similar to 'a$'
select 'a%' similar to 'a\%'
select 'ab' similar to 'a?b'
select 'ab' similar to '(ab)?'
select 'ab' similar to 'ab|cd'
select 'cdx' similar to 'ab|cd'
select null similar to 'a'
select 'thomas' ~ 't.*ma'
select 'thomas' ~* 'T.*ma'
select 'thomas' !~ 't.*max'
select 'thomas' !~* 'T.*ma'
select 'abcd' ~ 'bc'
select 'abcd' ~ 'a.c'
select 'abcd' ~ 'x'
select 'abcd' ~ '^a'
select 'abcd' ~ '(b|d)'
select 'abcd' ~ '^(b|c)'
select E'a\nb' ~ 'a.b'
select E'a\nb' ~ '^b'
select E'a\nb' ~ 'a$'
select E'a\nb' ~ '(?n)^b'
select E'a\nb' ~ '(?n)a.b'
select 'foobar' ~ '(?i)FOO'
select '***=a.b' ~ 'a'
select 'a.b' ~ '***=a.b'
select 'axb' ~ '***=a.b'
select 'a b' ~ '(?x)a \s b'
select 'abc' ~ '\yabc\y'
select 'xabc' ~ '\yabc\y'
select 'a abc d' ~ '\mabc\M'
select 'abc' ~ '\Aabc\Z'
select 'a' ~ '['
select 'a' ~ '('
select 'a' ~ '*'
select 'a' ~ 'a{2,1}'
select 'aaa' ~ 'a{256}'
select '1' ~ '\d'
select ' ' ~ '\s'
select 'a' ~ '\W'
select 'x' ~ '[\d]'
select '5' ~ '[\d]'
select 'a' ~ '[[:digit:]]'
select 'a]' ~ '[]a]'
select '-' ~ '[a-]'
select E'\t' ~ '\t'
select 'a' ~ '\x61'
select 'a' ~ '\u0061'
select '' ~ ''
select 'abc' ~ ''
select 'a.b' ~ 'a\.b'
select 'a\b' ~ 'a\\b'
select regexp_count('123456789012','\d\d\d',2)
select regexp_count('abcabc','abc')
select regexp_count('ABCabc','abc',1,'i')
select regexp_count('abc','')
select regexp_count('abc','x')
select regexp_count('abc','b',0)
select regexp_count(null,'b')
select regexp_instr('ABCDEF','c(.)(..)',1,1,0,'i')
select regexp_instr('ABCDEF','c(.)(..)',1,1,0,'i',2)
select regexp_instr('abcabc','b')
select regexp_instr('abcabc','b',3)
select regexp_instr('abcabc','b',1,2)
select regexp_instr('abcabc','b',1,2,1)
select regexp_instr('abcabc','x')
select regexp_instr('abcabc','b',0)
select regexp_instr('abcabc','b',1,0)
select regexp_instr('abcabc','b',1,1,2)
select regexp_like('Hello World','world','i')
select regexp_like('Hello World','world$','i')
select regexp_like('abc','b','q')
select regexp_like('abc','b','g')
select regexp_match('foobarbequebaz','(bar)(beque)')
select regexp_match('foobarbequebaz','barbeque')
select regexp_match('foobarbequebaz','(b[^b]+)(b[^b]+)')
select regexp_match('foobarbequebaz','bar.*que')
select regexp_match('foobarbequebaz','(foo)(bar)(beque)')
select regexp_match('abc','(a)(x)?(c)?')
select regexp_match('abc','x')
select regexp_match('abc','(?:a)(b)')
select regexp_match('ABC','b','i')
select regexp_match('abc','b','g')
select regexp_match('abc','b','y')
select regexp_match('abc','a\)?')
select regexp_match('a(c','[(](.)')
select (regexp_match('foobarbequebaz','bar.*que'))[1]
select regexp_matches('foobarbequebaz','ba.','g')
select regexp_matches('foobarbequebazilbarfbonk','(b[^b]+)(b[^b]+)','g')
select regexp_matches('foobarbequebaz','(b)(.)(.)','g')
select regexp_matches('foobar','x')
select regexp_matches('foobar','x','g')
select * from regexp_matches('a1b2','([a-z])(\d)','g')
select * from regexp_matches('a1B2','([a-z])(\d)','gi') with ordinality
select regexp_replace('Thomas','.[mN]a.','M')
select regexp_replace('foobarbaz','b..','X')
select regexp_replace('foobarbaz','b..','X','g')
select regexp_replace('foobarbaz','b(..)','X\1Y','g')
select regexp_replace('foobarbaz','b(..)','[\&]','g')
select regexp_replace('foobarbaz','b(..)','\\\1','g')
select regexp_replace('foobarbaz','b..','$1','g')
select regexp_replace('A PostgreSQL function','a|e|i|o|u','X',1,0,'i')
select regexp_replace('A PostgreSQL function','a|e|i|o|u','X',1,3,'i')
select regexp_replace('Thomas','.','X',3,2)
select regexp_replace('Thomas','.','X',3)
select regexp_replace('Thomas','','-','g')
select regexp_replace('Thomas','x*','-','g')
select regexp_replace('THOMAS','h','x','i')
select regexp_replace('THOMAS','h','x','z')
select regexp_replace('a'||chr(10)||'b','^b','x','n')
select regexp_replace('a'||chr(10)||'b','^b','x','g')
select regexp_replace('a.b','.','x','q')
select regexp_replace('abc','(a)|(x)','[\2]')
select regexp_replace('abc','b','\0')
select regexp_replace('abc','b','\')
select regexp_replace('abc','b','x\')
select regexp_replace('abc',null,'x')
select regexp_replace('abc','(b','x')
select regexp_split_to_array('hello world','\s+')
select regexp_split_to_array('the quick brown fox','\s*')
select regexp_split_to_array('hello','')
select regexp_split_to_array('','x')
select regexp_split_to_array('aXbxc','x','i')
select regexp_split_to_array('a,b,',',')
select regexp_split_to_array(',a',',')
select regexp_split_to_array('a1b2c','(\d)')
select regexp_split_to_array('abc','b','g')
select * from regexp_split_to_table('hello world','\s+')
select foo from regexp_split_to_table('the quick brown fox', '\s*') as foo
select * from regexp_split_to_table('aXb','x','i')
select regexp_substr('ABCDEF','c(.)(..)',1,1,'i')
select regexp_substr('ABCDEF','c(.)(..)',1,1,'i',2)
select regexp_substr('abcabc','b.')
select regexp_substr('abcabc','b.',3)
select regexp_substr('abcabc','x')
select regexp_substr('number of your street, town zip, FR','[^,]+',1,2)
select regexp_replace('a b  c','\s+',' ','g')
select regexp_replace('phone 555-1234','\D','','g')
select regexp_replace('abc','^','x')
select regexp_replace('abc','$','x')
select regexp_replace('abc','','x')
select 'XY1234Z' ~ 'Y*([0-9]{1,3})'
select substring('XY1234Z','Y*([0-9]{1,3})')
select substring('XY1234Z','Y*?([0-9]{1,3})')
select regexp_match('abc01234xyz','(.*)(\d+)(.*)')
select regexp_match('abc01234xyz','(.*?)(\d+)(.*)')
select regexp_match('abc01234xyz','(?:(.*?)(\d+)(.*)){1,1}')
select substring('aaa' from 'a|aa')
select substring('foobar' from 'foo|foobar')
select regexp_replace('foobar','foo|foobar','X')
select substring('xyyyz' from 'y+?')
select substring('xyyyz' from '(?:y+?)z')
select substring('abcd' from '(a|ab)(c|bcd)')
select regexp_match('abcd','(a|ab)(c|bcd)')
select 'a'::name
select length(repeat('a',70)::name)
select length('a'::name::text)
select string_agg(x,',') from (values ('a'),(null),('b')) v(x)
select string_agg(x,',' order by x desc) from (values ('a'),(null),('b')) v(x)
select string_agg(x,',') from (values (null::text)) v(x)
select string_agg(distinct x,',') from (values ('b'),('a'),('b')) v(x)
select string_agg(distinct x,',' order by x desc) from (values ('b'),('a'),('b')) v(x)
select string_agg(x,null) from (values ('b'),('a')) v(x)
select x from (values ('a '),('a'),('b')) v(x) group by x order by x
select E'\\x' , E'\u00e9', 'a\nb', E'a\tb'
select 'a' 'b'
select 'a' = 'a ', 'a'::varchar = 'a '
select text 'abc', varchar 'abc', char(3) 'a'
select length(E'\U0001F600')
select reverse('a👍b')
select ('abc'::text)::int
select '1.5'::int
select ' 5 '::int
select ''::int
select '0x1F'::int
select '1_000'::int
select '+5'::int
select '1e2'::int
select '99999999999'::int
select '32768'::smallint
select '9223372036854775808'::bigint
select 't'::bool,'yes'::bool,'on'::bool,'1'::bool,'of'::bool,'n'::bool
select 'tr'::bool,'TRUE'::bool,' true '::bool
select 'o'::bool
select 'maybe'::bool
select true::text, true::int, 0::bool, 5::bool
select true::varchar(2)
select 1::bigint::bool
select true > false, true and null, false and null, true or null
select hashtext('a') is not null
select 'a' collate "C" < 'B' collate "C"
select ascii(chr(128512))
select pg_client_encoding()
select casefold('A')
select strpos(null,'a')
select lpad('x',3,null)
select repeat('a',null)
select concat_ws(1,2,3)
select 1 collate "C"
select 'a' collate "C", 'a'::varchar collate "C", 'a'::name collate "C", 'a'::char(3) collate "C"
select x collate "C" from (values (1.5)) v(x)
select 'a' ~<~ 'b', 'a' ~<=~ 'b', 'a' ~>~ 'b', 'a' ~>=~ 'b'
select 'a'::text ~<~ 'b', 'ä'::varchar ~>=~ 'b', 'a'::char(3) ~<~ 'b'::char(3), 'B' ~<~ 'a'
select 1 ~<~ 2
select x from (values ('a'),('b')) v(x) where x ~>=~ 'b' and x ~<~ 'c'
select pg_postmaster_start_time() <= now(), pg_conf_load_time() <= now(), now() - pg_postmaster_start_time() < interval '1 day'
select string_agg(x, d) from (values ('a',','),('b',';'),('c','-')) v(x,d)
select string_agg(x, d order by x desc) from (values ('a',','),('b',';'),('c','-')) v(x,d)
select string_agg(x, d order by x desc) from (values ('a',','),('b',null),('c','-'),(null,'!')) v(x,d)
select string_agg(x, d order by x) filter (where x <> 'a'), string_agg(x, d) filter (where x > 'z') from (values ('a',','),('b',';;'),('c','--')) v(x,d)
select g, string_agg(x, g || '.' order by x) from (values ('a',1),('b',1),('c',2)) v(x,g) group by g order by g
select x, string_agg(x, d) over (order by x) from (values ('a',','),('b',';;'),('c','--')) v(x,d)
select string_agg(x, d order by x) from (values ('\x41'::bytea, '\x2c'::bytea),('\x42', '\x2d2d')) v(x,d)
select string_agg(x, chr(10) order by x), string_agg(x, ',' || ' ' order by x), string_agg(x, null order by x) from (values ('a'),('b')) v(x)
select string_agg(x::text, d order by x) from (values (1,','),(2,'ä'),(3,';')) v(x,d)
select string_agg(x, null) , string_agg(x, ';'::text), string_agg(x, case when 1=1 then ',' end), string_agg(x, cast('-' as varchar)) from (values ('a'),('b')) v(x)
select right('abc', -2147483648), left('abc', -2147483648), right('abc', n) from (values (-2147483648), (-1), (0), (2), (null)) v(n) order by n
