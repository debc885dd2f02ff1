import { BUILT_IN_MODES, MacpError } from '@macp-agent/protocol';
import { didYouMean } from '@macp-agent/scenarios';
import { lookAlike } from './check-token-maps.js';

/**
 * Rules of onboarding step 1: non-empty, plain, and unlike every other sender. Throws INVALID_OPTIONS. A sender that is known already is fine: it gets
 * another token.
 */
export function checkSender(sender: string, known: readonly string[]): void {
  const bad = (rule: string): MacpError => new MacpError('INVALID_OPTIONS', `the sender id "${sender}" ${rule} (onboarding step 1)`, { context: { sender } });
  if (sender.trim() === '') throw bad('must not be empty');
  if (sender !== sender.trim() || /\s/.test(sender)) throw bad('must not contain blanks');
  if (/[^\u0021-\u007e]/.test(sender)) throw bad('should be plain ASCII, so that no look-alike letter can differ');
  if (sender.length > 256) throw bad('must not be longer than 256 characters');
  const other = known.includes(sender) ? undefined : lookAlike(sender, known);
  if (other !== undefined)
    throw bad(
      `looks like ${other}, which the maps have already: use that very string for the same agent, and another name for another one; an agent:// prefix or upper case makes a different sender`,
    );
}

/** Modes of a comma-separated list, by id or short name. Throws INVALID_OPTIONS for a short name that is none. */
export function readModes(list: string): string[] {
  const known = BUILT_IN_MODES.map(({ descriptor }) => descriptor.mode);
  return list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map((word) => {
      const found = known.find((mode) => mode === word || mode === `macp.mode.${word}.v1` || mode === `ext.${word}.v1`);
      if (found !== undefined) return found;
      // An extension mode of the deployment.
      if (word.includes('.')) return word;
      const short = known.map((mode) => mode.replace(/^macp\.mode\.|^ext\.|\.v1$/g, ''));
      throw new MacpError('INVALID_OPTIONS', `--modes ${word} is not a mode.${didYouMean(word, short)} There are: ${short.join(', ')}`);
    });
}
