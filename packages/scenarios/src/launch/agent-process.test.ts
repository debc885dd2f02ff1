import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgentGroup, type AgentGroupOptions } from './agent-group.js';
import { AgentProcess } from './agent-process.js';
import { readReports, type AgentReport } from './agent-report.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'macp-process-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const script = (code: string, participantId = 'a') => ({
  participantId,
  command: process.execPath,
  args: ['-e', code],
  cwd: folder,
  env: { PATH: process.env['PATH'] ?? '' },
  logFile: join(folder, `${participantId}.log`),
});

const start = (code: string, onReport: (report: AgentReport) => void = () => undefined): AgentProcess => new AgentProcess({ ...script(code), onReport });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie nobody has waited for yet counts as gone.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

const REPORT = `const fs = require('node:fs'); const report = (line) => fs.writeSync(3, JSON.stringify(line) + '\\n');`;
const STAY = `setInterval(() => {}, 1000);`;

describe('an agent process', () => {
  it('hands over reports and keeps output in a log only its owner reads', async () => {
    const reports: AgentReport[] = [];
    const agent = start(
      `${REPORT} report({type:'ready',participantId:'a'}); fs.writeSync(3,'noise\\n{"type":"odd"}\\n'); console.log('out'); console.error('err'); process.exitCode = 3`,
      (report) => reports.push(report),
    );
    expect(await agent.exited).toEqual({ code: 3, signal: undefined });
    expect(reports).toEqual([{ type: 'ready', participantId: 'a' }]);
    expect([...agent.logTail].toSorted()).toEqual(['err', 'out']);
    await vi.waitFor(() => expect(readFileSync(join(folder, 'a.log'), 'utf8').split('\n').toSorted()).toEqual(['', 'err', 'out']));
  });

  it('gets only the environment it is given', async () => {
    process.env['SECRET_OF_THE_PARENT'] = 'x';
    try {
      const agent = start(`console.log(Object.keys(process.env).filter((name) => !name.startsWith('__')).join())`);
      await agent.exited;
      expect(agent.logTail).toEqual(['PATH']);
    } finally {
      delete process.env['SECRET_OF_THE_PARENT'];
    }
  });

  it('whose command does not exist ends with a line that says so', async () => {
    const agent = new AgentProcess({ ...script(''), command: join(folder, 'no-such-program'), onReport: () => undefined });
    expect(await agent.exited).toEqual({ code: 127, signal: undefined });
    expect(agent.logTail.join()).toMatch(/did not start: .*ENOENT/);
    await agent.stop(10, 10);
  });

  it('that ignores SIGTERM is killed, with everything it has started', async () => {
    let ready: () => void = () => undefined;
    const isReady = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const agent = start(
      `${REPORT} process.on('SIGTERM', () => {}); const child = require('node:child_process').spawn(process.execPath, ['-e', "process.on('SIGTERM',()=>{});setInterval(()=>{},1000)"]); console.log(child.pid); report({type:'ready'}); ${STAY}`,
      ready,
    );
    await isReady;
    await vi.waitFor(() => expect(agent.logTail).toHaveLength(1));
    const grandchild = Number(agent.logTail[0]);
    expect(isAlive(grandchild)).toBe(true);
    await agent.stop(20, 100);
    expect(agent.exit).toEqual({ code: undefined, signal: 'SIGKILL' });
    await vi.waitFor(() => expect(isAlive(grandchild)).toBe(false));
  });

  it('leaves nothing behind when only its leader ends', async () => {
    const agent = start(
      `const child = require('node:child_process').spawn(process.execPath, ['-e', "setInterval(()=>{},1000)"], { stdio: 'inherit' }); console.log(child.pid); child.unref();`,
    );
    await agent.exited;
    const grandchild = Number(agent.logTail[0]);
    await vi.waitFor(() => expect(isAlive(grandchild)).toBe(false));
  });
});

describe('reports', () => {
  it('are whole however they are cut, and a line without end is dropped', async () => {
    const pipe = new PassThrough();
    const reports: AgentReport[] = [];
    readReports(pipe, (report) => reports.push(report));
    pipe.write('{"type":"abst');
    pipe.write(`ained","reason":"x"}\n${'y'.repeat(200_000)}`);
    pipe.end(`${'y'.repeat(10)}\n{"type":"ended","state":"STOPPED"}\n{"type":"refused","code":1}\n`);
    await new Promise((resolve) => pipe.once('close', resolve));
    expect(reports).toEqual([
      { type: 'abstained', reason: 'x' },
      { type: 'ended', state: 'STOPPED' },
    ]);
  });
});

describe('a group of agents', () => {
  const group = (changes: Partial<AgentGroupOptions> = {}): AgentGroup =>
    new AgentGroup({ initiator: 'lead', onReport: () => undefined, onStarted: () => undefined, onExit: () => undefined, ...changes });
  const member = (participantId: string, code: string) => ({ ...script(code, participantId), startupTimeoutMs: 10_000 });

  it('is broken by an agent that fails before it is ready', async () => {
    const agents = group();
    await agents.start([member('lead', STAY), member('other', `console.error('no model'); process.exit(2)`)], false);
    expect(await agents.broken).toMatchObject({ participantId: 'other', wasReady: false, exit: { code: 2 }, logTail: ['no model'] });
    await agents.stop(0, 100);
  });

  it('is broken by the end of the initiator, and not by that of others after ready', async () => {
    const agents = group();
    const exits: string[] = [];
    const watched = group({ onExit: (id) => exits.push(id) });
    await watched.start(
      [member('other', `${REPORT} report({type:'ready'}); process.exit(1)`), member('lead', `${REPORT} report({type:'ready'}); ${STAY}`)],
      true,
    );
    await vi.waitFor(() => expect(exits).toEqual(['other']));
    expect(watched.crash('lead')).toBe(true);
    expect(await watched.broken).toMatchObject({ participantId: 'lead', wasReady: true, exit: { signal: 'SIGKILL' } });
    expect(watched.crash('lead')).toBe(false);
    await agents.stop(0, 0);
  });

  it('starts one by one, each when the one before is ready', async () => {
    const order: string[] = [];
    const agents = group({ onStarted: (id) => order.push(`start ${id}`), onReport: (id, { type }) => order.push(`${type} ${id}`) });
    const ready = `${REPORT} report({type:'ready'}); ${STAY}`;
    await agents.start([member('b', ready), member('lead', ready)], true);
    expect(order).toEqual(['start b', 'ready b', 'start lead', 'ready lead']);
    expect(agents.pids).toHaveLength(2);
    await agents.stop(0, 500);
    expect(agents.results().every(({ exit }) => exit !== undefined)).toBe(true);
    expect(existsSync(join(folder, 'b.log'))).toBe(true);
  });
});
