// A bare grpc-js server that acknowledges everything: the floor that client and server figures are compared with.
// Prints its port, ends with its standard input.
import grpc from '@grpc/grpc-js';
import { runtimeService } from '@macp-agent/protocol/service';
import { serveHelper } from './measure.mjs';

const { Initialize, GetSession, WatchSessions, Send, StreamSession } = runtimeService;
// As in the runtime: what goes to many readers is encoded once. An envelope on a stream is answered with its own bytes: both frames have it as field 1.
const asBytes = (bytes) => bytes;
const service = { Initialize, GetSession, WatchSessions, Send, StreamSession: { ...StreamSession, requestDeserialize: asBytes, responseSerialize: asBytes } };
const ENVELOPE_TAG = 0x0a;
const readers = new Set();

const server = new grpc.Server({ 'grpc.max_concurrent_streams': 1000 });
server.addService(service, {
  Initialize: (_call, done) =>
    done(null, {
      selectedProtocolVersion: '1.0',
      capabilities: { sessions: { stream: true, listSessions: true, watchSessions: true }, experimental: { features: { in_stream_refusals: 'true' } } },
      supportedModes: ['macp.mode.decision.v1'],
    }),
  GetSession: (call, done) => {
    const versions = { modeVersion: '1.0.0', configurationVersion: 'config.default', policyVersion: 'policy.default' };
    done(null, { metadata: { sessionId: call.request.sessionId, mode: 'macp.mode.decision.v1', state: 'SESSION_STATE_OPEN', ...versions } });
  },
  WatchSessions: (call) => call.sendMetadata(new grpc.Metadata()),
  Send: (call, done) => {
    const { envelope } = call.request;
    if (readers.size > 0) {
      const frame = StreamSession.responseSerialize({ envelope: { ...envelope, sender: 'bench' } });
      for (const reader of readers) reader.write(frame);
    }
    const { messageId, sessionId } = envelope;
    done(null, { ack: { ok: true, messageId, sessionId, acceptedAtUnixMs: Date.now(), sessionState: 'SESSION_STATE_OPEN' } });
  },
  StreamSession: (call) => {
    call.sendMetadata(new grpc.Metadata());
    call.on('data', (bytes) => {
      if (bytes[0] === ENVELOPE_TAG) call.write(bytes);
      else if (StreamSession.requestDeserialize(bytes).subscribeSessionId === 'fan-out') readers.add(call);
    });
    call.on('close', () => readers.delete(call));
    call.on('end', () => call.end());
    call.on('error', () => call.destroy());
  },
});
const port = await new Promise((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
});
await serveHelper(`127.0.0.1:${port}`);
process.exit(0);
