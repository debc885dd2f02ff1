// Running it
export { startControlPlane, type ControlPlane, type ControlPlaneOptions } from './start-control-plane.js';
export type { RetentionLimits } from './store/retention.js';
export type { TraceOptions } from './traces/export-traces.js';
export type { ScenarioSummary, Services, StartRun } from './services.js';

// The server without its listener
export { buildApp, type AppOptions } from './app.js';
export { isLoopbackName, type GuardOptions } from './http/guard.js';

// What the API speaks
export type { CanonicalEvent, EventSource, EventSubject, EventType } from './model/canonical-event.js';
export type { CancelCallback, Run, RunStatus } from './model/run.js';
export type { RunDescriptor } from './register-run.js';
export type { AgentRefusal, OpenRun } from './open-run.js';
