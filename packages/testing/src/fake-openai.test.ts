import { describe, expect, it } from 'vitest';
import { startFakeOpenAi } from './fake-openai.js';

const ask = (baseUrl: string): Promise<Response> =>
  fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer key' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
  });

describe('the fake endpoint', () => {
  it('answers by script and keeps what it was asked', async () => {
    await using endpoint = await startFakeOpenAi((_request, index) => (index === 0 ? { toolCalls: [{ name: 'look', args: { at: 1 } }] } : { content: 'done' }));
    const first = (await (await ask(endpoint.baseUrl)).json()) as { choices: { message: { tool_calls: unknown } }[] };
    const second = (await (await ask(endpoint.baseUrl)).json()) as { choices: { message: { content: string } }[] };
    expect(first.choices[0]?.message.tool_calls).toMatchObject([{ function: { name: 'look', arguments: '{"at":1}' } }]);
    expect(second.choices[0]?.message.content).toBe('done');
    expect(endpoint.requests.map(({ model, authorization }) => [model, authorization])).toEqual([
      ['m', 'Bearer key'],
      ['m', 'Bearer key'],
    ]);
  });

  it('can fail, and can keep silent until it is closed', async () => {
    const endpoint = await startFakeOpenAi((_request, index) => (index === 0 ? { status: 429 } : { hang: true }));
    expect((await ask(endpoint.baseUrl)).status).toBe(429);
    const pending = ask(endpoint.baseUrl).then(
      () => 'answered',
      () => 'cut',
    );
    await expect.poll(() => endpoint.requests.length).toBe(2);
    await endpoint.close();
    expect(await pending).toBe('cut');
    await endpoint.close();
  });
});
