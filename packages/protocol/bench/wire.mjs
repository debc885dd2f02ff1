// Cost of our plain objects over the generated protobuf code: `node bench/wire.mjs` after a build.
import { Ack, Envelope, SendRequest, StreamSessionResponse, VotePayload } from '../dist/index.js';
import { macp } from '../dist/gen/proto.js';

const pb = macp.v1;
const pbVote = macp.modes.decision.v1.VotePayload;
const vote = { proposalId: 'p1', vote: 'APPROVE', reason: 'looks good to me' };
const frame = {
  macpVersion: '1.0',
  mode: 'macp.mode.decision.v1',
  messageType: 'Vote',
  messageId: '4b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e10',
  sessionId: '4b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e11',
  sender: 'agent://risk',
  timestampUnixMs: 1_795_169_700_000,
};
const ack = { ok: true, duplicate: false, messageId: frame.messageId, sessionId: frame.sessionId, acceptedAtUnixMs: 1_795_169_700_000 };
const payload = VotePayload.encode(vote);
const through = (message, value) => message.decode(message.encode(value));
const throughRaw = (type, value) => type.decode(type.encode(value).finish());

const cases = {
  'vote in a SendRequest': {
    raw: () => throughRaw(pbVote, vote) && throughRaw(pb.SendRequest, { envelope: { ...frame, payload } }),
    ours: () => through(VotePayload, vote) && through(SendRequest, { envelope: { ...frame, payload } }),
  },
  Envelope: { raw: () => throughRaw(pb.Envelope, { ...frame, payload }), ours: () => through(Envelope, { ...frame, payload }) },
  Ack: { raw: () => throughRaw(pb.Ack, { ...ack, sessionState: 1 }), ours: () => through(Ack, { ...ack, sessionState: 'SESSION_STATE_OPEN' }) },
  'StreamSession frame': {
    raw: () => throughRaw(pb.StreamSessionResponse, { envelope: { ...frame, payload } }),
    ours: () => through(StreamSessionResponse, { envelope: { ...frame, payload } }),
  },
};

/** Best of several rounds, in nanoseconds per call. */
function measure(run, rounds = 9, calls = 30_000) {
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    for (let call = 0; call < calls; call += 1) run();
    best = Math.min(best, performance.now() - started);
  }
  return (best / calls) * 1e6;
}

for (const [name, { raw, ours }] of Object.entries(cases)) {
  const rawNs = measure(raw);
  const oursNs = measure(ours);
  console.log(`${name}: generated ${rawNs.toFixed(0)} ns, ours ${oursNs.toFixed(0)} ns, ratio ${(oursNs / rawNs).toFixed(2)}`);
}
