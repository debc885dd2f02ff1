import type { CanonicalEvent } from '../src/model/canonical-event.js';
import type { Run } from '../src/model/run.js';
import type { ScenarioSummary } from '../src/services.js';

/** A refusal of the API, in its own words. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const TOKEN_KEY = 'macp-console-token';

/** The token comes in the part of the link that browsers never send, and leaves the address bar at once. */
export function takeToken(): void {
  const match = /(?:^#|&)token=([^&]+)/.exec(location.hash);
  if (match?.[1] === undefined) return;
  sessionStorage.setItem(TOKEN_KEY, decodeURIComponent(match[1]));
  history.replaceState(null, '', `${location.pathname}${location.search}#/`);
}

export function setToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}

function headers(extra: Record<string, string> = {}): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN_KEY);
  return token === null ? extra : { ...extra, authorization: `Bearer ${token}` };
}

/** Paths are relative: the console may live under any path. */
async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, {
    ...init,
    headers: headers(init.body === undefined || init.body === null ? {} : { 'content-type': 'application/json' }),
  });
  if (!response.ok) throw await toError(response);
  return (await response.json()) as T;
}

async function toError(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as { errorCode?: string; message?: string };
    return new ApiError(response.status, body.errorCode ?? String(response.status), body.message ?? text);
  } catch {
    // A proxy in between answered, not this API.
    return new ApiError(response.status, String(response.status), text.slice(0, 200));
  }
}

export interface ServerInfo {
  readonly version: string;
  readonly canStartRuns: boolean;
  readonly runtimeConnected: boolean;
}

/** As many events as the API gives in one file. */
export const MAX_EXPORTED = 50_000;

/** A run after a cancel, with what the runtime says about it. */
export type CancelledRun = Run & { readonly runtimeState: string | null; readonly confirmed: boolean; readonly warning?: string };

export const api = {
  info: (): Promise<ServerInfo> => request('info'),
  runs: (search: string, limit: number): Promise<{ data: Run[]; total: number }> =>
    request(`runs?includeSandbox=true&limit=${limit}${search === '' ? '' : `&search=${encodeURIComponent(search)}`}`),
  run: (id: string): Promise<Run> => request(`runs/${encodeURIComponent(id)}`),
  events: (id: string, afterSeq: number): Promise<(CanonicalEvent & Record<string, unknown>)[]> =>
    request(`runs/${encodeURIComponent(id)}/events?afterSeq=${afterSeq}&limit=5000`),
  cancel: (id: string, reason: string): Promise<CancelledRun> =>
    request(`runs/${encodeURIComponent(id)}/cancel`, { method: 'POST', body: JSON.stringify({ reason: reason === '' ? null : reason }) }),
  pause: (id: string, what: 'suspend' | 'resume'): Promise<Run> => request(`runs/${encodeURIComponent(id)}/${what}`, { method: 'POST', body: '{}' }),
  scenarios: (): Promise<{ data: ScenarioSummary[] }> => request('scenarios'),
  start: (scenarioRef: string, templateId: string | undefined, inputs: unknown): Promise<{ runId: string }> =>
    request('examples/run', { method: 'POST', body: JSON.stringify({ scenarioRef, ...(templateId === undefined ? {} : { templateId }), inputs }) }),
  exportText: async (id: string): Promise<Blob> => {
    const response = await fetch(`runs/${encodeURIComponent(id)}/export?format=jsonl&eventLimit=${MAX_EXPORTED}`, { headers: headers() });
    if (!response.ok) throw await toError(response);
    return response.blob();
  },
};

/** What a live stream tells. */
export interface StreamHandlers {
  onOpen(): void;
  onEvents(events: readonly CanonicalEvent[]): void;
  /** The run has ended and everything was sent. */
  onEnd(): void;
}

/** Reads the live stream of a run after `afterSeq` until it ends or breaks. EventSource cannot send a token, fetch can. */
export async function readStream(id: string, afterSeq: number, handlers: StreamHandlers, signal: AbortSignal): Promise<'ended' | 'broken'> {
  const response = await fetch(`runs/${encodeURIComponent(id)}/stream?includeSnapshot=false&afterSeq=${afterSeq}`, {
    headers: headers({ accept: 'text/event-stream' }),
    signal,
  });
  if (!response.ok) throw await toError(response);
  if (response.body === null) return 'broken';
  handlers.onOpen();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return 'broken';
    const frames = (rest + value).split('\n\n');
    rest = frames.pop() ?? '';
    const parsed = frames.map(parseFrame);
    const events = parsed.filter((frame) => frame.event === 'canonical_event').map((frame) => JSON.parse(frame.data) as CanonicalEvent);
    if (events.length > 0) handlers.onEvents(events);
    if (parsed.some((frame) => frame.event === 'end')) {
      handlers.onEnd();
      return 'ended';
    }
  }
}

function parseFrame(frame: string): { event: string; data: string } {
  const lines = frame.split('\n');
  const field = (name: string): string =>
    lines
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trimStart())
      .join('\n');
  return { event: field('event'), data: field('data') };
}
