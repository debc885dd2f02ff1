import { Auth, evaluateProposals, explainFailures, MacpClient, MODE_DECISION, serveAgent, tokenFile, voteAfterPeers } from '@macp-agent/core';

explainFailures();
const participantId = 'fraud-agent';
const client = new MacpClient({
  address: process.env['RUNTIME_ADDRESS'] ?? '127.0.0.1:50051',
  allowInsecure: process.env['RUNTIME_TLS'] === 'false',
  // Read again every minute and after a refusal, so that a token can be replaced while sessions are open.
  auth: Auth.bearer(tokenFile(process.env['TOKEN_FILE'] ?? '/run/secrets/macp-token'), { expectedSender: participantId }),
});

const print = (line: string) => process.stdout.write(`${line}\n`);
const stopping = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stopping.abort());

const service = serveAgent({
  client,
  participantId,
  modes: [MODE_DECISION],
  concurrency: 100,
  signal: stopping.signal,
  // Once for each session; what belongs to one session is made in here.
  setUp: (agent, { sessionId }) => {
    agent.use(
      evaluateProposals({
        evaluate: ({ option }, { view }) => ({ recommendation: 'APPROVE', confidence: 0.9, reason: `${option}: ${view.binding.contextId} has no open flags` }),
      }),
    );
    agent.use(voteAfterPeers({ vote: ({ proposal }) => ({ vote: 'APPROVE', reason: `${proposal.option} in ${sessionId}` }) }));
  },
  onEnded: (sessionId, result, error) => print(`${sessionId} ${error === undefined ? result?.state : `failed: ${String(error)}`}`),
  onSkipped: (sessionId) => print(`${sessionId} left out: too many are waiting`),
});
await service.done;
client.close();
