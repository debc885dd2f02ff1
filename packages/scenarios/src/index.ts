// Packs and scenarios
export { loadPacks, packagedPacksRoot, type Pack, type PackCatalog } from './load-packs.js';
export { findScenario, isScenarioPath, listScenarioRefs, loadScenarioFile, type Scenario } from './load-scenario.js';
export { formatScenarioRef, parseScenarioRef, type ScenarioRef } from './scenario-ref.js';
export type { ScenarioDocument } from './scenario-document.js';
export type { TemplateDocument } from './template-document.js';
export { loadPolicies, loadPolicyFile } from './load-policies.js';
export { didYouMean, suggest } from './suggest.js';

// Compiling
export { describeInputProblem, InvalidInputsError, type InputProblem } from './check-inputs.js';
export { parseJson, type ParsedJson } from './parse-json.js';
export { readSetInputs, type SetInputs } from './set-inputs.js';
export { unreadable } from './unreadable.js';
export { compileScenario, type CompiledKickoff, type CompiledRun, type CompiledSessionStart, type CompileOptions, type ParticipantBinding } from './compile.js';
export type { RunDescriptor, RunLabels } from './run-descriptor.js';
export type { JsonObject } from './json-value.js';

// Agents
export { withFramework } from './launch/framework-agents.js';
export { findAgents, listAgents, type AgentLaunch, type FoundAgent } from './launch/load-agents.js';
export type { AgentEntry } from './launch/agent-entry.js';
export { bootstrapDocument, type CancelCallbackSettings, type RuntimeTarget } from './launch/bootstrap-document.js';
export type { Env } from './launch/agent-env.js';
export type { AgentExit } from './launch/agent-process.js';
export { parseAgentTokens, pickAgentTokens } from './run/agent-tokens.js';

// Running
export type { RunOptions, RunResult, RunTimeouts } from './run/run-options.js';
export { runScenario } from './run/run-scenario.js';
export type { OutcomeEvent, RunEvent } from './run/run-event.js';
export type { ExitCode, OutcomeCommitment, Refused, RunOutcome } from './run/outcome.js';
export { readFault, type Fault, type FaultScope } from './run/fault.js';
export { cancelRun, type CancelTarget } from './run/cancel-run.js';
export { loadRunRecords } from './run/load-run-records.js';
export type { RunRecord } from './run/run-folder.js';
export { describeMessage } from './run/describe-message.js';
export { envelopeToJson, toJson, type TranscriptEntry, type TranscriptHeader } from './run/transcript.js';

// Batches
export { Batch, type BatchCase, type BatchOptions, type BatchResult } from './batch/batch.js';
export type { Cast } from './batch/kept-agents.js';
export { ResultsFile } from './batch/results-file.js';
export { BatchStatistics, readSummaryInput, type BatchSummary, type SummaryInput } from './batch/batch-summary.js';

// Recorded runs
export { formatRecordedRun, loadRecordedRun, recordedPolicy, type RecordedOutcome, type RecordedRun } from './run/load-recorded-run.js';
export { listRecordedRuns, type RunListing } from './run/list-recorded-runs.js';
export { replayRun, simulatePolicy, type PolicyVerdict, type Replay, type ReplayStep, type SimulatedCommitment } from './run/replay-run.js';

// Judging
export { expectOutcome, type Difference } from './run/expect-outcome.js';
export type { ExpectedOutcome } from './expected-outcome.js';
export { systemReason } from './system-reason.js';
