import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

// What READMEs and pages say about changing a template, done as they say.

const root = fileURLToPath(new URL('..', import.meta.url));
const LIMIT_MS = 120_000;
const ENDINGS = [
  ['default', 0, /sanctions-agent +Vote +APPROVE — on no list[\s\S]+RESOLVED step_up \(positive\)/],
  ['veto', 3, /RESOLVED decline \(negative\)/],
  ['no-quorum', 4, /CANCELLED without a commitment/],
  ['timeout', 4, /EXPIRED without a commitment/],
  ['cancel', 4, /amounts over 50000 are for a person to decide/],
] as const;

function copyOf(template: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'macp-participant-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const from = join(root, 'templates', template);
  const built = new Set(['node_modules', 'dist', 'runs', '.macp-data', '.turbo']);
  cpSync(from, folder, { recursive: true, filter: (path) => !built.has(basename(path)) });
  symlinkSync(join(from, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** The indented blocks below "Add a participant", without their indent. */
function blocksOf(readme: string): string[] {
  const section = /## Add a participant\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
  return [...section.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => block.replaceAll(/^ {4}/gm, '').trimEnd());
}

function edit(path: string, before: string, added: string): void {
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(before);
  writeFileSync(path, text.replace(before, `${before}\n${added}`));
}

async function run(cwd: string, template: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(root, 'packages/cli/bin/macp.js'), 'run', 'scenario.yaml', '--template', template], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { code, output };
}

describe.each(['node', 'langgraph', 'langchain'])('the page about the %s template', (template) => {
  const page = readFileSync(join(root, 'docs/frameworks', `${template}.md`), 'utf8');

  it('adds a participant as the README of the template does', () => {
    const blocks = blocksOf(readFileSync(join(root, 'templates', template, 'README.md'), 'utf8'));
    expect(blocks).toHaveLength(template === 'node' ? 2 : 3);
    for (const block of blocks) expect(page).toContain(`\n${block}\n`);
  });

  it('changes a decision that is there', () => {
    const [, before = '', after = ''] = /```diff\n-(.+)\n\+(.+)\n```/.exec(page) ?? [];
    const rules = readFileSync(join(root, 'templates', template, 'src/decide.ts'), 'utf8');
    expect(rules.split(before.trim())).toHaveLength(2);
    expect(after).toContain("recommendation: 'BLOCK'");
  });
});

it(
  'the change of a decision has the outcome that the pages tell',
  async () => {
    const folder = copyOf('node');
    const page = readFileSync(join(root, 'docs/frameworks/node.md'), 'utf8');
    const [, before = '', after = ''] = /```diff\n-(.+)\n\+(.+)\n```/.exec(page) ?? [];
    const rules = join(folder, 'src/decide.ts');
    writeFileSync(rules, readFileSync(rules, 'utf8').replace(before.trim(), after.trim()));
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
    expect(await run(folder, 'default')).toEqual({ code: 3, output: expect.stringContaining('RESOLVED decline (negative)') });
    expect(page).toContain('`RESOLVED decline (negative)`');
  },
  LIMIT_MS,
);

it(
  'the agents decide when they are started one at a time, as the page does it',
  async () => {
    const folder = copyOf('node');
    const section = /## One agent at a time\n([\s\S]*?)\n## /.exec(readFileSync(join(root, 'docs/frameworks/node.md'), 'utf8'))?.[1] ?? '';
    const [runtime = '', common = '', each = ''] = [...section.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, npm_config_update_notifier: 'false' };
    const server = spawn('sh', ['-c', runtime.replace('npx macp', 'exec node_modules/.bin/macp')], {
      cwd: folder,
      env: { ...env, MACP_BIND_ADDR: '127.0.0.1:0' },
    });
    onTestFinished(() => void server.kill());
    const port = await new Promise<string>((resolve, reject) => {
      let said = '';
      for (const stream of [server.stdout, server.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text;
          const [, found] = /listening on 127\.0\.0\.1:(\d+)/.exec(said) ?? [];
          if (found !== undefined) resolve(found);
        });
      server.once('close', () => reject(new Error(`the runtime ended: ${said}`)));
    });
    const agents = `${common}${each}`.replace('50051', port);
    const output = execFileSync('sh', ['-c', agents], { cwd: folder, env, encoding: 'utf8', timeout: LIMIT_MS });
    expect(output.match(/^RESOLVED step_up \(positive\), by coordinator: 2 approve, 1 reject, 1 objection\(s\)$/gm)).toHaveLength(4);
  },
  LIMIT_MS,
);

describe.each(['node', 'langgraph', 'langchain'])('one more participant in the %s template', (template) => {
  it(
    'takes part as its README says, and the endings are as before',
    async () => {
      const folder = copyOf(template);
      const [line = '', rule = '', instruction] = blocksOf(readFileSync(join(folder, 'README.md'), 'utf8'));
      edit(join(folder, 'scenario.yaml'), '      - { id: compliance-agent, role: compliance, agentRef: evaluator }', `      ${line}`);
      edit(join(folder, 'src/decide.ts'), 'export const RULES: Readonly<Record<string, Rule>> = {', rule);
      if (template !== 'node') edit(join(folder, 'src/decide.ts'), 'export const INSTRUCTIONS: Readonly<Record<string, string>> = {', instruction ?? '');
      execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
      // The scenario is the same in all templates, so one of them plays every ending.
      for (const [name, exitCode, text] of ENDINGS.filter(([name]) => template === 'node' || name === 'default')) {
        const { code, output } = await run(folder, name);
        expect([name, code, output]).toEqual([name, exitCode, expect.stringMatching(text)]);
      }
    },
    LIMIT_MS,
  );
});
