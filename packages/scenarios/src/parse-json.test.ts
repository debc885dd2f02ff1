import { expect, it } from 'vitest';
import { parseJson } from './parse-json.js';

it.each([
  ['', 'line 1 column 1: it is empty'],
  ['{\n  "a": 1,\n  "b": oops\n}', 'line 3 column 8: a value must stand here'],
  ['{"a": 1,}', 'line 1 column 9: no , may stand before }'],
  ['[1, 2,]', 'line 1 column 7: no , may stand before ]'],
  ['{"a": 1 "b": 2}', 'line 1 column 9: a , or } must stand here'],
  ['{a: 1}', 'line 1 column 2: a name in double quotes must stand here'],
  ["{'a': 1}", 'line 1 column 2: strings stand in double quotes'],
  ['{"a" 1}', 'line 1 column 6: a : must stand here'],
  ['{"a": [1', 'line 1 column 9: it ends too early, with an open ['],
  ['{"a": 1} x', 'line 1 column 10: nothing may follow here'],
  ['{"a": 01}', 'line 1 column 8: a , or } must stand here'],
  ['{\n// why\n"a": 1}', 'line 2 column 1: comments are not allowed'],
  ['["open]', 'line 1 column 2: a string that is not closed'],
  ['['.repeat(100_000), 'line 1 column 100001: it ends too early'],
])('says where %j goes wrong', (text, problem) => {
  expect(parseJson(text)).toEqual({ ok: false, problem: expect.stringContaining(`is not JSON: ${problem}`) as string });
});

it('reads what is JSON, with or without a byte order mark', () => {
  for (const text of ['{"a":[1,-2.5e3,"\\u00e9",true,null]}', ' 5 ', '"x"']) {
    expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
    expect(parseJson(`\uFEFF${text}`)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
  }
});
