/// Templates of formats, numbers and rarer parts of the language, with what Jinja2 3.1.6 gives for the
/// variables of `LanguageTests`.
enum FormatCases {
  static let texts: [(String, String)] = [
    (
      "{{ 2 ** 0.5 }} {{ 9 ** 0.5 }} {{ (2 ** 0.5)|round(3) }} {{ 4 ** -0.5 }}",
      "1.4142135623730951 3.0 1.414 0.5"
    ),
    (
      "{{ '%e' % 12345.678 }} {{ '%.2e' % 99999 }} {{ '%E' % 0 }} {{ '%.0e' % 15 }}",
      "1.234568e+04 1.00e+05 0.000000E+00 2e+01"
    ),
    (
      "{{ '%g' % 12345.678 }} {{ '%g' % 0.00001234 }} {{ '%g' % 1e20 }} {{ '%.3g' % 3.14159 }} {{ '%G' % 1e-10 }} {{ '%#g' % 3 }}",
      "12345.7 1.234e-05 1e+20 3.14 1E-10 3.00000"
    ),
    (
      "{{ '%10.3f|%-8d|%+d|%05d|% d|%x|%#x|%X|%o|%#o' % (3.14159, 42, 7, 42, 5, 255, 255, 255, 8, 8) }}",
      "     3.142|42      |+7|00042| 5|ff|0xff|FF|10|0o10"
    ),
    (
      "{{ '%5s|%-5s|%.2s|%r|%c|%c|%%' % ('ab', 'cd', 'xyz', 'q', 'w', 65) }} {{ '%a' % 'é' }}",
      #"   ab|cd   |xy|'q'|w|A|% '\xe9'"#
    ),
    (
      "{{ '%*d|%-*d|%.*f' % (5, 42, 4, 7, 1, 2.55) }} {{ '%.5d' % 42 }} {{ '%ld' % 3 }} {{ '%u' % 3 }}",
      "   42|7   |2.5 00042 3 3"
    ),
    (
      "{{ '%.0f %.0f %.0f %.0f' % (0.5, 1.5, 2.5, 3.5) }} {{ 3.5|round }} {{ 2.5|round }} {{ -1.5|round }} {{ 2.675|round(2) }}",
      "0 2 2 4 4.0 2.0 -2.0 2.67"
    ),
    (
      "{{ '%.20f' % 0.1 }} {{ '%f' % 1e16 }} {{ '%.3f' % 1e-10 }} {{ '%.1f' % 9.96 }} {{ '%.0f' % 0.6 }} {{ '%.2f' % 1e22 }}",
      "0.10000000000000000555 10000000000000000.000000 0.000 10.0 1 10000000000000000000000.00"
    ),
    (
      "{{ '%+5d|%-+5d|% 5d|%+08.3f|%-08.3f' % (3, 3, 3, 3.14159, 3.14159) }} {{ '%f %F' % (1e400, -1e400) }}",
      "   +3|+3   |    3|+003.142|3.142    inf -INF"
    ),
    (
      "{{ '{:>10}|{:<10}|{:^10}|{:*^9}|{:é^5}'.format('a', 'b', 'c', 'd', 'e') }}",
      "         a|b         |    c     |****d****|ééeéé"
    ),
    (
      "{{ '{:05d}|{:+d}|{:,}|{:_}|{:x}|{:#x}|{:b}|{:o}|{:X}'.format(42, 7, 1234567, 1234567, 255, 255, 5, 8, 255) }}",
      "00042|+7|1,234,567|1_234_567|ff|0xff|101|10|FF"
    ),
    (
      "{{ '{:e}|{:g}|{:%}|{:.1%}|{:,.2f}|{:.2}|{:.3g}'.format(12345.678, 0.0001, 0.25, 0.256, 1234567.891, 3.14159, 1234.5) }}",
      "1.234568e+04|0.0001|25.000000%|25.6%|1,234,567.89|3.1|1.23e+03"
    ),
    (
      "{{ '{0[0]} {1[k]} {1.k} {a.b} {0[1]:>4}'.format([1, 2], {'k': 'v'}, a={'b': 1}) }}",
      "1 v v 1    2"
    ),
    (
      "{{ '{!r} {!s} {!a} {!r:>6}'.format('x', 'y', 'é', 'z') }} {{ '{:>{w}}|{:{}}|'.format('x', 'y', 3, w=5) }}",
      #"'x' y '\xe9'    'z'     x|y  |"#
    ),
    (
      "{{ '{:.3}|{:10.3}|{:05}'.format('abcdef', 'abcdef', 'a') }} {{ '{:>6}|{:d}'.format(true, true) }}",
      "abc|abc       |a0000      1|1"
    ),
    (
      "{{ '{:=+6d} {:06.2f} {: d} {:c} {:n}'.format(5, -3.14159, 5, 65, 5) }} {{ '{:f} {:.0f}'.format(3, 2.5) }}",
      "+    5 -03.14  5 A 5 3.000000 2"
    ),
    (
      "{{ 'abc'.replace('', '-') }} {{ 'abc'.replace('', '-', 2) }} {{ ''.replace('', 'x') }} {{ 'é'|replace('', '.') }}",
      "-a-b-c- -a-bc x .é."
    ),
    (
      #"{{ 'Hello World'.istitle() }} {{ 'Hello world'.istitle() }} {{ ''.istitle() }} {{ 'ab'.isidentifier() }} {{ 'a b'.isidentifier() }} {{ 'é'.isascii() }} {{ 'a\nb'.isprintable() }}"#,
      "True False False True False False False"
    ),
    (
      #"{{ 'a\tb'.expandtabs() }}|{{ 'a\tb\n\tc'.expandtabs(4) }}|"#,
      #"a       b|a   b\#n    c|"#
    ),
    (
      "{{ {'a b': 1, 'c': 'd/é'}|urlencode }} {{ [('x', 1), ('y z', '&')]|urlencode }}",
      "a+b=1&c=d%2F%C3%A9 x=1&y+z=%26"
    ),
    (
      "{{ namespace(a=1, b='x') }} {{ range(10)[2:5] }} {{ range(5)[::-1] }} {{ range(3) }}",
      "<Namespace {'a': 1, 'b': 'x'}> range(2, 5) range(4, -1, -1) range(0, 3)"
    ),
    (
      "{% macro m(a, b=2) %}{{ a }}{% endmacro %}{{ m.arguments }} {{ m.catch_kwargs }} {{ m.catch_varargs }} {{ m.caller }}",
      "('a', 'b') False False False"
    ),
    (
      "{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, q=3) }}",
      "1(2,){'q': 3}"
    ),
    (
      "{% set c = cycler('a', 'b', 'c') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}",
      "abcNonea"
    ),
    (
      "{% for g in people|groupby('age') %}{{ g.grouper }}:{% for p in g.list %}{{ p.name }},{% endfor %};{% endfor %}",
      "3:bob,cy,;5:Al,;"
    ),
    (
      "{% for g, i in [{'x': {'y': 2}}, {}]|groupby('x.y', default=0) %}{{ g }}={{ i|length }} {% endfor %}",
      "0=1 2=1 "
    ),
    (
      #"{{ 'a\nb\r\nc'.splitlines() }} {{ 'a\nb\r\nc\n'.splitlines(true) }} {{ 'a\n\nb'.splitlines(keepends=True) }}"#,
      #"['a', 'b', 'c'] ['a\n', 'b\r\n', 'c\n'] ['a\n', '\n', 'b']"#
    ),
    (
      "{{ strftime_now('%U %W %V %G %g %k %l %C %P') }}",
      "00 00 01 2026 26  3  3 20 am"
    ),
    (
      "{{ 'STRASSE ß Σς'.casefold() }} {{ ' a b c '.rsplit(None, 1) }} {{ ' a b c '.rsplit(None, 0) }} {{ 'a b'.rsplit(none, 5) }}",
      "strasse ss σσ [' a b', 'c'] [' a b c'] ['a', 'b']"
    ),
    (
      "{{ 'aaa'.count('a', 1) }} {{ 'abcabc'.count('b', 2, 5) }} {{ 'abc'.startswith('b', 1) }} {{ 'abc'.endswith('b', 0, 2) }}",
      "2 1 True True"
    ),
    (
      "{{ '1_000'|int }} {{ '0b11'|int(base=2) }} {{ 'inf'|float }} {{ '.5'|float }} {{ '1.'|float }} {{ '007'|int }} {{ 'nan'|float }}",
      "1000 3 inf 0.5 1.0 7 nan"
    ),
    (
      "{{ {'b': 1, 'a': 'x'}|pprint }} {{ l.copy() }} {% with a=1, b=a %}{{ a }}{{ b }}{% endwith %}",
      "{'a': 'x', 'b': 1} [3, 1, 2, '3'] 1"
    ),
    (
      "{{ (' <' ~ messages[2].content ~ messages[1].content ~ '  ')|trim }}|{{ ('xx' ~ messages[1].content).lstrip('x') }}",
      #"<  spaced \#nHello|Hello"#
    ),
  ]

  static let mistakes: [String] = [
    "{{ '{} {0}'.format('a') }}",
    "{{ '{:d}'.format(3.5) }}",
    "{{ '{:s}'.format(3) }}",
    "{{ '{:10}'.format([1]) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, b=2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}",
    "{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}",
    "{{ ','.join([1, 2]) }}",
    "{{ [[1], [1]]|unique|list }}",
    "{{ l[1:2, 0] }}",
  ]

  /// What is not done here, and what the message says of it.
  static let unsupported: [(String, String)] = [
    ("{{ [1]|random }}", "not supported: the filter random"),
    ("{{ [1]|map('wordwrap', 3)|list }}", "not supported: the filter wordwrap"),
    ("{{ d|xmlattr }}", "not supported: the filter xmlattr"),
    ("{{ 1000|filesizeformat }}", "not supported: the filter filesizeformat"),
    ("{{ 1 is prime }}", "not supported: the test prime"),
    ("{{ l|select('prime')|list }}", "not supported: the test prime"),
    ("{{ lipsum() }}", "not supported: the function lipsum"),
    ("{{ (-8) ** (1 / 3) }}", "not supported: powers of fractions"),
    ("{{ '99999999999999999999'|int }}", "not supported: a whole number of more than 63 bits"),
    ("{{ '%d' % 1e20 }}", "not supported: a whole number of more than 63 bits"),
    ("{{ '%.500f' % 1.5 }}", "not supported: a precision above 400"),
    ("{{ range(1, 10, 3) }}", "not supported: a range written out whose end is not known"),
    ("{{ strftime_now('%s') }}", "not supported: the time's field %s"),
    ("{{ joiner() }}", "not supported: a function written out"),
    ("{{ s.upper }}", "not supported: a function written out"),
    ("{{ self }}", "not supported: the name self"),
    ("{{ self is defined }}", "not supported: the name self"),
    ("{{ s.encode }}", "not supported: the attribute encode"),
    ("{{ s['translate'] is defined }}", "not supported: the attribute translate"),
    ("{{ d.fromkeys }}", "not supported: the attribute fromkeys"),
    ("{{ i.real }}", "not supported: the attribute real"),
    ("{{ range(3).stop }}", "not supported: the attribute stop"),
    ("{{ '三'.isnumeric() }}", "not supported: what kind a character of another script is"),
    ("{{ '٣'.isdigit() }}", "not supported: what kind a character of another script is"),
    ("{% autoescape true %}x{% endautoescape %}", "not supported: autoescape"),
    (#"{{ '\N{BULLET}' }}"#, #"not supported: a character by its name, \N{...}"#),
  ]
}
