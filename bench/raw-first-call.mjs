import { randomUUID } from 'node:crypto';
import { rawClient, voteEnvelope } from './raw-client.mjs';

const client = rawClient(process.argv[2]);
await client.send(voteEnvelope(randomUUID()));
const { user, system } = process.cpuUsage();
console.log((user + system) / 1000);
client.close();
