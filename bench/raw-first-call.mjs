import grpc from '@grpc/grpc-js';
import { encodePayload } from '@macp-agent/protocol';
import { runtimeService } from '@macp-agent/protocol/service';
import { randomUUID } from 'node:crypto';

const client = new grpc.Client(process.argv[2], grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
metadata.set('authorization', 'Bearer bench');
const mode = 'macp.mode.decision.v1';
const envelope = {
  macpVersion: '1.0',
  mode,
  messageType: 'Vote',
  messageId: randomUUID(),
  sessionId: randomUUID(),
  timestampUnixMs: Date.now(),
  payload: encodePayload(mode, 'Vote', { proposalId: 'p1', vote: 'APPROVE' }),
};
const { Send } = runtimeService;
client.makeUnaryRequest(Send.path, Send.requestSerialize, Send.responseDeserialize, { envelope }, metadata, {}, (error) => {
  if (error) throw error;
  console.log('acknowledged');
  client.close();
});
