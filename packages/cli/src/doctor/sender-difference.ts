/** Why two sender strings are not one: in words, and the first byte that differs. Empty for equal strings. Pure. */
export function senderDifference(used: string, expected: string): string {
  if (used === expected) return '';
  const cause = CAUSES.find(([, same]) => same(used, expected))?.[0];
  return `${cause === undefined ? '' : `${cause}; `}${firstByte(Buffer.from(used, 'utf8'), Buffer.from(expected, 'utf8'))}`;
}

/** Strings that a sender is easily confused with, without itself. */
export function senderVariants(sender: string): string[] {
  const bare = sender.replace(PREFIX, '');
  const variants = [
    bare,
    `agent://${bare}`,
    sender.trim(),
    sender.toLowerCase(),
    bare.toLowerCase(),
    sender.normalize('NFKC'),
    sender.replaceAll('_', '-'),
    sender.replaceAll('-', '_'),
  ];
  return [...new Set(variants)].filter((variant) => variant !== '' && variant !== sender);
}

const PREFIX = /^agent:\/\//;
const without =
  (change: (text: string) => string) =>
  (one: string, other: string): boolean =>
    change(one) === change(other);

const CAUSES: readonly (readonly [string, (used: string, expected: string) => boolean])[] = [
  ['a stray agent:// prefix', without((text) => text.replace(PREFIX, ''))],
  ['blanks', without((text) => text.replaceAll(/\s/g, ''))],
  ['upper and lower case', without((text) => text.toLowerCase())],
  ['look-alike characters', without((text) => text.normalize('NFKC'))],
  ['- and _', without((text) => text.replaceAll('_', '-'))],
  // Letters of other alphabets that look like Latin ones cannot be told from others by rule.
  ['letters that are not Latin', (used, expected) => used.length === expected.length && /[^\u0020-\u007e]/.test(used) !== /[^\u0020-\u007e]/.test(expected)],
];

function firstByte(used: Buffer, expected: Buffer): string {
  let at = 0;
  while (at < used.length && at < expected.length && used[at] === expected[at]) at += 1;
  const byte = (bytes: Buffer): string => {
    const value = bytes[at];
    return value === undefined ? 'the end' : `0x${value.toString(16).padStart(2, '0')}`;
  };
  return `byte ${at + 1} is ${byte(used)} and should be ${byte(expected)} (${used.length} and ${expected.length} bytes)`;
}
