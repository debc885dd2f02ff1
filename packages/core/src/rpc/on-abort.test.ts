import { expect, it } from 'vitest';
import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import { ScriptedRuntime } from '../scripted-runtime.test.support.js';
import { onAbort } from './on-abort.js';

it('runs at once when the signal has fired before', () => {
  let ran = 0;
  const forget = onAbort(AbortSignal.abort(), () => (ran += 1));
  expect(ran).toBe(1);
  forget();
});

it('ends a watch whose signal fires while it begins', async () => {
  await using runtime = await ScriptedRuntime.start();
  await using client = new MacpClient({ address: runtime.address, allowInsecure: true, auth: Auth.bearer('worker') });
  const controller = new AbortController();
  const first = client.watchSessions({ signal: controller.signal }).next();
  controller.abort();
  await expect(first).rejects.toMatchObject({ code: 'ABORTED' });
});
