import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPacks } from './load-packs.js';
import { findScenario, listScenarioRefs, loadScenarioFile } from './load-scenario.js';
import { loadYaml } from './load-yaml.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'macp-packs-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

const PACK = 'apiVersion: scenarios.macp.dev/v1\nkind: ScenarioPack\nmetadata: { slug: shop, name: Shop }\n';
const SCENARIO = `
apiVersion: scenarios.macp.dev/v1
kind: ScenarioVersion
metadata: { pack: shop, scenario: order-review, version: 1.0.0, name: Order review }
spec:
  inputs: { schema: { type: object, properties: { amount: { type: number } } } }
  launch:
    modeName: macp.mode.decision.v1
    modeVersion: 1.0.0
    configurationVersion: config.default
    ttlMs: 60000
    participants: !include ../../../../_shared/participants/two.yaml
`;
const TWO = '- { id: lead, role: lead, agentRef: lead }\n- { id: checker, role: checker, agentRef: checker }\n';

const shop = (scenario = SCENARIO): Record<string, string> => ({
  'shop/pack.yaml': PACK,
  'shop/scenarios/order-review/1.0.0/scenario.yaml': scenario,
  '_shared/participants/two.yaml': TWO,
});

describe('the packs under a root', () => {
  it('hold scenarios with included fragments, templates and policies', () => {
    write({
      ...shop(),
      'shop/scenarios/order-review/1.0.0/templates/big.yaml': 'kind: ScenarioTemplate\nmetadata: { slug: big }\nspec: { defaults: { amount: 9000 } }\n',
      'shop/scenarios/order-review/1.0.0/templates/notes.yaml': 'kind: Notes\n',
      'shop/policies/p.json': JSON.stringify({ policy_id: 'policy.shop.p', mode: '*', schema_version: 1, rules: {} }),
      'shop/policies/default.json': JSON.stringify({ policy_id: 'policy.default', mode: '*', schema_version: 1, rules: {} }),
    });
    const catalog = loadPacks([root, join(root, 'missing')]);
    expect(listScenarioRefs(catalog)).toEqual(['shop/order-review@1.0.0']);
    const scenario = findScenario(catalog, 'shop/order-review@1.0.0');
    expect(scenario.document.spec.launch.participants.map(({ id }) => id)).toEqual(['lead', 'checker']);
    expect([...scenario.templates.keys()]).toEqual(['big']);
    expect(scenario.policies.map(({ policyId }) => policyId)).toEqual(['policy.shop.p']);
  });

  it('skip folders without a pack file, and packs that are not valid, with a warning', () => {
    write({ ...shop(), 'other/readme.txt': '', 'broken/pack.yaml': 'kind: ScenarioPack\n' });
    const { packs, warnings } = loadPacks([root]);
    expect([...packs.keys()]).toEqual(['shop']);
    expect(warnings).toHaveLength(2);
    expect(warnings.join('\n')).toMatch(/broken.*\n.*needs the member apiVersion[\s\S]*other has no pack\.yaml/);
  });

  it.each([
    ['nonsense', 'INVALID_SCENARIO_REF', /pack\/scenario@version/],
    ['shop/@1.0.0', 'INVALID_SCENARIO_REF', /pack\/scenario@version/],
    ['shpo/order-review@1.0.0', 'PACK_NOT_FOUND', /Did you mean shop\?/],
    ['shop/order-reveiw@1.0.0', 'SCENARIO_NOT_FOUND', /Did you mean order-review\?/],
    ['shop/order-review@1.0.1', 'VERSION_NOT_FOUND', /It has: 1\.0\.0/],
  ])('answer %s with %s and what there is', (ref, code, text) => {
    write(shop());
    const catalog = loadPacks([root]);
    expect(() => findScenario(catalog, ref)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(text) as string }) as Error);
  });

  it('need no version while there is one only', () => {
    write(shop());
    expect(findScenario(loadPacks([root]), 'shop/order-review').ref).toBe('shop/order-review@1.0.0');
    write({ 'shop/scenarios/order-review/2.0.0/scenario.yaml': SCENARIO });
    expect(() => findScenario(loadPacks([root]), 'shop/order-review')).toThrow(
      /has several versions; name one: shop\/order-review@1\.0\.0, shop\/order-review@2\.0\.0/,
    );
  });

  it('list every structural problem of a scenario with its path', () => {
    write(shop(SCENARIO.replace('ttlMs: 60000', 'ttlMs: soon').replace('modeVersion: 1.0.0', 'modeVersion: 1.0')));
    expect(() => findScenario(loadPacks([root]), 'shop/order-review@1.0.0')).toThrow(
      expect.objectContaining({
        code: 'INVALID_PACK_DATA',
        message: expect.stringMatching(/spec\.launch\.modeVersion must be string[\s\S]*spec\.launch\.ttlMs must be integer/) as string,
      }) as Error,
    );
  });

  it('name the file of a policy that cannot be registered', () => {
    write({
      ...shop(),
      'shop/policies/p.json': JSON.stringify({ policy_id: 'policy.p', mode: '*', schema_version: 1, rules: { voting: { algorithm: 'supermajority' } } }),
    });
    expect(() => findScenario(loadPacks([root]), 'shop/order-review@1.0.0')).toThrow(
      expect.objectContaining({ code: 'INVALID_POLICY_DEFINITION', message: expect.stringContaining('p.json') as string }) as Error,
    );
  });
});

describe('!include', () => {
  const fails = (text: RegExp): void => {
    expect(() => loadYaml(join(root, 'a.yaml'), root)).toThrow(
      expect.objectContaining({ code: 'INVALID_PACK_DATA', message: expect.stringMatching(text) as string }) as Error,
    );
  };

  it('reads YAML and JSON relative to the containing file, recursively', () => {
    write({ 'a.yaml': 'x: !include sub/b.yml\n', 'sub/b.yml': '- !include c.json\n- !include empty.yaml\n', 'sub/c.json': '{"y":1}', 'sub/empty.yaml': '' });
    expect(loadYaml(join(root, 'a.yaml'), root)).toEqual({ x: [{ y: 1 }, null] });
  });

  it('cannot leave the root, by dots or by a link', () => {
    const outside = mkdtempSync(join(tmpdir(), 'macp-outside-'));
    try {
      writeFileSync(join(outside, 'secret.yaml'), 'a: 1');
      write({ 'a.yaml': `x: !include ../${outside.split('/').at(-1)}/secret.yaml\n` });
      fails(/a\.yaml includes .* outside the packs root/);
      symlinkSync(join(outside, 'secret.yaml'), join(root, 'link.yaml'));
      write({ 'a.yaml': 'x: !include link.yaml\n' });
      fails(/outside the packs root/);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it.each([
    ['x: !include b.txt\n', /only \.yaml, \.yml, \.json/],
    ['x: !include ""\n', /without a path/],
    ['x: !include missing.yaml\n', /missing\.yaml, which does not exist/],
    ['x: !include a.yaml\n', /includes it again/],
    ['x: !other a\n', /not valid YAML/],
    ['x: [1\n', /not valid YAML/],
    ['x: 1\nx: 2\n', /not valid YAML/],
  ])('names the file for %j', (text, message) => {
    write({ 'a.yaml': text });
    fails(message);
  });

  it('reads dates as text and refuses a bomb of aliases', () => {
    write({ 'a.yaml': 'on: 2026-11-25\n' });
    expect(loadYaml(join(root, 'a.yaml'), root)).toEqual({ on: '2026-11-25' });
    const levels = Array.from({ length: 12 }, (_, index) => `l${index + 1}: &l${index + 1} [${Array.from({ length: 10 }, () => `*l${index}`).join(',')}]`);
    write({ 'a.yaml': `l0: &l0 x\n${levels.join('\n')}\n` });
    fails(/aliases/);
  });
});

describe('a scenario that stands alone', () => {
  const ALONE = SCENARIO.replace('!include ../../../../_shared/participants/two.yaml', '[{ id: lead, role: lead, agentRef: lead }]').replace(
    'metadata: { pack: shop, scenario: order-review, version: 1.0.0, name: Order review }',
    'metadata: { name: Mine }',
  );

  it('takes missing names from its folder, and templates and policies from beside it', () => {
    write({
      'mine/scenario.yaml': `${ALONE}---\nkind: ScenarioTemplate\nmetadata: { slug: veto }\n`,
      'mine/templates/big.yaml': 'kind: ScenarioTemplate\nmetadata: { slug: big }\n',
      'mine/policies/p.json': JSON.stringify({ policy_id: 'policy.p', mode: '*', schema_version: 1, rules: {} }),
    });
    const scenario = loadScenarioFile(join(root, 'mine'));
    expect(scenario.ref).toBe('local/mine@1.0.0');
    expect([...scenario.templates.keys()]).toEqual(['big', 'veto']);
    expect(scenario.policies).toHaveLength(1);
  });

  it('that does not exist is SCENARIO_NOT_FOUND', () => {
    expect(() => loadScenarioFile(join(root, 'no.yaml'))).toThrow(expect.objectContaining({ code: 'SCENARIO_NOT_FOUND' }) as Error);
  });
});
