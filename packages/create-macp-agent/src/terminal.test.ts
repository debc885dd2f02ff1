import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPackageCopy, type PackageCopy } from './test-support/package-copy.js';
import { requireTool, run, treeHash } from './test-support/run.js';
import { openTerminal, type Terminal } from './test-support/terminal.js';

let copy: PackageCopy;
let cwd: string;
let terminal: Terminal | undefined;
beforeAll(async () => {
  copy = await createPackageCopy();
});
afterAll(() => copy.remove());
beforeEach(async (context) => {
  requireTool(context, 'tmux', '-V');
  cwd = await copy.workFolder();
});
afterEach(() => {
  terminal?.close();
  terminal = undefined;
});

function open(args: string, env: NodeJS.ProcessEnv = {}): Terminal {
  terminal = openTerminal(`${process.execPath} ${copy.bin} ${args}`, { cwd, env: { ...copy.env, ...env } });
  return terminal;
}

describe('4. few questions, Enter accepts what is shown', () => {
  it('asks three and ends with the commands to type', async () => {
    const at = open('');
    for (const question of ['Where should the project go?', 'Which framework?', 'Run npm install now?']) {
      await at.shows(question);
      at.press('Enter');
    }
    expect(await at.exitCode()).toBe(0);
    expect(at.screen()).toContain('cd my-agent');
    expect(at.screen()).toContain('npm install && npm start');
    expect(existsSync(join(cwd, 'my-agent/package.json'))).toBe(true);
    expect(at.isCursorVisible()).toBe(true);
  });

  it('asks only what is not given', async () => {
    const at = open('app --no-install');
    await at.shows('Which framework?');
    at.press('Down', 'Enter');
    expect(await at.exitCode()).toBe(0);
    expect(at.screen()).not.toContain('Where should');
    expect(at.screen()).toContain('Created app in app: langgraph');
  });

  it.each(['--yes', '--json'])('asks nothing with %s', async (flag) => {
    const at = open(`app ${flag}`);
    expect(await at.exitCode()).toBe(0);
    expect(at.screen()).not.toContain('Which framework?');
  });

  it('refuses a wrong name where it is typed, and lets it be mended', async () => {
    const at = open('--template node --no-install');
    await at.shows('Where should the project go?');
    at.press('B', 'a', 'd', 'Enter');
    await at.shows('capital letters');
    at.press('BSpace', 'BSpace', 'BSpace', 'g', 'o', 'Enter');
    expect(await at.exitCode()).toBe(0);
    expect(existsSync(join(cwd, 'go/package.json'))).toBe(true);
  });

  it('refuses a folder in use before it asks anything', async () => {
    writeFileSync(join(cwd, 'KEEP.txt'), 'mine');
    const at = open('. --name ok');
    expect(await at.exitCode()).toBe(1);
    expect(at.screen()).toContain('KEEP.txt (would stay)');
    expect(at.screen()).not.toContain('Which framework?');
  });
});

describe('9. Ctrl-C', () => {
  it.each(['Where should the project go?', 'Which framework?', 'Run npm install now?'])('is clean at "%s"', async (last) => {
    const at = open('');
    for (const question of ['Where should the project go?', 'Which framework?', 'Run npm install now?']) {
      await at.shows(question);
      at.press(question === last ? 'C-c' : 'Enter');
      if (question === last) break;
    }
    expect(await at.exitCode()).toBe(130);
    expect(at.screen()).not.toMatch(/^ +at /m);
    expect(at.isCursorVisible()).toBe(true);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('during the install takes the new folder away again', async () => {
    const tools = await copy.workFolder();
    writeFileSync(join(tools, 'npm'), '#!/bin/sh\necho installing things\nexec sleep 60\n');
    chmodSync(join(tools, 'npm'), 0o755);
    const at = open('app -t node --install', { PATH: `${tools}${delimiter}${copy.env['PATH']}` });
    await at.shows('installing things');
    expect(existsSync(join(cwd, 'app/package.json'))).toBe(true);
    at.press('C-c');
    expect(await at.exitCode()).toBe(130);
    expect(at.screen()).toContain('app was removed');
    expect(at.screen()).not.toMatch(/^ +at /m);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('15. colours', () => {
  const bold = '\u001B[1m';

  it('marks the commands to type on a terminal', async () => {
    const at = open('app --yes');
    expect(await at.exitCode()).toBe(0);
    expect(at.screen({ styles: true })).toContain(bold);
  });

  it.each([{ NO_COLOR: '1' }, { CI: '1' }, { TERM: 'dumb' }])('shows none, and with CI asks nothing, under %j', async (env) => {
    const setting = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    terminal = openTerminal(`env ${setting.join(' ')} ${process.execPath} ${copy.bin} app ${'NO_COLOR' in env ? '--yes' : ''}`, { cwd, env: copy.env });
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.screen({ styles: true })).not.toContain('\u001B');
  });
});

describe('18. the same result', () => {
  it('comes from the command shown at the end', async () => {
    const at = open('--no-git --role evaluator');
    await at.shows('Where should the project go?');
    at.press('Enter');
    await at.shows('Which framework?');
    at.press('Down', 'Enter');
    await at.shows('Run npm install now?');
    at.press('Enter');
    expect(await at.exitCode()).toBe(0);
    const shown = /Same result: npm create macp-agent@latest (.*)/.exec(at.screen())?.[1] ?? '';
    const elsewhere = await copy.workFolder();
    const words = shown
      .trim()
      .split(' ')
      .filter((word) => word !== '--');
    expect((await run(process.execPath, [copy.bin, ...words], { cwd: elsewhere, env: copy.env })).code).toBe(0);
    expect(treeHash(join(elsewhere, 'my-agent'))).toBe(treeHash(join(cwd, 'my-agent')));
  });
});
