import { describe, expect, it } from 'vitest';
import { fit, pad, rowsOf, wrap } from './wrap.js';

describe('wrapped text', () => {
  it('breaks between words, with an indent below the first line', () => {
    expect(wrap('one two three four', { columns: 9, indent: 2 })).toEqual(['one two', '  three', '  four']);
    expect(wrap('a  b', { columns: 4 })).toEqual(['a  b']);
  });

  it('stays one line where there is no limit', () => {
    expect(wrap('word '.repeat(100), { columns: Number.POSITIVE_INFINITY, indent: 4 })).toHaveLength(1);
  });

  it('moves a word that is too long for the indent to the left, and breaks a path only when it is longer than the terminal', () => {
    expect(wrap('transcript runs/0939dd88', { columns: 14, indent: 11 })).toEqual(['transcript', ' runs/0939dd88']);
    expect(wrap('files runs/0939dd88/transcript', { columns: 14, indent: 2 })).toEqual(['files runs/', '  0939dd88/', '  transcript']);
  });

  it('keeps what a no-break space joins, and counts colours as nothing', () => {
    expect(wrap('after 1.72\u00a0s', { columns: 10, indent: 2 })).toEqual(['after', '  1.72\u00a0s']);
    expect(wrap('\u001b[32mone two\u001b[39m', { columns: 7 })).toHaveLength(1);
  });

  it('breaks scripts without blanks between their words, and counts wide characters twice', () => {
    const lines = wrap('理由 設備信任評分過低需要人工審核', { columns: 12, indent: 2 });
    expect(lines.join('').replaceAll(' ', '')).toBe('理由設備信任評分過低需要人工審核');
    for (const line of lines) expect(rowsOf(line, 12)).toBe(1);
  });
});

it('cut text shows that something is missing and ends its colour', () => {
  expect(fit('growth-agent', 6)).toBe('growt…');
  expect(fit('\u001b[2mgrowth-agent\u001b[22m', 6)).toBe('\u001b[2mgrowt\u001b[0m…');
  expect(fit('ok', 6)).toBe('ok');
});

it('pads to the width that is shown, and counts the rows that a line takes', () => {
  expect(pad('審', 4)).toBe('審  ');
  expect([rowsOf('', 10), rowsOf('0123456789', 10), rowsOf('01234567890', 10), rowsOf('x', Number.POSITIVE_INFINITY)]).toEqual([1, 1, 2, 1]);
});
