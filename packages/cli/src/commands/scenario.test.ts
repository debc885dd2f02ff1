import { mkdirSync, mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { macp } from '../cli.test-support.js';

const examples = fileURLToPath(new URL('../../../../examples', import.meta.url));
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'macp-cli-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

describe('macp scenario', () => {
  it('list names every scenario with its templates', async () => {
    const { code, stdout } = await macp(['scenario', 'list', '--packs', examples, '--json'], { cwd });
    expect(code).toBe(0);
    expect(
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown),
    ).toContainEqual(
      expect.objectContaining({
        ref: 'fraud/high-value-new-device@1.0.0',
        templates: ['default', 'majority-veto', 'strict-risk', 'suspend-demo', 'unanimous'],
      }),
    );
  });

  it('new writes a pack that lints but for its agents, and never writes over a file', async () => {
    const made = await macp(['scenario', 'new', 'shop', 'order-review'], { cwd });
    expect(made.code).toBe(0);
    expect(made.stdout.trim().split('\n')).toHaveLength(4);
    expect((await macp(['scenario', 'new', 'shop', 'order-review'], { cwd })).code).toBe(2);
    expect((await macp(['scenario', 'new', 'Shop!', 'x'], { cwd })).stderr).toContain('kebab-case');
    const lint = await macp(['scenario', 'lint', 'packs'], { cwd });
    expect(lint.stdout).toMatch(/error {4}shop\/order-review@1\.0\.0 {2}template default: participant lead .* names the agent lead/);
    expect(lint.code).toBe(1);
  });

  it('lint finds what a run would trip over', async () => {
    await macp(['scenario', 'new', 'shop', 'order-review'], { cwd });
    const file = join(cwd, 'packs/shop/scenarios/order-review/1.0.0/scenario.yaml');
    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replace('policy.shop.majority', 'policy.shop.none')
        .replace('{{ inputs.amount }}', '{{ inputs.amuont }}')
        .replace('version: 1.0.0', 'version: 1.0.1'),
    );
    const { stdout } = await macp(['scenario', 'lint', 'packs', '--json'], { cwd });
    const texts = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { text: string }).text)
      .join('\n');
    expect(texts).toMatch(/says it is shop\/order-review@1\.0\.1/);
    expect(texts).toMatch(/undefined placeholder: \{\{ inputs\.amuont \}\}/);
  });

  it('lint names an agent that does not support the scenario', async () => {
    await macp(['scenario', 'new', 'shop', 'order-review'], { cwd });
    const entry = { framework: 'custom', bootstrap: { strategy: 'external' } };
    mkdirSync(join(cwd, 'packs/shop/agents'));
    writeFileSync(
      join(cwd, 'packs/shop/agents/catalog.json'),
      JSON.stringify([
        { agentRef: 'lead', ...entry, supportedScenarioRefs: ['shop/order-review@1.0.0'] },
        { agentRef: 'reviewer', ...entry, supportedScenarioRefs: ['shop/other@1.0.0'] },
      ]),
    );
    const { code, stdout } = await macp(['scenario', 'lint'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /participant reviewer is played by reviewer, which does not support shop\/order-review@1\.0\.0; add it to supportedScenarioRefs in .*catalog\.json/,
    );
    expect(stdout).not.toContain('played by lead');
  });

  it('lint takes a packs root, one pack, or a reference, and passes over folders that are no packs', async () => {
    const all = await macp(['scenario', 'lint', examples], { cwd });
    expect(all.stdout).not.toContain('pack.yaml');
    expect(all.stdout).toMatch(/4 scenarios, 0 errors\n$/);
    expect((await macp(['scenario', 'lint', join(examples, 'lending')], { cwd })).stdout).toMatch(/2 scenarios, 0 errors\n$/);
    expect((await macp(['scenario', 'lint', 'claims/auto-claim-review@1.0.0'], { cwd, env: { MACP_PACKS_DIR: examples } })).code).toBe(0);
  });
});
