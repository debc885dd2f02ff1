import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { macp } from '../cli.test-support.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

it('writes the types of the fraud scenario', async () => {
  const { code, stdout } = await macp(['scenario', 'types', 'fraud/high-value-new-device@1.0.0'], { cwd: root });
  expect(code).toBe(0);
  expect(stdout).toContain('export interface HighValueNewDeviceInputs {\n  /** Customer; default "CUST-1001" */\n  readonly customerId?: string;');
  expect(stdout).toContain('/** Trust in the device, 0 to 1; 0 to 1; default 0.18 */');
  expect(stdout).toContain('export interface HighValueNewDeviceContext {\n  readonly customerId: string;');
});

it('writes types that the compiler takes, and that refuse what the schema refuses', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'macp-types-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, 'scenario.yaml'),
    `apiVersion: scenarios.macp.dev/v1
kind: ScenarioVersion
metadata: { scenario: 3d-print, name: Types }
spec:
  inputs:
    schema:
      type: object
      additionalProperties: false
      required: [amount, kind]
      properties:
        amount: { type: integer, minimum: 1 }
        kind: { enum: [small, large] }
        tags: { type: array, items: { type: [string, 'null'] } }
        more-facts: { type: object, properties: { age: { type: number, default: 3 } } }
  launch:
    modeName: macp.mode.decision.v1
    modeVersion: 1.0.0
    configurationVersion: config.default
    ttlMs: 60000
    participants: [{ id: a, role: a, agentRef: a }]
    contextTemplate: { amount: '{{ inputs.amount }}', note: 'about {{ inputs.amount }}' }
`,
  );
  await macp(['scenario', 'types', 'scenario.yaml', '-o', 'inputs.ts'], { cwd: folder });
  const use = (text: string): string => {
    writeFileSync(join(folder, 'use.ts'), `import type { _3dPrintContext as C, _3dPrintInputs as I } from './inputs.js';\n${text}\n`);
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--types', '', '--ignoreConfig', 'use.ts'];
    return spawnSync(process.execPath, [tsc, ...flags], { cwd: folder, encoding: 'utf8' }).stdout;
  };
  expect(
    use("export const i: I = { amount: 1, kind: 'small', tags: ['x', null], 'more-facts': { age: 2 } };\nexport const c: C = { amount: 1, note: 'n' };"),
  ).toBe('');
  expect(use("export const i: I = { kind: 'other' };\nexport const c: C = { amount: '1', note: 'n' };")).toMatch(/use\.ts\(2.*[\s\S]*use\.ts\(3/);
});
