import type { CancelOutcome } from './cancel/cancel-run.js';
import type { Metrics } from './http/metrics.js';
import type { Run } from './model/run.js';
import type { Observer } from './observer/observer.js';
import type { RuntimeLink } from './observer/runtime-link.js';
import type { RunStore } from './store/run-store.js';

/** A scenario that can be started from the console. */
export interface ScenarioSummary {
  /** `pack/scenario@version`. */
  readonly scenarioRef: string;
  readonly name: string;
  readonly summary?: string | undefined;
  /** `defaults` are the inputs of the template; what they leave out is that of the scenario. */
  readonly templates: readonly { readonly id: string; readonly name?: string | undefined; readonly defaults?: Readonly<Record<string, unknown>> | undefined }[];
  /** JSON Schema of the inputs; the form of the console is made of it. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly defaults?: Readonly<Record<string, unknown>> | undefined;
}

/** Starts a scenario; the answer names the run to look at. Rejects with MacpError VALIDATION_ERROR for inputs that do not fit. */
export type StartRun = (
  scenarioRef: string,
  template: string | undefined,
  inputs: Readonly<Record<string, unknown>>,
) => Promise<{ readonly runId: string; readonly sessionId: string }>;

/** What routes work with. */
export interface Services {
  readonly store: RunStore;
  readonly observer: Observer;
  readonly link: RuntimeLink;
  readonly metrics: Metrics;
  readonly nowUnixMs: () => number;
  readonly cancel: (run: Run, reason: string | null, signal?: AbortSignal) => Promise<CancelOutcome>;
  readonly pause: (run: Run, what: 'suspend' | 'resume', reason: string | null, signal?: AbortSignal) => Promise<Run>;
  readonly startRun: StartRun | undefined;
  readonly listScenarios: (() => Promise<readonly ScenarioSummary[]>) | undefined;
  /** Aborts when the server stops: live streams end then. */
  readonly closing: AbortSignal;
  readonly maxEventStreams: number;
}
