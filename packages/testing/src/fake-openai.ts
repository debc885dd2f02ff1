import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from './listen.js';

/** One answer of the fake endpoint. `hang` never answers; `body` is sent as it is, so it may be cut off or not be JSON. */
export type FakeReply =
  | { readonly toolCalls: readonly { readonly name: string; readonly args: Readonly<Record<string, unknown>> | string }[] }
  | { readonly content: string }
  | { readonly refusal: string }
  | { readonly status: number; readonly body?: string }
  | { readonly body: string }
  | { readonly hang: true };

/** What a client asked for, as far as tests of agents look at it. */
export interface FakeRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content?: unknown }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly authorization: string;
}

/** A running endpoint, with what it was asked. */
export interface FakeOpenAi {
  /** For MACP_MODEL_BASE_URL. */
  readonly baseUrl: string;
  readonly requests: readonly FakeRequest[];
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** At most this much is read of one request. */
const MAX_BODY_BYTES = 1_048_576;

/**
 * An OpenAI-compatible chat endpoint on a loopback port, for tests of agents that use a real model client. `reply` gives the
 * answer for each request; the index counts from 0. The signal gives the start up with ABORTED and has no effect later. Experimental.
 */
export async function startFakeOpenAi(
  reply: (request: FakeRequest, index: number) => FakeReply,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<FakeOpenAi> {
  const requests: FakeRequest[] = [];
  const server = createServer((incoming, response) => {
    void answer(incoming, response, requests, reply).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  const port = await listen(server, 'startFakeOpenAi', options.signal);
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      // The error says that it was closed before, which is what close() promises.
      server.close(() => resolve());
    });
  };
  return { baseUrl: `http://127.0.0.1:${port}/v1`, requests, close, [Symbol.asyncDispose]: close };
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  requests: FakeRequest[],
  reply: (request: FakeRequest, index: number) => FakeReply,
): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return send(response, 413, '{"error":{"message":"request too large"}}');
    chunks.push(chunk);
  }
  const request: FakeRequest = {
    ...(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Omit<FakeRequest, 'authorization'>),
    authorization: incoming.headers.authorization ?? '',
  };
  requests.push(request);
  const given = reply(request, requests.length - 1);
  if ('hang' in given) return undefined;
  if ('status' in given) return send(response, given.status, given.body ?? JSON.stringify({ error: { message: `fake status ${given.status}` } }));
  if ('body' in given) return send(response, 200, given.body);
  return send(response, 200, JSON.stringify(completion(request.model, requests.length, given)));
}

function completion(model: string, index: number, reply: Exclude<FakeReply, { status: number } | { body: string } | { hang: true }>): object {
  const message =
    'toolCalls' in reply
      ? {
          role: 'assistant',
          content: null,
          tool_calls: reply.toolCalls.map(({ name, args }, position) => ({
            id: `call_${index}_${position}`,
            type: 'function',
            function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
          })),
        }
      : { role: 'assistant', content: 'content' in reply ? reply.content : null, refusal: 'refusal' in reply ? reply.refusal : null };
  return {
    id: `chatcmpl-${index}`,
    object: 'chat.completion',
    created: 0,
    model,
    choices: [{ index: 0, message, finish_reason: 'toolCalls' in reply ? 'tool_calls' : 'stop' }],
    usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
  };
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}
