// A bare grpc-js server that acknowledges everything: the floor that client figures are compared with.
// Prints its port, ends with its standard input.
import grpc from '@grpc/grpc-js';
import { SendResponse, StreamSessionResponse } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';

const raw = (bytes) => bytes;
const service = {
  Initialize: runtimeService.Initialize,
  GetSession: runtimeService.GetSession,
  WatchSessions: runtimeService.WatchSessions,
  Send: { ...runtimeService.Send, responseSerialize: raw },
  StreamSession: { ...runtimeService.StreamSession, responseSerialize: raw },
};
const ack = (envelope) =>
  SendResponse.encode({ ack: { ok: true, messageId: envelope.messageId, sessionId: envelope.sessionId, acceptedAtUnixMs: Date.now(), sessionState: 'SESSION_STATE_OPEN' } });

const server = new grpc.Server();
server.addService(service, {
  Initialize: (_call, done) =>
    done(null, {
      selectedProtocolVersion: '1.0',
      capabilities: { sessions: { stream: true, listSessions: true, watchSessions: true }, experimental: { features: { in_stream_refusals: 'true' } } },
      supportedModes: ['macp.mode.decision.v1'],
    }),
  GetSession: (call, done) =>
    done(null, {
      metadata: {
        sessionId: call.request.sessionId,
        mode: 'macp.mode.decision.v1',
        state: 'SESSION_STATE_OPEN',
        modeVersion: '1.0.0',
        configurationVersion: 'config.default',
        policyVersion: 'policy.default',
        initiator: 'bench',
        participants: ['bench'],
      },
    }),
  WatchSessions: (call) => call.sendMetadata(new grpc.Metadata()),
  Send: (call, done) => done(null, ack(call.request.envelope)),
  StreamSession: (call) => {
    call.sendMetadata(new grpc.Metadata());
    call.on('data', (frame) => {
      if (frame.envelope !== undefined) call.write(StreamSessionResponse.encode({ envelope: { ...frame.envelope, sender: 'bench' } }));
    });
    call.on('end', () => call.end());
    call.on('error', () => call.destroy());
  },
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
process.stdin.resume().on('end', () => process.exit(0));
