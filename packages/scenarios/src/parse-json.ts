/** JSON text read: its value, or what is wrong with it and where, without any of the text itself. */
export type ParsedJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

/**
 * Reads JSON. Unlike JSON.parse it says where a text goes wrong, the same on every version of Node: `is not JSON: line 3
 * column 5: a value must stand here`. A byte order mark is passed over.
 */
export function parseJson(text: string): ParsedJson {
  const json = text.replace(/^\uFEFF/, '');
  try {
    return { ok: true, value: JSON.parse(json) as unknown };
  } catch {
    // Said better by the search for the place.
    const { at, rule } = findFault(json);
    const before = json.slice(0, at).split('\n');
    return { ok: false, problem: `is not JSON: line ${before.length} column ${(before.at(-1) ?? '').length + 1}: ${rule}` };
  }
}

interface Fault {
  readonly at: number;
  readonly rule: string;
}

const BLANK = /[ \t\n\r]*/y;
const SCALAR = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;

/** The first place where a text that is not JSON stops being it. Iterative: a deep text must not end the process. */
function findFault(text: string): Fault {
  const open: ('{' | '[')[] = [];
  let at = 0;
  const match = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at += found[0].length;
    return found !== null;
  };
  let expected: 'value' | 'first' | 'key' | 'first key' | 'colon' | 'next' | 'end' = 'value';
  for (;;) {
    match(BLANK);
    const character = text[at];
    if (character === undefined && text.trim() === '') return { at, rule: 'it is empty' };
    const closes = character === (open.at(-1) === '{' ? '}' : ']') && open.length > 0;
    if (closes && (expected === 'next' || expected === 'first' || expected === 'first key')) {
      open.pop();
      at += 1;
      expected = open.length === 0 ? 'end' : 'next';
    } else if (expected === 'next' && character === ',') {
      at += 1;
      expected = open.at(-1) === '{' ? 'key' : 'value';
    } else if (expected === 'colon' && character === ':') {
      at += 1;
      expected = 'value';
    } else if ((expected === 'key' || expected === 'first key') && match(STRING)) expected = 'colon';
    else if ((expected === 'value' || expected === 'first') && (character === '{' || character === '[')) {
      open.push(character);
      at += 1;
      expected = character === '{' ? 'first key' : 'first';
    } else if ((expected === 'value' || expected === 'first') && match(SCALAR)) expected = open.length === 0 ? 'end' : 'next';
    else return { at, rule: ruleAt(character, expected, open.at(-1)) };
  }
}

function ruleAt(character: string | undefined, expected: string, inside: '{' | '[' | undefined): string {
  if (expected === 'end') return 'nothing may follow here';
  if (character === undefined) return `it ends too early${inside === undefined ? '' : `, with an open ${inside}`}`;
  if (character === "'") return 'strings stand in double quotes';
  if (expected === 'colon') return 'a : must stand here';
  if (expected === 'next') return `a , or ${inside === '{' ? '}' : ']'} must stand here`;
  if (expected === 'key' && character === '}') return 'no , may stand before }';
  if (expected === 'value' && character === ']') return 'no , may stand before ]';
  if (character === '/') return 'comments are not allowed';
  if (character === '"') return 'a string that is not closed, or has a character that must be escaped';
  return expected === 'value' || expected === 'first' ? 'a value must stand here; text stands in double quotes' : 'a name in double quotes must stand here';
}
