import { describe, expect, it } from 'vitest';
import type { ModeDescriptor } from '../wire/discovery.js';
import { SessionStartPayload } from '../wire/payloads.js';
import { passThroughMode } from './pass-through.js';
import { commitment, example, play, policy, type Setup } from './play.test.support.js';
import { checkSessionStart } from './start.js';

const descriptor: ModeDescriptor = {
  mode: 'ext.auction.v1',
  modeVersion: '1.0.0',
  title: '',
  description: '',
  determinismClass: '',
  participantModel: '',
  messageTypes: ['SessionStart', 'Bid', 'Commitment'],
  terminalMessageTypes: ['Commitment'],
  schemaUris: {},
};
const setup: Setup = { mode: 'ext.auction.v1', initiator: 'coord', participants: ['a'], handler: passThroughMode(descriptor) };

describe('pass-through mode', () => {
  it('keeps the latest opaque payload', () => {
    const view = play(setup, [
      ['a', 'Bid', Buffer.from('10'), 'ok'],
      ['a', 'Bid', Buffer.from('20'), 'ok'],
      ['coord', 'Commitment', commitment('auction.sold', true), 'ok'],
    ]);
    expect(view.modeState).toEqual({ phase: 'Committed', latest: { messageType: 'Bid', sender: 'a', payload: Buffer.from('20') } });
  });

  const anyone = policy('*', { commitment: { authority: 'any_participant' } });
  example('lets only the initiator commit, whatever the policy says', { ...setup, policy: anyone }, [
    ['x', 'Bid', Buffer.alloc(0), 'FORBIDDEN'],
    ['a', 'Offer', Buffer.alloc(0), 'INVALID_ENVELOPE'],
    ['a', 'SessionStart', Buffer.alloc(0), 'INVALID_ENVELOPE'],
    ['a', 'Commitment', commitment('auction.sold', true), 'FORBIDDEN'],
    ['coord', 'Commitment', commitment('auction.sold', true, { reason: '' }), 'INVALID_ENVELOPE'],
  ]);

  example('takes messages from anyone when no participants are named', { ...setup, participants: [] }, [['x', 'Bid', Buffer.alloc(0), 'ok']]);

  it('asks for participants and versions only when strict', () => {
    const bare = SessionStartPayload.decode(SessionStartPayload.encode({ ttlMs: 1000 }));
    expect(checkSessionStart(passThroughMode(descriptor), bare, 'coord').accepted).toBe(true);
    expect(checkSessionStart(passThroughMode(descriptor, { strict: true }), bare, 'coord').accepted).toBe(false);
  });
});
