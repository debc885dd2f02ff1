import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPolicy } from './load-policy.js';

const folder = mkdtempSync(join(tmpdir(), 'macp-policy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(text: string): string {
  const path = join(folder, 'policy.json');
  writeFileSync(path, text);
  return path;
}

describe('a policy file', () => {
  it('is read into a definition', () => {
    const path = write('{"policy_id":"p.q","mode":"*","schema_version":1,"description":"d","rules":{"voting":{"algorithm":"majority"}}}');
    expect(loadPolicy(path)).toEqual({ policyId: 'p.q', mode: '*', schemaVersion: 1, description: 'd', rules: { voting: { algorithm: 'majority' } } });
  });

  it.each([
    ['is not JSON', '{', 'cannot be read as JSON'],
    ['misses a member', '{"policy_id":"p"}', 'needs policy_id, mode, schema_version and rules'],
    [
      'has a rule of the wrong type',
      '{"policy_id":"p","mode":"*","schema_version":1,"rules":{"voting":{"threshold":"half"}}}',
      'voting.threshold must be a number',
    ],
  ])('that %s is refused by name', (_title, text, message) => {
    expect(() => loadPolicy(write(text))).toThrow(expect.objectContaining({ code: 'INVALID_POLICY_DEFINITION', message: expect.stringContaining(message) }));
  });
});
