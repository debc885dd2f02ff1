/** Everything that a new mode is: one folder in protocol, one file in core. Also what docs/contributing/adding-a-mode.md describes. */
export const TOY_MODE: Readonly<Record<string, string>> = {
  'packages/protocol/src/modes/coin-toss/coin_toss.proto': `syntax = "proto3";

package macp.modes.coin_toss.v1;

message TossPayload {
  string side = 1;
}
`,
  'packages/protocol/src/modes/coin-toss/id.ts': `export const MODE_COIN_TOSS = 'ext.coin_toss.v1';
`,
  'packages/protocol/src/modes/coin-toss/messages.ts': `import { macp } from '../../gen/proto.js';
import { message, string, type MessageOf } from '../../wire/message.js';

export const TossPayload = message('macp.modes.coin_toss.v1.TossPayload', macp.modes.coin_toss.v1.TossPayload, { side: string });
export type TossPayload = MessageOf<typeof TossPayload>;
`,
  'packages/protocol/src/modes/coin-toss/state.ts': `export interface CoinTossState {
  readonly side: '' | 'heads' | 'tails';
}
`,
  'packages/protocol/src/modes/coin-toss/mode.ts': `import { ACCEPTED, refuse, type Verdict } from '../../verdict.js';
import type { CommitmentPayload } from '../../wire/payloads.js';
import { authorizeCommitment, authorizeParticipant } from '../authority.js';
import { checkCommitment } from '../commitment.js';
import { describeMode } from '../descriptor.js';
import type { Mode } from '../mode.js';
import { requireParticipants } from '../start.js';
import { MODE_COIN_TOSS } from './id.js';
import type { TossPayload } from './messages.js';
import type { CoinTossState } from './state.js';

const invalid = (text: string): Verdict => refuse('INVALID_ENVELOPE', text);

export const coinTossMode: Mode<CoinTossState> = {
  descriptor: describeMode({
    mode: MODE_COIN_TOSS,
    title: 'Coin toss',
    description: 'A participant tosses a coin, once.',
    determinismClass: 'structural-only',
    participantModel: 'peer',
    messageTypes: ['Toss'],
  }),
  strictStart: true,
  checkStart: (start) => requireParticipants(start),
  initial: () => ({ side: '' }),
  authorize: (_state, binding, sender, type) => (type === 'Commitment' ? authorizeCommitment(binding, sender) : authorizeParticipant(binding, sender)),
  check(state, binding, { messageType, payload }) {
    if (messageType === 'Commitment') return state.side === '' ? invalid('no toss yet') : checkCommitment(binding, payload as CommitmentPayload);
    if (messageType !== 'Toss') return invalid('not a message of the coin toss mode');
    if (state.side !== '') return invalid('the coin was tossed');
    return ['heads', 'tails'].includes((payload as TossPayload).side) ? ACCEPTED : invalid('side must be heads or tails');
  },
  apply: (state, _binding, { messageType, payload }) => (messageType === 'Toss' ? { side: (payload as TossPayload).side as CoinTossState['side'] } : state),
};
`,
  'packages/protocol/src/modes/coin-toss/definition.ts': `import type { ModeDefinition } from '../definition.js';
import { TossPayload } from './messages.js';
import { coinTossMode } from './mode.js';

export const definition: ModeDefinition = { mode: coinTossMode, payloads: { Toss: TossPayload } };
`,
  'packages/protocol/src/modes/coin-toss/public.ts': `export { MODE_COIN_TOSS } from './id.js';
export { TossPayload } from './messages.js';
export type { CoinTossState } from './state.js';
`,
  'packages/protocol/src/modes/coin-toss/mode.test.ts': `import * as fc from 'fast-check';
import { randomSessions } from '../random-sessions.test.support.js';
import { MODE_COIN_TOSS } from './id.js';

randomSessions(
  MODE_COIN_TOSS,
  fc.constantFrom('heads', 'edge').map((side) => ['Toss', { side }] as const),
);
`,
  'packages/core/src/session/coin-toss-session.ts': `import { MODE_COIN_TOSS, type Ack, type CoinTossState } from '@macp-agent/protocol';
import type { MacpClient } from '../client.js';
import { Projection } from './projection.js';
import { Session, type SessionOptions, type VerbOptions, type WithSender } from './session.js';

export interface TossInput {
  readonly side: 'heads' | 'tails';
}

export class CoinTossProjection extends Projection {
  get side(): string {
    return this.stateOf<CoinTossState>(MODE_COIN_TOSS)?.side ?? '';
  }
}

export class CoinTossSession extends Session<CoinTossProjection> {
  static readonly verbs = { toss: 'Toss' } as const;

  constructor(client: MacpClient, options: SessionOptions = {}) {
    super(client, MODE_COIN_TOSS, options, (source) => new CoinTossProjection(source));
  }

  toss(input: WithSender<TossInput>, options: VerbOptions = {}): Promise<Ack> {
    return this.sendVerb('Toss', input, options, () => ({ side: input.side }));
  }
}
`,
};

/** A program against the copy: a session of the new mode over gRPC, with a refusal, a participant by its actions, and the outcome. */
export const TOY_AGENT = `import assert from 'node:assert/strict';
import { Auth, CoinTossSession, MacpClient, MODE_COIN_TOSS, Participant } from './packages/core/dist/index.js';
import { startRuntime } from './packages/runtime/dist/index.js';

const runtime = await startRuntime();
const clientOf = (name) => new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.devAgent(name) });
const lead = clientOf('lead');
assert((await lead.listExtModes()).modes.some(({ mode }) => mode === MODE_COIN_TOSS));

const session = new CoinTossSession(lead);
await session.start({ intent: 'who begins', participants: ['ada'], ttlMs: 60_000 });
await assert.rejects(session.toss({ side: 'heads' }), { code: 'FORBIDDEN' });

const ada = clientOf('ada');
const participant = new Participant({ participantId: 'ada', client: ada, sessionId: session.sessionId, mode: MODE_COIN_TOSS });
participant.on('SessionStart', (_event, { actions }) => actions.toss({ side: 'tails' }));
const run = participant.run();

for await (const { messageType } of session.openStream()) {
  if (messageType !== 'Toss') continue;
  await session.commit({ action: 'toss.done', authorityScope: 'game', reason: 'tossed', outcomePositive: true });
}
await run;
assert.equal(session.view?.state, 'RESOLVED');
process.stdout.write(session.projection.side);
await Promise.all([lead.close(), ada.close()]);
await runtime.close();
`;
