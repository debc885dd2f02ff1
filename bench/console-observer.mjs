// The least that an observer could be: raw grpc-js, WatchSessions and one passive stream per session, nothing stored or served.
// Answers `take` with how long each envelope took from the clock of its sender to here, as JSON.
import grpc from '@grpc/grpc-js';
import { runtimeService } from '@macp-agent/protocol/service';
import { rawClient } from './raw-client.mjs';
import { serveHelper } from './measure.mjs';

/** A runtime takes 100 streams on one connection. */
const STREAMS = 48;
const address = process.argv[2];
const clients = [];
const followed = new Set();
let delays = [];

function follow(sessionId) {
  if (followed.has(sessionId)) return;
  if (followed.size % STREAMS === 0) clients.push(rawClient(address, 'raw-observer'));
  followed.add(sessionId);
  void clients.at(-1).subscribe(sessionId, (envelope) => {
    if (envelope !== null && envelope !== undefined) delays.push(Date.now() - Number(envelope.timestampUnixMs));
  });
}

const metadata = new grpc.Metadata();
metadata.set('authorization', 'Bearer raw-observer');
const watching = new grpc.Client(address, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
const { path, requestSerialize, responseDeserialize } = runtimeService.WatchSessions;
let watch;
let closing = false;
/** A runtime drops a reader that is behind; a new watch begins with every session there is. */
function watchSessions() {
  watch = watching.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {}, metadata);
  watch.on('data', ({ event }) => event?.session && event.eventType !== 'EVENT_TYPE_RESOLVED' && follow(event.session.sessionId));
  watch.on('error', (error) => {
    if (closing) return;
    if (error.code !== grpc.status.RESOURCE_EXHAUSTED) throw error;
    watchSessions();
  });
}
watchSessions();
await serveHelper('ready', () => {
  const taken = JSON.stringify(delays);
  delays = [];
  return taken;
});
closing = true;
watch.cancel();
watching.close();
for (const client of clients) client.close();
