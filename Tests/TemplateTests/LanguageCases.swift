/// Templates and what they give: see `LanguageTests`.
enum LanguageCases {
  static let texts: [(String, String)] = [
    (
      "{{ 1 }} {{ 1.0 }} {{ 1e3 }} {{ 1.5e-7 }} {{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }}",
      "1 1.0 1000.0 1.5e-07 1000 31 5 15"
    ),
    (
      "{{ fl }}",
      "[0.1, 1e+16, 1e-05, 123456789.125, 1e+22, 0.30000000000000004, 5e-324, 1.7976931348623157e+308, 100.0, -0.0, 1000000000000000.0, 1.2345678901234567e+19, 2.5, 3.141592653589793, 0.3333333333333333]"
    ),
    (
      "{% for x in fl %}{{ x }} {% endfor %}",
      "0.1 1e+16 1e-05 123456789.125 1e+22 0.30000000000000004 5e-324 1.7976931348623157e+308 100.0 -0.0 1000000000000000.0 1.2345678901234567e+19 2.5 3.141592653589793 0.3333333333333333 "
    ),
    (
      "{{ fl|tojson }}",
      "[0.1, 1e+16, 1e-05, 123456789.125, 1e+22, 0.30000000000000004, 5e-324, 1.7976931348623157e+308, 100.0, -0.0, 1000000000000000.0, 1.2345678901234567e+19, 2.5, 3.141592653589793, 0.3333333333333333]"
    ),
    (
      "{{ d }} {{ l }} {{ n }} {{ t }} {{ not t }} {{ undefinedthing }}|",
      #"{'b': 2, 'a': 1, 'C': [1, 2.5, None, True, "x'y"], 'items': 'it', 'nested': {'k': {'z': 1}}} [3, 1, 2, '3'] None True False |"#
    ),
    (
      "{{ d|tojson }} {{ d|tojson(indent=2) }} {{ d|tojson(sort_keys=true) if false else '' }}",
      #"{"b": 2, "a": 1, "C": [1, 2.5, null, true, "x'y"], "items": "it", "nested": {"k": {"z": 1}}} {\#n  "b": 2,\#n  "a": 1,\#n  "C": [\#n    1,\#n    2.5,\#n    null,\#n    true,\#n    "x'y"\#n  ],\#n  "items": "it",\#n  "nested": {\#n    "k": {\#n      "z": 1\#n    }\#n  }\#n} "#
    ),
    (
      "{{ d.nested|tojson(separators=(',', ':')) }} {{ [1,2]|tojson(indent=4) }} {{ []|tojson(indent=2) }} {{ {}|tojson(indent=2) }} {{ [[],{}]|tojson(indent=1) }}",
      #"{"k":{"z":1}} [\#n    1,\#n    2\#n] [] {} [\#n [],\#n {}\#n]"#
    ),
    (
      #"{{ s|tojson }} {{ "a\"b\\c\n\t\u0001é😀\x7f"|tojson }} {{ s|tojson(ensure_ascii=true) }} {{ "é😀\x7f"|tojson(true) }}"#,
      #""Hello Wörld" "a\"b\\c\n\t\u0001é😀\#u{7f}" "Hello W\u00f6rld" "\u00e9\ud83d\ude00\u007f""#
    ),
    (
      #"{{ 'it''s' }} {{ "it's" }} {{ ['it\'s', "q\"q", 'b\'"b', 'back\\slash', 'nl\n', 'tab\t', '\x00\x7f', 'é', '\u200b'] }}"#,
      #"its it's ["it's", 'q"q', 'b\'"b', 'back\\slash', 'nl\n', 'tab\t', '\x00\x7f', 'é', '\u200b']"#
    ),
    (
      "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ -2 ** 2 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }}",
      "3 -4 1 2 -2 3.5 3.0 1024 0.5 4 3.0 0.5"
    ),
    (
      "{{ 2 * 'ab' }} {{ 'ab' * 2 }} {{ [1] * 3 }} {{ 'a' + 'b' }} {{ 1 + 2.5 }} {{ 'a' ~ 1 ~ none ~ true ~ 1.0 }} {{ [1] + [2] }} {{ true + 1 }}",
      "abab abab [1, 1, 1] ab 3.5 a1NoneTrue1.0 [1, 2] 2"
    ),
    (
      "{{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' < 'b' }} {{ [1,2] < [1,3] }} {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ none == none }} {{ 'a' == 1 }} {{ (1,2) == (1,2) }} {{ {'a':1} == {'a':1.0} }}",
      "True True True True True False True False True True"
    ),
    (
      "{{ 1 in [1,2] }} {{ 'a' in 'abc' }} {{ 'a' not in d }} {{ 'items' in d }} {{ none in [none] }} {{ 'x' in undefinedthing }}",
      "True True False True True False"
    ),
    (
      "{{ 1 if true }} {{ 1 if false }}| {{ 'a' if e else 'b' }} {{ 'x' if 1 else 'y' if 0 else 'z' }}",
      "1 | b x"
    ),
    (
      "{{ e or 'default' }} {{ s and 'yes' }} {{ 0 or none }} {{ [] or {} }} {{ not e }} {{ not 1 == 2 }}",
      "default yes None {} True True"
    ),
    (
      "{{ n.x }}| {{ n['x'] is defined }} {{ i.x is defined }} {{ s.nope is defined }} {{ s['nope'] is defined }} {{ l[100] is defined }} {{ l['a'] is defined }}",
      "| False False False False False False"
    ),
    (
      "{{ s[0] }} {{ s[-1] }} {{ s[1:3] }} {{ s[::-1] }} {{ s[:-2] }} {{ s[6:] }} {{ s[::2] }} {{ l[1:] }} {{ l[::-1] }} {{ l[-2:] }} {{ l[:100] }} {{ s[100] is defined }} {{ (1,2,3)[1:] }}",
      "H d el dlröW olleH Hello Wör Wörld HloWrd [1, 2, '3'] ['3', 2, 1, 3] [2, '3'] [3, 1, 2, '3'] False (2, 3)"
    ),
    (
      "{{ messages[1:][0].content }} {{ messages[-1]['content'] }} {{ (messages|first).role }} {{ (messages|last).role }} {{ messages|length }} {{ messages[::-1][0].content|trim }}",
      #"Hello   spaced \#n user user 3 spaced"#
    ),
    (
      "{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ loop.last }}{{ m.content }}{% else %}none{% endfor %}",
      #"1FalseHi <b> there2True  spaced \#n"#
    ),
    (
      "{% for m in [] %}x{% else %}empty{% endfor %} {% for x in 'abc' %}{{ x }},{% endfor %} {% for k in d %}{{ k }} {% endfor %} {% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
      #"empty a,b,c, b a C items nested  b=2;a=1;C=[1, 2.5, None, True, "x'y"];items=it;nested={'k': {'z': 1}};"#
    ),
    (
      "{% for k, v in d|dictsort %}{{ k }} {% endfor %} {% for k, v in d|dictsort(true) %}{{ k }} {% endfor %} {% for k,v in d|dictsort(reverse=true) %}{{k}} {% endfor %} {% for k,v in {'x':2,'y':1}|dictsort(by='value') %}{{k}}{% endfor %}",
      "a b C items nested  C a b items nested  nested items C b a  yx"
    ),
    (
      "{% set x = 1 %}{% for i in [1,2] %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }}",
      "15151"
    ),
    (
      "{% set ns = namespace(a=1, b='x') %}{% for i in range(3) %}{% set ns.a = ns.a + i %}{% set ns.c = i %}{% endfor %}{{ ns.a }} {{ ns.b }} {{ ns.c }} {{ ns.zz is defined }}",
      "4 x 2 False"
    ),
    (
      "{% set x %}body {{ 1 + 1 }}{% endset %}[{{ x }}] {% set y | upper %}abc{{ s }}{% endset %}[{{ y }}] {{ x|length }}",
      "[body 2] [ABCHELLO WÖRLD] 6"
    ),
    (
      "{% macro m(a, b=2, c='x') %}[{{ a }}|{{ b }}|{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, c=3) }}{{ m(b=5, a=1) }}{{ m() }}{{ m(1,2,3) ~ '!' }}",
      "[1|2|x][1|2|3][1|5|x][|2|x][1|2|3]!"
    ),
    (
      "{% macro m() %}{{ varargs }} {{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}",
      "(1, 2) {'x': 3}"
    ),
    (
      "{% macro outer(x) %}<{{ caller() }}{{ caller is defined }}>{% endmacro %}{% call outer(1) %}inner {{ i }}{% endcall %}",
      "<inner 7True>"
    ),
    (
      "{% macro w(x) %}({{ caller(x, 2) }}){% endmacro %}{% call(a, b) w(7) %}{{ a }}-{{ b }}{% endcall %}",
      "(7-2)"
    ),
    (
      "{% set z = 9 %}{% macro m() %}{{ z }}{{ message is defined }}{% endmacro %}{% for message in [1] %}{{ m() }}{% endfor %}{% set z = 10 %}{{ m() }}",
      "9False10False"
    ),
    (
      "{% macro rec(n) %}{{ n }}{% if n > 0 %}{{ rec(n - 1) }}{% endif %}{% endmacro %}{{ rec(5) }}",
      "543210"
    ),
    (
      #"{{ '  x '|trim }}| {{ 'xxaxx'|trim('x') }} {{ ' a b '.strip() }}| {{ 'abc'.strip('ac') }} {{ '\n\na\n'.lstrip('\n') }}| {{ 'ab'.rstrip('b') }} {{ undefinedthing|trim }}|"#,
      #"x| a a b| b a\#n| a |"#
    ),
    (
      "{{ 'a,b,,c'.split(',') }} {{ ' a  b c '.split() }} {{ 'a b c'.split(' ', 1) }} {{ 'a.b.c'.rsplit('.', 1) }} {{ 'abc'.split('z') }} {{ ''.split(',') }} {{ ''.split() }} {{ 'a  b c'.split(none, 1) }} {{ 'a</think>b</think>c'.split('</think>')[-1] }}",
      "['a', 'b', '', 'c'] ['a', 'b', 'c'] ['a', 'b c'] ['a.b', 'c'] ['abc'] [''] [] ['a', 'b c'] c"
    ),
    (
      #"{{ 'a\nb\r\nc'.splitlines() }} {{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x','c')) }} {{ 'aXbX'.replace('X','-') }} {{ 'aXbX'.replace('X','-',1) }} {{ 'abc'|replace('b','') }}"#,
      "['a', 'b', 'c'] True True a-b- a-bX ac"
    ),
    (
      #"{{ 'hello world'.title() }} {{ 'hello-world foo'|title }} {{ "it's a test".title() }} {{ 'HELLO wORLD'|capitalize }} {{ 'aB'.upper() }} {{ 'aB'|lower }} {{ 'aB'.swapcase() }} {{ u.upper() }} {{ u.lower() }} {{ u|title }}"#,
      "Hello World Hello-World Foo It'S A Test Hello world AB ab Ab ÄÖSS STRASSE ΣΑΣ ПРИВЕТ äöß straße σας привет Äöß Straße Σας Привет"
    ),
    (
      "{{ 'abcabc'.find('c') }} {{ 'abc'.find('z') }} {{ 'abcabc'.rfind('c') }} {{ 'abcabc'.index('b') }} {{ 'aXaXa'.count('a') }} {{ 'é€x'.find('x') }} {{ 'abc'.partition('b') }} {{ 'abcbd'.rpartition('b') }} {{ 'abc'.partition('z') }}",
      "2 -1 5 1 3 2 ('a', 'b', 'c') ('abc', 'b', 'd') ('abc', '', '')"
    ),
    (
      "{{ '-'.join(['a','b']) }} {{ ['a',1,none]|join('-') }} {{ people|join(', ', attribute='name') }} {{ 'abc'|join('.') }} {{ []|join }}",
      "a-b a-1-None bob, Al, cy a.b.c "
    ),
    (
      "{{ '½'.isdigit() }} {{ '½'.isnumeric() }} {{ '²'.isdigit() }} {{ '²'.isdecimal() }} {{ '²'.isnumeric() }} {{ '1½'.isalnum() }} {{ 'ü½'.isalpha() }} {{ '三'.isalpha() }} {{ 'a²'.isidentifier() }} {{ '€'.isalnum() }} {{ 'a ½ 三'|wordcount }}",
      "False True True False True True False True False False 3"
    ),
    ("{{ s.foo }}{{ l.append }}{{ d.update }}{{ s.__class__ }}|{{ s.foo is defined }}", "|False"),
    (
      "{{ '12'.isdigit() }} {{ 'a1'.isalnum() }} {{ 'ab'.isalpha() }} {{ ' '.isspace() }} {{ 'AB'.isupper() }} {{ 'ab'.islower() }} {{ ''.isdigit() }} {{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.txt'.removesuffix('.txt') }} {{ '7'.zfill(3) }} {{ '-7'.zfill(4) }} {{ 'a'.ljust(3) }}| {{ 'a'.rjust(3,'.') }} {{ 'ab'.center(5,'*') }}",
      "True True True True True True False x x 007 -007 a  | ..a **ab*"
    ),
    (
      "{{ '{} and {}'.format(1, 'x') }} {{ '{0}{1}{0}'.format('a','b') }} {{ '{name}!'.format(name='n') }} {{ '{:>5}|{:<4}|{:^5}|{:05d}|{:.2f}'.format('a','b','c',42,3.14159) }} {{ '{{}}'.format() }} {{ '%s is %d and %.2f %r %%' % ('a', 3, 2.555, 'q') }} {{ '%05d|%-4s|%x' % (42, 'a', 255) }} {{ '%s'|format(5) }} {{ '%(a)s' % {'a': 1} }}",
      "1 and x aba n!     a|b   |  c  |00042|3.14 {} a is 3 and 2.56 'q' % 00042|a   |ff 5 1"
    ),
    (
      "{{ l|first }} {{ l|last }} {{ [3,1,2]|sort }} {{ [3,1,2]|sort(reverse=true) }} {{ ['b','A','c']|sort }} {{ ['b','A','c']|sort(case_sensitive=true) }} {{ people|sort(attribute='age')|map(attribute='name')|list }} {{ [1,2,1]|unique|list }} {{ ['a','A']|unique|list }} {{ [1,2]|reverse|list }} {{ 'abc'|reverse }}",
      "3 3 [1, 2, 3] [3, 2, 1] ['A', 'b', 'c'] ['A', 'b', 'c'] ['bob', 'cy', 'Al'] [1, 2] ['a'] [2, 1] cba"
    ),
    (
      "{{ [1,5,2]|max }} {{ [1,5,2]|min }} {{ [1,2,3]|sum }} {{ people|sum(attribute='age') }} {{ ['b','A']|min }} {{ []|max is defined }} {{ people|max(attribute='age') }}",
      "5 1 6 11 A False {'name': 'Al', 'age': 5}"
    ),
    (
      "{{ people|selectattr('age','equalto',3)|list|length }} {{ people|rejectattr('age','eq',3)|map(attribute='name')|list }} {{ [1,2,3,4]|select('odd')|list }} {{ [1,2,3]|reject('>', 2)|list }} {{ [0,1,'']|select|list }} {{ people|selectattr('zz')|list }} {{ people|selectattr('age','in',[5])|list }} {{ people|map(attribute='zz', default='-')|list }}",
      "2 ['Al'] [1, 3] [1, 2] [1] [] [{'name': 'Al', 'age': 5}] ['-', '-', '-']"
    ),
    (
      "{{ ['a ',' b']|map('trim')|list }} {{ ['a']|map('upper')|join }} {{ [[1,2],[3]]|map('length')|list }} {{ ['a']|map('replace','a','b')|list }} {{ people|map(attribute='name')|map('lower')|join(',') }} {{ [1]|map('string')|list }}",
      "['a', 'b'] A [2, 1] ['b'] bob,al,cy ['1']"
    ),
    (
      "{% for g in people|groupby('age') %}{{ g[0] }}:{{ g[1]|length }} {% endfor %} {% for a, b in people|groupby('age') %}{{ a }}{{ b|map(attribute='name')|list }}{% endfor %}",
      "3:2 5:1  3['bob', 'cy']5['Al']"
    ),
    (
      "{{ [1,2,3,4,5]|batch(2)|list }} {{ [1,2,3]|batch(2,'x')|list }} {{ [1,2,3,4,5]|slice(2)|list }}",
      "[[1, 2], [3, 4], [5]] [[1, 2], [3, 'x']] [[1, 2, 3], [4, 5]]"
    ),
    (
      "{{ '42'|int }} {{ '42.7'|int }} {{ 'x'|int }} {{ 'x'|int(-1) }} {{ '0x1f'|int(base=16) }} {{ 3.9|int }} {{ '1.5'|float }} {{ 'x'|float }} {{ 5|float }} {{ true|int }} {{ ' 7 '|int }} {{ none|int }}",
      "42 42 0 -1 31 3 1.5 0.0 5.0 1 7 0"
    ),
    (
      "{{ 42.55|round }} {{ 42.55|round(1) }} {{ 42.45|round(1,'floor') }} {{ 42.41|round(1,'ceil') }} {{ 2.5|round }} {{ 3|round }} {{ -3|abs }} {{ 2.675|round(2) }}",
      "43.0 42.5 42.4 42.5 2.0 3 3 2.67"
    ),
    (
      #"{{ 'a<b>&"\''|e }} {{ 'a<b'|escape + '<c>' }} {{ '<x>'|safe }} {{ ('<x>'|safe) ~ '<y>' }} {{ 'x'|string + '<' }} {{ '<a>'|forceescape }}"#,
      "a&lt;b&gt;&amp;&#34;&#39; a&lt;b&lt;c&gt; <x> <x><y> x< &lt;a&gt;"
    ),
    (
      #"{{ 'a\nb\n\nc'|indent }}| {{ 'a\nb'|indent(2, true) }} {{ 'a\n\nb'|indent(2, blank=true) }} {{ 'a\nb'|indent('>>') }} {{ 'a\n'|indent }}|"#,
      #"a\#n    b\#n\#n    c|   a\#n  b a\#n  \#n  b a\#n>>b a\#n|"#
    ),
    (
      "{{ n|default('x') }} {{ undefinedthing|default('x') }} {{ e|default('x', true) }} {{ n|d('y', boolean=true) }} {{ undefinedthing|default }}|",
      "None x x y |"
    ),
    (
      "{{ s is string }} {{ i is number }} {{ i is integer }} {{ f is float }} {{ t is boolean }} {{ t is number }} {{ t is integer }} {{ d is mapping }} {{ l is sequence }} {{ s is sequence }} {{ d is sequence }} {{ l is iterable }} {{ i is iterable }} {{ n is none }} {{ undefinedthing is undefined }} {{ undefinedthing is iterable }} {{ undefinedthing is sequence }} {{ range is callable }} {{ t is true }} {{ t is false }} {{ 1 is true }}",
      "True True True True True True False True True True True True False True True True True True True False False"
    ),
    (
      "{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ 1 is eq 1 }} {{ 1 is ne 2 }} {{ 2 is gt 1 }} {{ 1 is in [1] }} {{ 'a' is lower }} {{ 'A' is upper }} {{ n is sameas none }} {{ s is not string }} {{ s is not defined }} {{ 1 is sameas 1 }}",
      "True True True False True True True True True True True False False True"
    ),
    (
      "{{ range(3)|list }} {{ range(1,4)|list }} {{ range(5,0,-2)|list }} {{ range(3) }} {{ range(0) | length }}",
      "[0, 1, 2] [1, 2, 3] [5, 3, 1] range(0, 3) 0"
    ),
    (
      "{{ dict(a=1, b=2) }} {{ dict({'x': 1}, y=2) }} {{ {'a': 1, 'a': 2} }} {{ {1: 'x', none: 2, true: 3} }} {{ (1,) }} {{ () }} {{ (1, 2) }} {{ d.keys()|list }} {{ d.values()|list|length }}",
      "{'a': 1, 'b': 2} {'x': 1, 'y': 2} {'a': 2} {1: 3, None: 2} (1,) () (1, 2) ['b', 'a', 'C', 'items', 'nested'] 5"
    ),
    (
      #"   {% if true %}\#n  indented\#n   {% endif %}\#nafter"#,
      #"  indented\#nafter"#
    ),
    (
      #"{%- if true -%}\#n   x\#n{%- endif -%}\#n   y"#,
      "xy"
    ),
    (
      #"line1\#n  {%+ if true %}a{% endif +%}\#nb"#,
      #"line1\#n  a\#nb"#
    ),
    (
      #"a {#- comment -#} b\#n  {# whole line #}\#nc {# x #} d"#,
      #"ab\#nc  d"#
    ),
    (
      "{% raw %}{{ not }} {% if %}{% endraw %} after",
      "{{ not }} {% if %} after"
    ),
    (
      "{%- raw -%}  x  {%- endraw -%}  y",
      "xy"
    ),
    (
      #"a{{ 1 }}\#nb\#n{{ 2 -}}\#n  c  {{- 3 }}"#,
      #"a1\#nb\#n2c3"#
    ),
    (
      #"text with trailing newline\#n"#,
      "text with trailing newline"
    ),
    (
      "{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
      "02"
    ),
    (
      "{% generation %}gen {{ i }}{% endgeneration %}!",
      "gen 7!"
    ),
    (
      "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}",
      "3False"
    ),
    (
      "{% filter upper %}abc {{ s }}{% endfilter %}",
      "ABC HELLO WÖRLD"
    ),
    (
      #"{{ strftime_now('%d %b %Y %H:%M:%S %A %B %j %y %p %I %%') }} {{ strftime_now("%Y-%m-%d") }} {{ strftime_now('%-d %e %c %x %X %D %F %T') }}"#,
      "02 Jan 2026 03:04:05 Friday January 002 26 AM 03 % 2026-01-02 2  2 Fri Jan  2 03:04:05 2026 01/02/26 03:04:05 01/02/26 2026-01-02 03:04:05"
    ),
    (
      "{{ messages | tojson }}",
      #"[{"role": "user", "content": "Hi <b> there"}, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "  spaced \n"}]"#
    ),
    (
      "{{ loop is defined }} {% for a in [[1,2],[3,4]] %}{% for b in a %}{{ loop.index }}{{ b }}{% endfor %}{{ loop.index }};{% endfor %}",
      "False 11221;13242;"
    ),
    (
      "{% for a, (b, c) in [[1,[2,3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %} {% set a, b = 1, 2 %}{{ a }}{{ b }} {% set (p, q) = (3, 4) %}{{ p }}{{ q }}",
      "123 12 34"
    ),
    (
      "{% for x in [1,2,3] recursive %}{{ x }}{% if x < 2 %}({{ loop([7,8]) }}){{ loop.depth }}{% endif %}{% endfor %}",
      "1(78)123"
    ),
    (
      "{% for i in range(4) %}{{ loop.cycle('a','b') }}{{ loop.changed(i // 2) }} {% endfor %}",
      "aTrue bFalse aTrue bFalse "
    ),
    (
      "{% set c = cycler('x','y') %}{{ c.next() }}",
      "x"
    ),
    (
      "{% set j = joiner('|') %}{{ j() }}a{{ j() }}b{{ j() }}c",
      "a|b|c"
    ),
    (
      "{{ messages|selectattr('role','equalto','zzz') is defined }} {% if messages|selectattr('role','equalto','zzz') %}truthy{% endif %} {% if messages|selectattr('role','equalto','zzz')|list %}x{% else %}falsy{% endif %}",
      "True truthy falsy"
    ),
    (
      #"{{ "\u00e9\x41\101\U0001F600\q\'" }} {{ 'line\\#ncont' }} {{ 'a' 'b' "c" }}"#,
      #"éAA😀\q' linecont abc"#
    ),
    (
      "{{ d.nested['k']['z'] }} {{ l.0 }} {{ l[0] }} {{ d['C'][1] }} {{ d.C.2 }}",
      "1 3 3 2.5 None"
    ),
    (
      "{{ namespace(x=1).x }} {{ namespace({'y': 2}).y }}",
      "1 2"
    ),
    (
      #"{{ [1,2,3][1] }} {{ {'a': [1,{'b': 2}]}['a'][1].b }} {{ 'abc'[1] }} {{ "x"|length }} {{ {'a':1}|length }} {{ '日本'|length }}"#,
      "2 2 b 1 1 2"
    ),
    (
      "{{ d | items | list }} {{ {'b':1}|items|first }} {{ undefinedthing|items|list }}",
      #"[('b', 2), ('a', 1), ('C', [1, 2.5, None, True, "x'y"]), ('items', 'it'), ('nested', {'k': {'z': 1}})] ('b', 1) []"#
    ),
    (
      "{{ s|wordcount }} {{ 'foo bar baz qux'|truncate(9) }} {{ 'foo bar baz qux'|truncate(9, true) }} {{ 'foo bar baz qux'|truncate(11, false, '..', 0) }} {{ '<p>a  b</p>'|striptags }} {{ 'a b/ü'|urlencode }} {{ 'ab'|center(6) }}|",
      "2 foo... foo ba... foo bar.. a b a%20b/%C3%BC   ab  |"
    ),
    (
      "{{ s == 'Hello Wörld' }} {{ (s + '!') == 'Hello Wörld!' }} {{ (s ~ s)|length }} {{ (s ~ s)[3:14] }} {{ (s + 'x' + s).split('x')|length }} {{ ('a' + s)|upper }} {{ ('  ' + s + '  ')|trim }}| {{ (s + s).replace('l','L') }}",
      "True True 22 lo WörldHel 2 AHELLO WÖRLD Hello Wörld| HeLLo WörLdHeLLo WörLd"
    ),
    (
      "{%- set a = 'x' %}{%- if a == 'x' and (1 or 2) and not n %} yes{% elif a %} elif{% else %} no{% endif %}",
      " yes"
    ),
    (
      "{% if 0 %}a{% elif 0 %}b{% elif 1 %}c{% else %}d{% endif %}{% if 0 %}a{% else %}{% if 1 %}x{% endif %}y{% endif %}",
      "cxy"
    ),
    (
      "{% set x = none %}{{ x }}{% set x = [] %}{{ x }}{% set x = x + [1] %}{{ x }}",
      "None[][1]"
    ),
    (
      "{% set ns = namespace(l=[]) %}{% for i in range(3) %}{% set ns.l = ns.l + [i] %}{% endfor %}{{ ns.l }} {% set ns = namespace(s='') %}{% for m in messages %}{% set ns.s = ns.s ~ m.content ~ '|' %}{% endfor %}{{ ns.s }}",
      #"[0, 1, 2] Hi <b> there|Hello|  spaced \#n|"#
    ),
    (
      "{{ l.append is defined }} {{ d.pop is defined }} {{ d.update is defined }} {{ s.__class__ is defined }}",
      "False False False False"
    ),
    (
      "{{ true }} {{ True }} {{ false }} {{ None }} {{ none }} {{ [true, none, 'x'] }}",
      "True True False None None [True, None, 'x']"
    ),
    (
      #"{{ {"a": {"b": 1}} }}{{ {'x':{'y':{}}}}}"#,
      "{'a': {'b': 1}}{'x': {'y': {}}}"
    ),
    (
      #"{%- for message in messages -%}\#n  {%- if message['role'] == 'user' -%}\#n    {{ '<|user|>\n' + message['content'] + '<|end|>\n' }}\#n  {%- elif message.role == 'assistant' %}\#n    {{- '<|assistant|>\n' ~ message.content|trim ~ '<|end|>' }}\#n  {% endif %}\#n{%- endfor %}"#,
      #"<|user|>\#nHi <b> there<|end|>\#n<|assistant|>\#nHello<|end|>\#n<|user|>\#n  spaced \#n<|end|>\#n"#
    ),
    (
      "{% set content = messages[0].content %}{% if content is string %}{{ content }}{% endif %}{% set loop_messages = messages %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('alternate') }}{% endif %}{% endfor %}",
      "Hi <b> there"
    ),
    (
      "{{ 'x' if undefinedthing is defined and undefinedthing else 'y' }}{{ undefinedthing.foo if undefinedthing is defined }}",
      "y"
    ),
    (
      "{{ [1, 2, 3] | join(', ') }} {{ ([1] + [2])|tojson }} {{ (1,2)|tojson }} {{ 1.0|tojson }} {{ none|tojson }} {{ true|tojson }} {{ {'k': none, 1: 2}|tojson }}",
      #"1, 2, 3 [1, 2] [1, 2] 1.0 null true {"k": null, "1": 2}"#
    ),
    (
      #"{{ '%s' % s }}{{ '%s-%s' % (1, 2) }}{{ "{}"|replace("{}", "x") }}"#,
      "Hello Wörld1-2x"
    ),
    (
      "{{ messages[0] }}",
      "{'role': 'user', 'content': 'Hi <b> there'}"
    ),
    (
      "{{ messages[0].content[:2] }} {{ messages[0]['content'][-5:] }} {{ messages.0.role }}",
      "Hi there user"
    ),
    (
      "{{ 5 is number and 'a' in ['a'] or false }} {{ 'a' in ['b'] or 'c' }} {{ not 'a' in ['a'] }} {{ 1 not in [2] }}",
      "True c False True"
    ),
    (
      "{{ 'A' ~ loop }}",
      "A"
    ),
    (
      #"{% macro f(x) -%}\#n  {%- if x is mapping -%}\#n    { {%- for k, v in x.items() -%} {{ k }}:{{ f(v) }}{{ ', ' if not loop.last }} {%- endfor -%} }\#n  {%- elif x is iterable and x is not string -%}\#n    [{% for v in x %}{{ f(v) }}{% if not loop.last %}, {% endif %}{% endfor %}]\#n  {%- else -%}\#n    {{ x|tojson }}\#n  {%- endif -%}\#n{%- endmacro %}{{ f(d) }}"#,
      #"{b:2, a:1, C:[1, 2.5, null, true, "x'y"], items:"it", nested:{k:{z:1}}}"#
    ),
    (
      #"a\#n{% set x = 1 %}\#nb\#n{%- set y = 2 %}\#n\#nc\#n{% set z = 3 -%}\#n\#nd"#,
      #"a\#nb\#nc\#nd"#
    ),
    (
      #"{{ "a" }}   \#n   {{ "b" }}   {% if 1 %}   \#n c   {% endif %}   "#,
      #"a   \#n   b      \#n c      "#
    ),
    (
      #"\#t{% if 1 %}\#ttab\#n\#t{% endif %}"#,
      #"\#ttab\#n"#
    ),
    (
      #"{#- leading -#}   x   {#  #}\#n\#ny"#,
      #"x   \#ny"#
    ),
    (
      "{{ f|string|length }} {{ 10|string ~ '' }} {{ 3.0 == 3 }} {{ 3.0|int }} {{ 1e100 }} {{ 123456789012345678 }} {{ 0.1 + 0.2 }} {{ 1.1 * 3 }} {{ 1/3 }} {{ 2/3*3 }}",
      "3 10 True 3 1e+100 123456789012345678 0.30000000000000004 3.3000000000000003 0.3333333333333333 2.0"
    ),
    (
      "{{ 9223372036854775807 }} {{ -9223372036854775807 }}",
      "9223372036854775807 -9223372036854775807"
    ),
    (
      #"{% for i in range(3) -%}\#n  {{ i }}\#n{%- if not loop.last %}, {% endif -%}\#n{%- endfor %}"#,
      "0, 1, 2"
    ),
    (
      "{% set x = {'a': 1} %}{% set y = dict(x, b=2) %}{{ y }} {{ x }} {% set _ = y.get('a') %}{{ _ }}",
      "{'a': 1, 'b': 2} {'a': 1} 1"
    ),
    (
      "{{ ('a', 'b')|join }} {{ ['x']|first|upper }} {{ 'a,b'.split(',')|map('upper')|list|tojson }}",
      #"ab X ["A", "B"]"#
    ),
    (
      #"{{ "<|im_start|>" ~ 'x' }} {{ '{{' }} {{ '}}' }} {{ "%}" }} {% if '%}' %}ok{% endif %}"#,
      "<|im_start|>x {{ }} %} ok"
    ),
    (
      "{{ 1 if 1 else 2 if 1 else 3 }}{{ (1 if 0 else 2) if 1 else 3 }}",
      "12"
    ),
    (
      "{{ s | replace('Hello', 'Bye') | upper | length }} {{ s|lower|title }} {{ s.lower().upper() }}",
      "9 Hello Wörld HELLO WÖRLD"
    ),
    (
      "{{ d|length > 2 and d|length < 10 }} {{ d | length == 5 }} {{ people | length - 1 }} {{ people[people|length - 1].name }}",
      "True True 2 cy"
    ),
    (
      "{% set a = [1,2,3] %}{{ a[0:2] }} {{ a[-1] }} {{ a[-1:] }} {{ a[:-1] }} {{ a[1:][0] }} {{ a | sum }} {{ a[5:] }} {{ a[2:1] }}",
      "[1, 2] 3 [3] [1, 2] 2 6 [] []"
    ),
    (
      "{% if messages and messages[0].role == 'system' %}s{% else %}n{% endif %}{% if tools %}t{% endif %}{% if tools is not none %}nn{% endif %}{% if not tools is defined %}nd{% endif %}",
      "n"
    ),
    (
      "{% block b %}in block {{ s }}{% endblock %} {% block c scoped %}x{% endblock c %}",
      "in block Hello Wörld x"
    ),
    (
      "{% autoescape false %}<x>{{ '<' }}{% endautoescape %}",
      "<x><"
    ),
    (
      "{{ {'a': 1}.items()|list }} {{ {'a':1}.items() }} {{ {'a':1}.keys() }} {{ {'a':1}.values() }}",
      "[('a', 1)] dict_items([('a', 1)]) dict_keys(['a']) dict_values([1])"
    ),
    (
      "{{ 1 is string }} {{ 'x' is mapping }} {{ [] is mapping }} {{ {} is iterable }} {{ none is iterable }} {{ none is defined }} {{ 1.0 is integer }} {{ 'a' is callable }}",
      "False False False True False True False False"
    ),
    (
      "{{ messages|map(attribute='content')|join('|') }} {{ messages|map(attribute='role')|unique|list }} {{ messages|map('length')|list }}",
      #"Hi <b> there|Hello|  spaced \#n ['user', 'assistant'] [2, 2, 2]"#
    ),
    (
      "{%if true%}nospace{%endif%}{{s}}{%-  if  true  -%}  x  {%-endif-%}",
      "nospaceHello Wörldx"
    ),
    (
      #"{{ s|truncate(5) }} {{ [1,[2,[3]]]|string }} {{ {'a':{'b':[1]}}|string }}\#n"#,
      "He... [1, [2, [3]]] {'a': {'b': [1]}}"
    ),
  ]

  static let refusals: [(String, String)] = [
    (
      "{{ raise_exception('bad ' ~ i) }}",
      "bad 7"
    ),
    (
      #"{{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") if true }}"#,
      "Conversation roles must alternate user/assistant/user/assistant/..."
    ),
  ]

  static let mistakes: [String] = [
    "{{ undefinedthing.x }}",
    "{{ d.zz.y }}",
    "{% for m in messages %}{{ loop.index }}/{{ loop.length }} {{ loop.first }} {{ loop.last }} {{ loop.index0 }} {{ loop.revindex }} {{ loop.revindex0 }} {{ loop.previtem.role if loop.previtem is defined else '-' }} {{ loop.nextitem.role }};{% endfor %}",
    "{{ m2(1) }}{% macro m2(a) %}{{ a }}{% endmacro %}",
    "{{ -1 }} {{ +1 }} {{ -l[0] }} {{ - -1 }} {{ not not 1 }} {{ (1 + 2) * 3 }} {{ 1 + 2 * 3 }} {{ 2 ** 3 ** 2 }} {{ 10 - 2 - 3 }} {{ 1 ~ 2 + 3 }} {{ 'a' ~ 'b' == 'ab' }} {{ -3|abs }} {{ 1 - 1|abs }}",
    "{{ l.append(1) }}",
    "{{ none|length }}",
    "{% for x in none %}{% endfor %}",
    "{{ 'a' + 1 }}",
    "{{ 1 / 0 }}",
    "{{ 'a' < 1 }}",
    "{{ undefinedthing + 'a' }}",
    "{% for %}",
    "{{ 1 +}}",
    "{% if x %}",
    "{{ 'abc",
    "{% unknown %}",
    "{{ x|nosuchfilter }}",
    "{% call foo() %}{% endcall %}",
  ]
}
