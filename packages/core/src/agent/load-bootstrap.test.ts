import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { InvalidBootstrapError } from './bootstrap-problem.js';
import { findJsonFault } from './json-position.js';
import { loadBootstrap } from './load-bootstrap.js';

const DOCUMENT = {
  participant_id: 'fraud-agent',
  session_id: '0b7a6f0e-5a0e-4a43-8f3a-2a7f1b9c7d11',
  mode: 'macp.mode.decision.v1',
  runtime_url: '127.0.0.1:50051',
  auth_token: 'secret-token',
  secure: false,
  allow_insecure: true,
};

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  file = join(folder, 'b.json');
  writeFileSync(file, JSON.stringify(DOCUMENT), { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const failure = (run: () => unknown): InvalidBootstrapError => {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidBootstrapError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

it('takes the argument, then MACP_BOOTSTRAP_FILE, then MACP_BOOTSTRAP_PATH', () => {
  expect(loadBootstrap(file, { env: { MACP_BOOTSTRAP_FILE: '/nowhere' } }).participant.participantId).toBe('fraud-agent');
  expect(loadBootstrap(undefined, { env: { MACP_BOOTSTRAP_FILE: file, MACP_BOOTSTRAP_PATH: '/nowhere' } }).warnings).toEqual([]);
  expect(loadBootstrap(undefined, { env: { MACP_BOOTSTRAP_PATH: file } }).warnings).toEqual([
    'MACP_BOOTSTRAP_PATH is read for now; the name is MACP_BOOTSTRAP_FILE',
  ]);
});

it('reads the variables of the process by default', () => {
  const before = process.env['MACP_BOOTSTRAP_FILE'];
  process.env['MACP_BOOTSTRAP_FILE'] = file;
  try {
    expect(loadBootstrap().run.sessionId).toBe(DOCUMENT.session_id);
  } finally {
    if (before === undefined) delete process.env['MACP_BOOTSTRAP_FILE'];
    else process.env['MACP_BOOTSTRAP_FILE'] = before;
  }
});

it('accepts an object and a byte-order mark', () => {
  expect(loadBootstrap(DOCUMENT, { env: {} }).runtime.address).toBe('127.0.0.1:50051');
  writeFileSync(file, `\uFEFF${JSON.stringify(DOCUMENT)}`);
  expect(loadBootstrap(file, { env: {} }).mode).toBe(DOCUMENT.mode);
});

it('warns when others can read the file', () => {
  chmodSync(file, 0o644);
  expect(loadBootstrap(file, { env: {} }).warnings[0]).toContain('can be read by others (mode 644)');
});

it('says that MACP_BOOTSTRAP_FILE is not set and shows both forms', () => {
  const { message } = failure(() => loadBootstrap(undefined, { env: { MACP_BOOTSTRAP_FILE: '' } }));
  expect(message).toContain('MACP_BOOTSTRAP_FILE is not set');
  expect(message).toContain('"participant_id"');
  expect(message).toContain('"participant"');
  expect(message).not.toContain('MACP_INITIATOR_JSON');
  expect(failure(() => loadBootstrap(undefined, { env: {}, requireInitiator: true })).message).toContain('MACP_RUNTIME_TOKEN and MACP_INITIATOR_JSON');
});

it('takes role and inputs from the environment too', () => {
  const env = { MACP_SESSION_ID: DOCUMENT.session_id, MACP_PARTICIPANT_ID: 'fraud-agent', MACP_RUNTIME_ADDRESS: 'localhost:1', MACP_RUNTIME_TOKEN: 't' };
  const told = { MACP_PARTICIPANT_ROLE: 'fraud', MACP_SESSION_CONTEXT_JSON: '{"transactionAmount":2400}' };
  const { participant, session } = loadBootstrap(undefined, { env: { ...env, ...told } });
  expect([participant.role, session.context]).toEqual(['fraud', { transactionAmount: 2400 }]);
  for (const text of ['{"transactionAmount":', '[]']) {
    const { problems } = failure(() => loadBootstrap(undefined, { env: { ...env, MACP_SESSION_CONTEXT_JSON: text } }));
    expect(problems.at(-1)).toMatchObject({ path: 'session.context', rule: 'must be a JSON object (variable MACP_SESSION_CONTEXT_JSON)' });
  }
});

const ESSENTIAL = {
  MACP_SESSION_ID: DOCUMENT.session_id,
  MACP_PARTICIPANT_ID: 'coordinator',
  MACP_RUNTIME_ADDRESS: 'localhost:1',
  MACP_RUNTIME_TOKEN: 'secret-token',
};
const START = { intent: 'review a purchase', participants: ['coordinator', 'fraud-agent'], ttlMs: 60_000, policyVersion: 'policy.majority' };
const KICKOFF = { messageType: 'Proposal', payload: { proposalId: 'p1', option: 'let it through' } };

it('opens the session with what MACP_INITIATOR_JSON says, with the checks and defaults of a document', () => {
  const env = { ...ESSENTIAL, MACP_INITIATOR_JSON: JSON.stringify({ sessionStart: START, kickoff: KICKOFF }) };
  const { initiator, execution, session } = loadBootstrap(undefined, { env, requireInitiator: true });
  expect(initiator?.sessionStart).toEqual({ ...START, modeVersion: '1.0.0', configurationVersion: 'config.default' });
  expect(initiator?.kickoff).toMatchObject(KICKOFF);
  expect([execution.policyVersion, session.participants]).toEqual(['policy.majority', START.participants]);
});

it.each([
  ['{"sessionStart":', 'initiator', 'must be a JSON object (variable MACP_INITIATOR_JSON)'],
  ['[]', 'initiator', 'must be a JSON object (variable MACP_INITIATOR_JSON)'],
  ['{}', 'initiator.sessionStart', 'is required inside initiator'],
  ['{"sessionStart":{"participants":["coordinator"],"ttlMs":60000}}', 'initiator.sessionStart.intent', 'is required'],
  ['{"sessionStart":{"intent":"x","participants":[],"ttlMs":60000}}', 'initiator.sessionStart', 'is not accepted'],
])('refuses the start %s', (MACP_INITIATOR_JSON, path, rule) => {
  const { problems } = failure(() => loadBootstrap(undefined, { env: { ...ESSENTIAL, MACP_INITIATOR_JSON } }));
  expect(problems).toEqual([expect.objectContaining({ path, rule: expect.stringContaining(rule) })]);
});

it('lets a document alone say who opens the session', () => {
  const env = { MACP_INITIATOR_JSON: JSON.stringify({ sessionStart: START }) };
  expect(loadBootstrap(file, { env }).initiator).toBeUndefined();
});

it('refuses a bootstrap that opens no session to a program that does', () => {
  for (const source of [file, undefined]) {
    const { message, problems } = failure(() => loadBootstrap(source, { env: ESSENTIAL, requireInitiator: true }));
    expect(problems.at(-1)).toMatchObject({ path: 'initiator', rule: 'is required: this program opens the session' });
    expect(message).toContain('MACP_INITIATOR_JSON');
    expect(message).not.toContain('secret');
  }
});

it('lists what a partial environment lacks', () => {
  const error = failure(() => loadBootstrap(undefined, { env: { MACP_RUNTIME_ADDRESS: 'localhost:1', MACP_PARTICIPANT_ID: 'a' } }));
  expect(error.message).toContain('MACP_BOOTSTRAP_FILE is not set');
  expect(error.problems.map(({ path }) => path)).toEqual(['', 'run.sessionId', 'runtime.bearerToken']);
});

it('gives line and column of a JSON fault and never the text around it', () => {
  writeFileSync(file, '{\n  "auth_token": "secret-token",\n  "mode": nonsense\n}');
  const { message } = failure(() => loadBootstrap(file, { env: {} }));
  expect(message).toContain(`MACP_BOOTSTRAP_FILE (${file}) is not valid JSON: line 3, column 11: expected a value`);
  expect(message).not.toContain('secret');
});

it('names a file that does not exist, is a folder, or is far too large', () => {
  expect(failure(() => loadBootstrap(join(folder, 'none.json'), { env: {} })).message).toContain(`Bootstrap file not found: ${join(folder, 'none.json')}`);
  expect(failure(() => loadBootstrap(folder, { env: {} })).message).toContain('EISDIR');
  writeFileSync(file, ' '.repeat(4_194_305));
  expect(failure(() => loadBootstrap(file, { env: {} })).message).toContain('must not exceed 4194304 bytes');
});

it.each([
  ['', 1, 1],
  ['{', 1, 2],
  ['{"a" 1}', 1, 6],
  ['{"a":1,}', 1, 8],
  ['[1,2', 1, 5],
  ['[1 2]', 1, 4],
  ['{"a":"x\n"}', 1, 6],
  ['{}\n{}', 2, 1],
  ['[[[]]', 1, 6],
  ['01', 1, 2],
])('finds the fault of %j', (text, line, column) => {
  expect(() => JSON.parse(text) as unknown).toThrow();
  expect(findJsonFault(text)).toMatchObject({ line, column });
});

it.each(['{"a":[1,-2.5e3,true,null,"\\u00e9"],"b":{}}', ' [ ] ', '"x"', '[{},[],{"a":[]}]'])('finds none in %j', (text) => {
  expect(findJsonFault(text)).toBeUndefined();
});
