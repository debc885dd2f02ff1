import { expect, it } from 'vitest';
import { describeError, MacpError, withoutCode } from './macp-error.js';

it('a code is printed once, however often the message begins with it', () => {
  expect(describeError(new MacpError('INVALID_ENVELOPE', 'no sender'))).toBe('INVALID_ENVELOPE: no sender');
  expect(describeError(new MacpError('INVALID_ENVELOPE', 'INVALID_ENVELOPE: INVALID_ENVELOPE: no sender'))).toBe('INVALID_ENVELOPE: no sender');
  expect(describeError(new Error('plain'))).toBe('plain');
  expect(withoutCode('', ': x')).toBe(': x');
  expect(withoutCode('FORBIDDEN', 'INVALID_ENVELOPE: x')).toBe('INVALID_ENVELOPE: x');
});
