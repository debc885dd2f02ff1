import { assert, property, record, string, boolean } from 'fast-check';
import { expect, it } from 'vitest';
import { commitmentHash } from './commitment-hash.js';
import { CommitmentPayload } from './wire/payloads.js';

const MINIMAL = {
  commitmentId: 'c1',
  action: 'decision.approved',
  authorityScope: 'seam',
  reason: 'sealed by seam',
  modeVersion: 'macp.mode.decision.v1',
  policyVersion: '1.0.0',
  configurationVersion: '1.0.0',
  outcomePositive: true,
};
const MINIMAL_HASH = 'sha256:9f58e9d114d11860d48aa2bcb8cda458b9618b1cc8560595a802b68c4af85d41';
const EMPTY = CommitmentPayload.decode(Buffer.alloc(0));

it.each<[string, Partial<CommitmentPayload>, string]>([
  ['a commitment without supersedes', MINIMAL, MINIMAL_HASH],
  [
    'one that supersedes it',
    { ...MINIMAL, commitmentId: 'c2', supersedes: { sessionId: 'prior-sess', commitmentHash: MINIMAL_HASH } },
    'sha256:7cc490432ad6b25e9c19fc7c3a84f1e33abe497fca1fd5266ff0275db3650f9d',
  ],
  ['an empty one', EMPTY, 'sha256:3240d1a7adb7bd9420ad5490182227ce699c9e4e465f7934885fe2ded939f32e'],
  ['one of no fields at all', {}, 'sha256:3240d1a7adb7bd9420ad5490182227ce699c9e4e465f7934885fe2ded939f32e'],
  [
    'an empty supersedes, which is not an absent one',
    { ...EMPTY, supersedes: { sessionId: '', commitmentHash: '' } },
    'sha256:9776c22ef165f26817f89bb456cf6bc56a659eb1561a576f6ea9a435bd3291d7',
  ],
  [
    'texts that need escapes',
    {
      ...MINIMAL,
      commitmentId: 'c5',
      action: 'decision."appro\\ved"',
      authorityScope: 'caf\u00e9',
      reason: 'r\u00e9\tsum\u00e9\n\u2014 na\u00efve \u{1f702}',
      outcomePositive: false,
    },
    'sha256:03f8ac2b8172958504092ce9fe5154dbcfe300fd30a350453d4e4bd715822ab2',
  ],
])('hashes %s as the published vectors of RFC-MACP-0013 §11 do', (_name, commitment, expected) => {
  expect(commitmentHash(commitment)).toBe(expected);
});

it('hashes whatever text there is the same before and after it has travelled', () => {
  const text = string({ unit: 'binary' });
  assert(
    property(record({ action: text, reason: text, commitmentId: text, outcomePositive: boolean() }), (commitment) => {
      const hash = commitmentHash(commitment);
      expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(commitmentHash(CommitmentPayload.decode(CommitmentPayload.encode(commitment)))).toBe(hash);
    }),
  );
});
