import { DEFAULT_POLICY, MODE_DECISION, SessionStartPayload } from '@macp-agent/protocol';
import { describe, expect, it } from 'vitest';
import { fill, PARTICIPANTS, proposal, commitment } from '../client.test.support.js';
import type { LogRecord, SessionLog } from './session-log.js';

export const SESSION = '4b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e10';
export const OTHER = '9d3c2c11-54a0-4a6e-8a51-6f0a7b1c2d3e';
export const START_MS = 1_795_169_700_000;

export function startRecord(sessionId = SESSION, atUnixMs = START_MS): LogRecord {
  const payload = SessionStartPayload.encode({ participants: PARTICIPANTS, modeVersion: '1.0.0', configurationVersion: 'config.default', ttlMs: 60_000 });
  const envelope = fill({ messageType: 'SessionStart', sessionId, sender: 'agent://lead', mode: MODE_DECISION, payload, timestampUnixMs: atUnixMs });
  return { kind: 'start', envelope, atUnixMs, policy: DEFAULT_POLICY, bound: { modeVersion: '1.0.0', maxSuspendMs: 604_800_000 } };
}

export function envelopeRecord(sessionId = SESSION, atUnixMs = START_MS + 1): LogRecord {
  return { kind: 'envelope', envelope: fill({ ...proposal(sessionId), sender: 'agent://lead' }), atUnixMs };
}

export function commitmentRecord(sessionId = SESSION, atUnixMs = START_MS + 9): LogRecord {
  return { kind: 'envelope', envelope: fill({ messageType: 'Commitment', sessionId, sender: 'agent://lead', payload: commitment() }), atUnixMs };
}

/** What every session log does. `open` gives an empty one, ready for its first append. */
export function sessionLogContract(name: string, open: () => Promise<SessionLog>): void {
  describe(name, () => {
    it('gives records back in the order of the appends, each session for itself', async () => {
      const log = await open();
      const records = [startRecord(), envelopeRecord(), { kind: 'suspend', by: 'agent://lead', reason: 'lunch ✓', atUnixMs: START_MS + 2 } as const];
      await Promise.all([...records.map((record) => log.append(SESSION, record)), log.append(OTHER, startRecord(OTHER))]);
      expect(log.read(SESSION)).toEqual(records);
      expect(log.read(OTHER)).toHaveLength(1);
      await log.close();
    });

    it('knows only the ids that were used', async () => {
      const log = await open();
      await log.append(SESSION, startRecord());
      expect([log.knows(SESSION), log.knows(OTHER)]).toEqual([true, false]);
      expect(log.read(OTHER)).toEqual([]);
      await log.close();
    });

    it('shows growing history through the list that was read before', async () => {
      const log = await open();
      await log.append(SESSION, startRecord());
      const seen = log.read(SESSION);
      await log.append(SESSION, envelopeRecord());
      expect(seen).toHaveLength(2);
      await log.close();
    });

    it('frees the memory of a finished session on eviction', async () => {
      const log = await open();
      await log.append(SESSION, startRecord());
      await log.append(SESSION, commitmentRecord());
      log.evict(SESSION);
      expect(log.read(SESSION)).toEqual([]);
      await log.close();
    });

    it('closes twice without harm', async () => {
      const log = await open();
      await log.append(SESSION, startRecord());
      await Promise.all([log.close(), log.close()]);
    });
  });
}
