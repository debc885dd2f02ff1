import { randomUUID } from 'node:crypto';
import { Envelope, MODE_DECISION, MODE_HANDOFF, MODE_MULTI_ROUND, MODE_TASK, ProgressPayload, SessionStartPayload, SignalPayload } from '@macp-agent/protocol';
import * as fc from 'fast-check';

const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(...others) });

const start = fc
  .record({
    intent: mostly('try', ''),
    participants: mostly(
      ['lead', 'ann'],
      ['lead', 'ann'],
      [],
      ['ann'],
      ['lead'],
      ['lead', 'lead'],
      ['lead', ' lead '],
      ['lead', ' '],
      Array.from({ length: 1001 }, (_, index) => `p${index}`),
    ),
    ttlMs: mostly(60_000, 0, -1, 1, 86_400_000, 86_400_001),
    modeVersion: mostly('1.0.0', '', ' ', '2.0.0'),
    configurationVersion: mostly('config.default', '', ' '),
    policyVersion: mostly('', 'policy.default', 'policy.nowhere', ' '),
    maxSuspendMs: mostly(0, -1, 1000),
    contextId: mostly('', 'ctx'),
  })
  .map((value) => SessionStartPayload.encode(value));
const signal = fc.constantFrom(
  Buffer.alloc(0),
  SignalPayload.encode({ signalType: 'ping' }),
  SignalPayload.encode({ signalType: ' ' }),
  Buffer.from([255, 255]),
);
const progress = fc.constantFrom(Buffer.alloc(0), ProgressPayload.encode({ progressToken: 't', progress: 0.5 }), Buffer.from([255, 255]));

/** How an id of a session may look; `fresh` stands for one that no other envelope has. */
const sessionId = mostly('fresh', 'fresh', 'fresh', '', 'short', 'known', 'FRESH', 'fresh-v1', 'long', 'dots');

const common = {
  macpVersion: mostly('1.0', '1.0', '', '2.0', '1.1'),
  messageId: mostly('m', ''),
  sender: mostly('lead', '', 'out'),
  timestampUnixMs: fc.constantFrom(0, -1, 1, Date.now()),
};

export const envelopes = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      ...common,
      messageType: fc.constant('SessionStart'),
      mode: mostly(MODE_DECISION, MODE_TASK, MODE_HANDOFF, MODE_MULTI_ROUND, 'macp.mode.nothing.v1', '', ' '),
      sessionId,
      payload: fc.oneof({ weight: 8, arbitrary: start }, { weight: 1, arbitrary: fc.constantFrom(Buffer.alloc(0), Buffer.from([255, 255])) }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...common,
      messageType: fc.constantFrom('Signal'),
      mode: mostly('', MODE_DECISION, ' '),
      sessionId: mostly('', 'fresh', 'known'),
      payload: signal,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...common,
      messageType: fc.constantFrom('Progress'),
      mode: mostly('', MODE_DECISION),
      sessionId: mostly('', 'fresh', 'known'),
      payload: progress,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...common,
      messageType: fc.constantFrom('', 'Proposal', 'Nothing'),
      mode: mostly(MODE_DECISION, '', 'x'),
      sessionId: mostly('known', 'fresh', ''),
      payload: fc.constant(Buffer.alloc(0)),
    }),
  },
);

/** The envelope with ids put in for the words that stand for them. */
export function withIds(envelope: Partial<Envelope>, knownSessionId: string): Envelope {
  const id = randomUUID();
  const ids: Readonly<Record<string, string>> = {
    fresh: id,
    FRESH: id.toUpperCase(),
    'fresh-v1': `${id.slice(0, 14)}1${id.slice(15)}`,
    known: knownSessionId,
    long: `${id.replaceAll('-', '')}_x`,
    dots: `${id}.${id}`,
  };
  return Envelope.decode(
    Envelope.encode({ ...envelope, sessionId: ids[envelope.sessionId ?? ''] ?? envelope.sessionId, messageId: envelope.messageId === 'm' ? id : '' }),
  );
}
