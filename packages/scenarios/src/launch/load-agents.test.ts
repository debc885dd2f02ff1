import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Scenario } from '../load-scenario.js';
import type { AgentSection } from '../scenario-document.js';
import { findAgents } from './load-agents.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'macp-agents-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(files: Record<string, unknown>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  }
}

const scenario = (agents?: Record<string, AgentSection>): Scenario =>
  ({
    ref: 'p/s@1.0.0',
    file: join(root, 'scenario.yaml'),
    folder: root,
    document: { spec: { agents } },
    agentFolders: [join(root, 'pack/agents'), join(root, 'other/agents')],
  }) as unknown as Scenario;

const find = (agentRef: string, agents?: Record<string, AgentSection>) =>
  findAgents(scenario(agents), [{ participantId: 'p1', agentRef }], { nodePath: '/node' }).get('p1');

describe('agents of a pack', () => {
  it('are found by folder, with the manifest of the playground', () => {
    write({
      'pack/agents/fraud-agent/agent.json': {
        id: 'fraud-agent',
        name: 'Fraud',
        framework: 'langgraph',
        entrypoint: { type: 'node_file', value: 'dist/main.js' },
        host: { args: ['--x'], env: { A: 'b' }, startupTimeoutMs: 5 },
      },
      'pack/agents/fraud-agent/dist/main.js': '',
    });
    expect(find('fraud-agent')).toEqual({
      agentRef: 'fraud-agent',
      framework: 'langgraph',
      external: false,
      command: '/node',
      args: [join(root, 'pack/agents/fraud-agent/dist/main.js'), '--x'],
      cwd: join(root, 'pack/agents/fraud-agent'),
      env: { A: 'b' },
      entrypoint: 'dist/main.js',
      startupTimeoutMs: 5,
    });
  });

  it('are found as catalog entries written as in the onboarding guide, in YAML or JSON', () => {
    write({
      'pack/agents/my-new-agent.yaml':
        "agentRef: 'my-new-agent'\nframework: 'python'\nrole: 'evaluator'\nentrypoint: 'agents/my_new_agent/main.py'\nbootstrap: { strategy: 'external' }\nsupportedScenarioRefs: ['fraud/high-value-new-device@1.0.0']\n",
      'pack/agents/list.json': [{ agentRef: 'py', framework: 'python', entrypoint: 'agents/py/main.py' }],
      'pack/agents/py/main.py': '',
    });
    expect(find('my-new-agent')).toMatchObject({ external: true, entrypoint: 'agents/my_new_agent/main.py' });
    expect(find('py')).toMatchObject({ external: false, command: 'python3', args: [join(root, 'pack/agents/py/main.py')] });
  });

  it('run Python modules, and compiled code for a source', () => {
    write({
      'pack/agents/m/agent.json': {
        id: 'm',
        name: 'M',
        framework: 'crewai',
        entrypoint: { type: 'python_module', value: 'my.module' },
        host: { python: 'python3.12', cwd: 'src' },
      },
      'pack/agents/t/agent.json': { id: 't', name: 'T', framework: 'custom', entrypoint: { type: 'node_file', value: 'src/main.ts' } },
      'pack/agents/t/src/main.ts': '',
      'pack/agents/t/dist/main.js': '',
    });
    expect(find('m')).toMatchObject({ command: 'python3.12', args: ['-m', 'my.module'], cwd: join(root, 'pack/agents/m/src') });
    expect(find('t')?.args).toEqual([join(root, 'pack/agents/t/dist/main.js')]);
  });

  it('that are external and attached are started, as the playground does', () => {
    write({
      'pack/agents/a.json': { agentRef: 'a', framework: 'custom', entrypoint: 'a.js', bootstrap: { strategy: 'external', mode: 'attached' } },
      'pack/agents/a.js': '',
    });
    expect(find('a')?.external).toBe(false);
  });

  it('are borrowed from other packs, own ones first', () => {
    const entry = (framework: string) => ({ agentRef: 'x', framework, bootstrap: { strategy: 'external' } });
    write({ 'other/agents/x.json': entry('mock') });
    expect(find('x')?.framework).toBe('mock');
    write({ 'pack/agents/x.json': entry('custom') });
    expect(find('x')?.framework).toBe('custom');
  });

  it.each([
    ['no agent', {}, 'AGENT_NOT_FOUND', /names the agent frad-agent/],
    ['a similar one', { 'pack/agents/fraud-agent.json': { agentRef: 'fraud-agent', framework: 'custom' } }, 'AGENT_NOT_FOUND', /Did you mean fraud-agent\?/],
    [
      'an unknown framework',
      { 'pack/agents/frad-agent.json': { agentRef: 'frad-agent', framework: 'autogen' } },
      'INVALID_PACK_DATA',
      /framework must be one of langgraph/,
    ],
    [
      'no entrypoint',
      { 'pack/agents/frad-agent.json': { agentRef: 'frad-agent', framework: 'custom' } },
      'INVALID_PACK_DATA',
      /manifest\.entrypoint is required/,
    ],
    [
      'an entrypoint that was not built',
      { 'pack/agents/frad-agent.json': { agentRef: 'frad-agent', framework: 'custom', entrypoint: 'dist/x.js' } },
      'AGENT_NOT_FOUND',
      /dist\/x\.js, which does not exist; build/,
    ],
    [
      'a container',
      { 'pack/agents/frad-agent.json': { agentRef: 'frad-agent', framework: 'custom', entrypoint: { type: 'container', value: 'image' } } },
      'AGENT_NOT_FOUND',
      /containers are not started/,
    ],
    [
      'an agent that is only described',
      { 'pack/agents/frad-agent.json': { agentRef: 'frad-agent', framework: 'custom', entrypoint: 'x.js', bootstrap: { strategy: 'manifest-only' } } },
      'AGENT_NOT_FOUND',
      /manifest-only agent is described and not started; start it yourself/,
    ],
  ])('%s is reported with the fix', (_, files, code, message) => {
    write(files);
    expect(() => find('frad-agent')).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error);
  });
});

describe('agents of a scenario that stands alone', () => {
  it('are named by participant, then by agentRef, and start beside the scenario file', () => {
    write({ 'dist/evaluator.js': '' });
    expect(find('evaluator', { evaluator: { entry: 'dist/evaluator.js', framework: 'langgraph' } })).toMatchObject({
      command: '/node',
      args: [join(root, 'dist/evaluator.js')],
      cwd: root,
      framework: 'langgraph',
    });
    expect(find('evaluator', { p1: { command: ['node', 'a.js', '--b'] }, evaluator: { entry: 'missing.js' } })).toMatchObject({
      command: '/node',
      args: ['a.js', '--b'],
    });
    expect(() => find('evaluator', { evaluator: { entry: 'dist/nope.js' } })).toThrow(/dist\/nope\.js does not exist; build it first/);
  });
});
