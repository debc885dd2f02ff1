import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { newSessionId, type AgentReport } from '@macp-agent/core';
import type { PolicyDefinition } from '@macp-agent/protocol';
import { startRuntime } from '@macp-agent/runtime';
import { loadPolicy } from '@macp-agent/testing';
import { describe, expect, it, onTestFinished } from 'vitest';

// `npm run initiator` and `npm run evaluator` of each template: compiled programs, started one by one against a runtime that checks tokens.

const LIMIT_MS = 60_000;
const participants = ['coordinator', 'fraud-agent', 'growth-agent', 'compliance-agent'];
const inputs = { customerId: 'CUST-1001', transactionAmount: 2400, deviceTrustScore: 0.18, accountAgeDays: 14, isVipCustomer: true, priorChargebacks: 1 };
const majority = (): PolicyDefinition => loadPolicy(new URL('../templates/node/policies/majority.json', import.meta.url));

interface Agent {
  readonly child: ChildProcess;
  /** Resolves with the report of this type; rejects when the agent ends without one. */
  report<T extends AgentReport['type']>(type: T): Promise<Extract<AgentReport, { type: T }>>;
  readonly ended: Promise<{ code: number | null; output: string; last: AgentReport | undefined }>;
}

async function openSession(template: string, policy: PolicyDefinition) {
  const folder = mkdtempSync(join(tmpdir(), 'macp-agents-'));
  const runtime = await startRuntime({ identities: participants.map((sender) => ({ token: `token-of-${sender}`, sender })), policies: [policy] });
  const children: ChildProcess[] = [];
  onTestFinished(async () => {
    for (const child of children) child.kill('SIGKILL');
    await runtime.close(0);
    rmSync(folder, { recursive: true, force: true });
  });
  const sessionId = newSessionId();

  const spawnAgent = (program: string, env: Readonly<Record<string, string>>): Agent => {
    const child = spawn(process.execPath, [fileURLToPath(new URL(`../templates/${template}/dist/${program}.js`, import.meta.url))], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', MACP_REPORT_FD: '3', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    const reports: AgentReport[] = [];
    const waiting: (() => void)[] = [];
    createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
      reports.push(JSON.parse(line) as AgentReport);
      for (const look of waiting) look();
    });
    const ended = new Promise<{ code: number | null; output: string; last: AgentReport | undefined }>((resolve) =>
      child.once('close', (code) => resolve({ code, output, last: reports.at(-1) })),
    );
    return {
      child,
      ended,
      report: (type) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            const found = reports.find((one) => one.type === type);
            if (found !== undefined) resolve(found as Extract<AgentReport, { type: typeof type }>);
          };
          waiting.push(look);
          look();
          void ended.then(({ output: said }) => reject(new Error(`ended without a report of "${type}": ${said}`)));
        }),
    };
  };

  const initiator = {
    sessionStart: { intent: 'review a purchase', participants, ttlMs: 50_000, policyVersion: policy.policyId },
    kickoff: { messageType: 'Proposal', payload: { proposalId: 'p1', option: 'let the purchase through' } },
  };

  /** With a bootstrap file, as a producer writes it. */
  const fromFile = (participantId: string, extra: object = {}): Agent => {
    const file = join(folder, `${participantId}.json`);
    const isInitiator = participantId === 'coordinator';
    const document = {
      run: { runId: 'run-1', sessionId },
      participant: { participantId, role: participantId.replace('-agent', '') },
      runtime: { address: runtime.address, bearerToken: `token-of-${participantId}`, tls: false, allowInsecure: true },
      mode: 'macp.mode.decision.v1',
      session: { participants, context: inputs },
      execution: { policyVersion: policy.policyId },
      ...(isInitiator && { initiator }),
      ...extra,
    };
    writeFileSync(file, JSON.stringify(document), { mode: 0o600 });
    return spawnAgent(isInitiator ? 'initiator' : 'evaluator', { MACP_BOOTSTRAP_FILE: file });
  };

  /** With variables only. */
  const fromVariables = (participantId: string, extra: Readonly<Record<string, string>> = {}): Agent =>
    spawnAgent(participantId === 'coordinator' ? 'initiator' : 'evaluator', {
      ...(participantId === 'coordinator' && { MACP_INITIATOR_JSON: JSON.stringify(initiator) }),
      MACP_RUNTIME_ADDRESS: runtime.address,
      MACP_RUNTIME_TLS: 'false',
      MACP_RUNTIME_TOKEN: `token-of-${participantId}`,
      MACP_SESSION_ID: sessionId,
      MACP_PARTICIPANT_ID: participantId,
      MACP_PARTICIPANT_ROLE: participantId.replace('-agent', ''),
      MACP_SESSION_CONTEXT_JSON: JSON.stringify(inputs),
      ...extra,
    });

  return { sessionId, spawnAgent, fromFile, fromVariables };
}

const callback = { cancelCallback: { host: '127.0.0.1', port: 0, path: '/agent/cancel', bearer: 'cancel-secret' } };

async function postCancel(agent: Agent): Promise<[number, unknown]> {
  const { cancelCallbackUrl = '' } = await agent.report('ready');
  const answer = await fetch(cancelCallbackUrl, {
    method: 'POST',
    headers: { authorization: 'Bearer cancel-secret' },
    body: JSON.stringify({ runId: 'run-1', reason: 'the customer called' }),
  });
  return [answer.status, await answer.json()];
}

describe.each(['node', 'langgraph', 'langchain'])('the agents of the %s template, started one by one', (template) => {
  it(
    'decide together in any order, from a bootstrap file or from variables alone',
    async () => {
      const { fromFile, fromVariables } = await openSession(template, majority());
      const early = [fromVariables('fraud-agent'), fromFile('growth-agent')];
      await Promise.all(early.map((agent) => agent.report('ready')));
      const coordinator = fromFile('coordinator');
      await coordinator.report('ready');
      const agents = [...early, coordinator, fromVariables('compliance-agent')];
      for (const { code, output, last } of await Promise.all(agents.map(({ ended }) => ended))) {
        expect([code, output, last]).toEqual([0, expect.not.stringMatching(/error/i), { type: 'ended', state: 'RESOLVED' }]);
      }
    },
    LIMIT_MS,
  );

  it(
    'decide together from variables alone, the initiator too, and tell a person what they do',
    async () => {
      const { sessionId, fromVariables } = await openSession(template, majority());
      const coordinator = fromVariables('coordinator', { MACP_REPORT_FD: '' });
      const evaluators = participants.slice(1).map((name) => fromVariables(name, { MACP_REPORT_FD: '' }));
      const ends = await Promise.all([coordinator, ...evaluators].map(({ ended }) => ended));
      for (const [index, { code, output }] of ends.entries()) {
        const part = index === 0 ? 'opens' : 'takes part in';
        expect([code, output]).toEqual([0, expect.stringContaining(`${participants[index]} ${part} session ${sessionId} at 127.0.0.1:`)]);
        expect(output).toMatch(/^RESOLVED step_up \(positive\), by coordinator: 2 approve, 1 reject/m);
        expect(output).not.toContain('token-of');
      }
    },
    LIMIT_MS,
  );

  it(
    'say in one message what they need, and end with status 2',
    async () => {
      const { spawnAgent, fromVariables } = await openSession(template, majority());
      const unstarted = await fromVariables('coordinator', { MACP_INITIATOR_JSON: '' }).ended;
      expect([unstarted.code, unstarted.output]).toEqual([2, expect.stringContaining('is required: this program opens the session')]);
      for (const program of ['initiator', 'evaluator']) {
        const { code, output } = await spawnAgent(program, {}).ended;
        expect([code, output]).toEqual([2, expect.stringContaining('MACP_BOOTSTRAP_FILE is not set')]);
        expect(output).not.toMatch(/\n\s+at /);
      }
    },
    LIMIT_MS,
  );

  it(
    'serve the cancel callback: the initiator cancels, an evaluator may not',
    async () => {
      const { fromFile } = await openSession(template, majority());
      const coordinator = fromFile('coordinator', callback);
      const evaluator = fromFile('fraud-agent', callback);
      const { cancelCallbackUrl = '' } = await coordinator.report('ready');
      // What probes of containers ask.
      expect((await fetch(new URL('/healthz', cancelCallbackUrl))).status).toBe(204);
      // The session is open when the evaluator has assessed, at the latest.
      expect(await untilOpen(() => postCancel(evaluator))).toEqual([403, expect.objectContaining({ ok: false })]);
      expect(await postCancel(coordinator)).toEqual([202, { ok: true, state: 'CANCELLED' }]);
      for (const { code, last } of await Promise.all([coordinator.ended, evaluator.ended])) {
        expect([code, last]).toEqual([0, expect.objectContaining({ type: 'ended', state: 'CANCELLED' })]);
      }
    },
    LIMIT_MS,
  );

  it(
    'serve the cancel callback that variables name',
    async () => {
      const { fromVariables } = await openSession(template, majority());
      const coordinator = fromVariables('coordinator', {
        MACP_RUN_ID: 'run-1',
        MACP_CANCEL_CALLBACK_HOST: '127.0.0.1',
        MACP_CANCEL_CALLBACK_PORT: '0',
        MACP_CANCEL_CALLBACK_PATH: '/agent/cancel',
        MACP_CANCEL_CALLBACK_BEARER: 'cancel-secret',
      });
      expect(await untilOpen(() => postCancel(coordinator))).toEqual([202, { ok: true, state: 'CANCELLED' }]);
      expect((await coordinator.ended).last).toMatchObject({ type: 'ended', state: 'CANCELLED' });
    },
    LIMIT_MS,
  );

  it(
    'serve the cancel callback: under a policy that delegates, an evaluator cancels too',
    async () => {
      const { rules, ...policy } = majority();
      const delegating = { ...policy, rules: { ...rules, commitment: { authority: 'designated_role', designated_roles: ['fraud-agent'] } } };
      const { fromFile } = await openSession(template, delegating);
      const coordinator = fromFile('coordinator', callback);
      const evaluator = fromFile('fraud-agent', callback);
      await coordinator.report('ready');
      expect(await untilOpen(() => postCancel(evaluator))).toEqual([202, { ok: true, state: 'CANCELLED' }]);
      for (const { code, last } of await Promise.all([coordinator.ended, evaluator.ended])) {
        expect([code, last]).toEqual([0, expect.objectContaining({ type: 'ended', state: 'CANCELLED' })]);
      }
    },
    LIMIT_MS,
  );
});

/** Asks again for as long as the session has not begun. */
async function untilOpen(ask: () => Promise<[number, unknown]>): Promise<[number, unknown]> {
  for (;;) {
    const answer = await ask();
    if (answer[0] < 404) return answer;
  }
}
