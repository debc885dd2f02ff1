import type { Logger } from '@macp-agent/core';
import type { Metrics } from '../http/metrics.js';
import { isEnded } from '../model/run.js';
import { pause } from '../observer/backoff.js';
import type { RunStore } from '../store/run-store.js';
import { runTrace } from './run-trace.js';

/** Where the traces of ended runs go. */
export interface TraceOptions {
  /** Of the collector's traces, such as `http://127.0.0.1:4318/v1/traces`; OTLP over HTTP with JSON. */
  readonly url: string;
  /** Such as its authorization. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default `macp-control-plane`. */
  readonly serviceName?: string | undefined;
}

/** Runs whose traces wait for the collector; the oldest is left out when there are more. */
const MAX_WAITING = 256;
const TRIES = 4;
const RETRY_MS = 500;
const ANSWER_MS = 10_000;
/** What waits is still sent when the control plane closes, for so long. */
const CLOSE_MS = 2_000;

/** Sends the trace of each run that ends from now on. A collector that is away costs its traces, and nothing else. The result ends it. */
export function exportTraces(options: TraceOptions, parts: { store: RunStore; logger: Logger; metrics: Metrics }): () => Promise<void> {
  const { store, logger, metrics } = parts;
  const { serviceName = 'macp-control-plane' } = options;
  const stop = new AbortController();
  const waiting: string[] = [];
  let sending: Promise<void> | undefined;

  async function send(runId: string): Promise<void> {
    const run = store.get(runId);
    if (run === undefined) return;
    const body = JSON.stringify(runTrace(run, await store.events(runId), serviceName));
    for (let tried = 1; ; tried += 1) {
      const problem = await post(options, body, stop.signal);
      if (problem === undefined) return metrics.count('macp_traces_total', { result: 'sent' });
      if (tried < TRIES && !stop.signal.aborted) {
        await pause(RETRY_MS * 2 ** (tried - 1), stop.signal);
        continue;
      }
      metrics.count('macp_traces_total', { result: 'lost' });
      logger.warn('the trace of a run could not be sent; check the address and headers of the collector', { runId, tried, problem });
      return;
    }
  }
  async function drain(): Promise<void> {
    for (let runId = waiting.shift(); runId !== undefined && !stop.signal.aborted; runId = waiting.shift()) await send(runId);
    sending = undefined;
  }
  const unsubscribe = store.subscribe((run, events) => {
    if (!isEnded(run.status) || !events.some((event) => event.subject.kind === 'run' && event.data['endedAt'] !== undefined)) return;
    if (waiting.push(run.id) > MAX_WAITING) {
      metrics.count('macp_traces_total', { result: 'lost' });
      logger.warn('too many traces wait for the collector; one is left out', { runId: waiting.shift(), waiting: MAX_WAITING });
    }
    sending ??= drain();
  });
  return async () => {
    unsubscribe();
    const timer = setTimeout(() => stop.abort(), CLOSE_MS);
    await sending;
    clearTimeout(timer);
  };
}

/** Undefined when the collector took it, else why not. Never with a header, which may be a secret. */
async function post({ url, headers }: TraceOptions, body: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const response = await fetch(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body, signal: limit, redirect: 'manual' });
    await response.body?.cancel();
    return response.ok ? undefined : `the collector answered ${response.status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return String(cause);
  }
}
