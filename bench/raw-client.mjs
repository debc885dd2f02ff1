// What a careful user of grpc-js would write without the SDK.
import grpc from '@grpc/grpc-js';
import { encodePayload } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import { randomUUID } from 'node:crypto';

export const MODE = 'macp.mode.decision.v1';
export const vote = { proposalId: 'p1', vote: 'APPROVE', reason: 'within the limits of the policy' };

export const envelopeOf = (sessionId, messageType, payload) => ({
  macpVersion: '1.0',
  mode: MODE,
  messageType,
  messageId: randomUUID(),
  sessionId,
  sender: 'bench',
  timestampUnixMs: Date.now(),
  payload: encodePayload(MODE, messageType, payload),
});
export const voteEnvelope = (sessionId) => envelopeOf(sessionId, 'Vote', vote);

export const evaluationEnvelope = (sessionId) =>
  envelopeOf(sessionId, 'Evaluation', { proposalId: 'p1', recommendation: 'APPROVE', confidence: 0.9, reason: 'within the limits of the policy' });

/** Starts a decision with one proposal; resolves with its id. */
export async function openSession(client, participants = ['bench', 'peer']) {
  const sessionId = randomUUID();
  const start = {
    intent: 'measure',
    participants,
    ttlMs: 3_600_000,
    modeVersion: '1.0.0',
    configurationVersion: 'config.default',
    policyVersion: 'policy.default',
  };
  await client.send(envelopeOf(sessionId, 'SessionStart', start));
  await client.send(envelopeOf(sessionId, 'Proposal', { proposalId: 'p1', option: 'approve', rationale: '' }));
  return sessionId;
}

/** A client with a connection of its own and one credential. */
export function rawClient(address, token = 'bench') {
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const { Send, StreamSession } = runtimeService;
  const send = (envelope) =>
    new Promise((resolve, reject) => {
      const answered = (error, response) => {
        if (response?.ack.ok === true) resolve(response.ack);
        else reject(error ?? new Error(`${response.ack.error.code}: ${response.ack.error.message}`));
      };
      client.makeUnaryRequest(Send.path, Send.requestSerialize, Send.responseDeserialize, { envelope }, metadata, { deadline: Date.now() + 10_000 }, answered);
    });
  /** Resolves with a subscribed stream once the server has answered; `onEnvelope` gets what comes. */
  const subscribe = (sessionId, onEnvelope) => {
    const call = client.makeBidiStreamRequest(StreamSession.path, StreamSession.requestSerialize, StreamSession.responseDeserialize, metadata);
    call.on('data', ({ envelope }) => onEnvelope(envelope));
    call.on('error', () => undefined); // cancelled at the end
    call.write({ subscribeSessionId: sessionId, afterSequence: 0 });
    return new Promise((resolve) => call.once('metadata', () => resolve(call)));
  };
  /** The same by hand on a stream: each envelope waits for its echo. */
  const echoes = async (sessionId) => {
    const waiting = new Map();
    const call = await subscribe(sessionId, ({ messageId }) => {
      waiting.get(messageId)?.();
      waiting.delete(messageId);
    });
    return (envelope) =>
      new Promise((resolve) => {
        waiting.set(envelope.messageId, resolve);
        call.write({ envelope, subscribeSessionId: '', afterSequence: 0 });
      });
  };
  return { send, subscribe, echoes, close: () => client.close() };
}
