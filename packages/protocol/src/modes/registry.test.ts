import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodePayload, encodePayload, payloadMessage } from '../payload-codec.js';
import { isGovernedMode } from './authority.js';
import { BUILT_IN_MODES, EXTENSION_MODES, findDefinition, findMode, STANDARD_MODES } from './registry.js';

const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe('the shipped modes', () => {
  it('come in the order of their RFCs, extensions last', () => {
    const ids = (modes: typeof BUILT_IN_MODES) => modes.map(({ descriptor }) => descriptor.mode);
    const shipped = ['decision', 'proposal', 'task', 'handoff', 'quorum'].map((name) => `macp.mode.${name}.v1`);
    expect(ids(STANDARD_MODES).slice(0, shipped.length)).toEqual(shipped);
    expect(ids(EXTENSION_MODES)).toContain('ext.multi_round.v1');
    expect(ids(BUILT_IN_MODES)).toEqual([...ids(STANDARD_MODES), ...ids(EXTENSION_MODES)]);
    expect(BUILT_IN_MODES).toHaveLength(folders.length);
  });

  it('are found by id and version, and only by those', () => {
    expect(findMode('macp.mode.task.v1', '1.0.0')?.descriptor.title).toBe('Task');
    for (const [mode, version] of [
      ['macp.mode.task.v1', '1.0.1'],
      ['macp.mode.none.v1', '1.0.0'],
      ['constructor', '1.0.0'],
    ] as const)
      expect(findMode(mode, version)).toBeUndefined();
  });

  it.each(BUILT_IN_MODES.map(({ descriptor }) => descriptor))(
    '$mode has a payload for each of its messages, and rules if policies govern it',
    ({ mode, messageTypes }) => {
      for (const type of messageTypes) expect(payloadMessage(mode, type)?.typeName).toContain(`${type}Payload`);
      expect(findDefinition(mode)?.policy !== undefined).toBe(isGovernedMode(mode));
    },
  );

  it.each(folders.map(({ name }) => name))('%s is played at random', (name) => {
    expect(readFileSync(`${import.meta.dirname}/${name}/mode.test.ts`, 'utf8')).toContain('\nrandomSessions(');
  });

  it('have no payload by the name of what every object has', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(payloadMessage('macp.mode.task.v1', name)).toBeUndefined();
      expect(encodePayload('macp.mode.task.v1', name, {})).toBeUndefined();
      expect(decodePayload('ext.multi_round.v1', name, Buffer.from('x'))).toEqual({ ok: true, payload: Buffer.from('x') });
    }
  });
});
