import { Auth, DecisionSession, MacpClient } from '@macp-agent/core';

const auth = Auth.bearer('bench', { expectedSender: 'bench' });
const client = new MacpClient({ address: process.argv[2], allowInsecure: true, auth });
const session = new DecisionSession(client, { auth });
await session.vote({ proposalId: 'p1', vote: 'APPROVE' });
const { user, system } = process.cpuUsage();
console.log((user + system) / 1000);
await client.close();
