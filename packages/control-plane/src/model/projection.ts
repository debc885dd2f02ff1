import { explainCommitment, findMode, type DecisionState } from '@macp-agent/protocol';
import type { CanonicalEvent } from './canonical-event.js';
import type { Run } from './run.js';
import { controlState, foldEvents, type FoldedSession } from './session-fold.js';

type Fields = Record<string, unknown>;

const KEEP = { proposals: 50, signals: 200, progress: 100, recent: 50, calls: 100 };
const ALLOW = new Set(['APPROVE', 'ACCEPT', 'ALLOW', 'YES']);
const DENY = new Set(['REJECT', 'DENY', 'BLOCK', 'NO']);

/** What `GET /runs/:id/state` answers: the state of a run as its events make it, up to a sequence number. */
export function project(run: Run, events: readonly CanonicalEvent[]): Fields {
  const session = foldEvents(events);
  const participants = projectParticipants(run, events, session);
  const signals = events.filter((event) => event.type === 'signal.emitted');
  const progress = events.filter((event) => event.type === 'progress.reported');
  return {
    run: projectRun(run, events, session),
    participants,
    graph: projectGraph(participants, events, session),
    decision: { current: projectDecision(events, session) },
    signals: { signals: signals.slice(-KEEP.signals).map(projectSignal) },
    progress: { entries: progress.slice(-KEEP.progress).map(projectProgress) },
    timeline: {
      latestSeq: events.at(-1)?.seq ?? 0,
      totalEvents: events.length,
      recent: events.slice(-KEEP.recent).map(({ seq, ts, type, subject }) => ({ seq, ts, type, subject })),
    },
    trace: { traceId: run.traceId, spanCount: 0, lastSpanId: null, linkedArtifacts: [] },
    outboundMessages: { total: 0, queued: 0, accepted: 0, rejected: 0 },
    policy: projectPolicy(session),
    llm: projectModelUse(events),
    session: session === undefined ? null : { state: session.state, ordinal: session.ordinal, deadlineUnixMs: session.deadlineUnixMs },
  };
}

/** A message of a participant, not a record of the runtime. */
function isSent(event: CanonicalEvent): boolean {
  return event.type === 'message.received' && controlState(text(event.data['messageType'])) === undefined;
}

function projectRun(run: Run, events: readonly CanonicalEvent[], session: FoldedSession | undefined): Fields {
  const bound = events.find((event) => event.type === 'session.bound')?.data;
  return {
    runId: run.id,
    status: run.status,
    runtimeSessionId: run.runtimeSessionId,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    traceId: run.traceId,
    modeName: session?.binding.mode ?? bound?.['modeName'] ?? run.metadata['modeName'] ?? null,
    contextId: session?.binding.contextId ?? bound?.['contextId'] ?? '',
    extensionKeys: bound?.['extensionKeys'] ?? [],
  };
}

interface ProjectedParticipant {
  readonly participantId: string;
  readonly role: string;
  readonly status: string;
  readonly latestActivityAt: string | null;
  readonly latestSummary: string | null;
}

function projectParticipants(run: Run, events: readonly CanonicalEvent[], session: FoldedSession | undefined): ProjectedParticipant[] {
  const latest = new Map<string, CanonicalEvent>();
  for (const event of events) {
    if (isSent(event)) latest.set(text(event.data['sender']), event);
  }
  const declared = session?.binding.participants ?? strings(run.metadata['participants']);
  const initiator = session?.binding.initiator;
  const lastActive = [...latest.values()].reduce<CanonicalEvent | undefined>(
    (last, event) => (last === undefined || event.seq > last.seq ? event : last),
    undefined,
  );
  const status = (id: string): string => {
    const event = latest.get(id);
    if (run.status === 'completed' || run.status === 'cancelled') return event === undefined ? 'skipped' : 'completed';
    if (run.status === 'failed') return event === undefined ? 'skipped' : event === lastActive ? 'failed' : 'completed';
    return event === undefined ? 'idle' : event === lastActive ? 'active' : 'waiting';
  };
  return [...new Set([...declared, ...latest.keys()])].map((participantId) => {
    const event = latest.get(participantId);
    const role = participantId === initiator ? 'initiator' : 'participant';
    return {
      participantId,
      role,
      status: status(participantId),
      latestActivityAt: event?.ts ?? null,
      latestSummary: event === undefined ? null : text(event.data['messageType']),
    };
  });
}

function projectGraph(participants: readonly ProjectedParticipant[], events: readonly CanonicalEvent[], session: FoldedSession | undefined): Fields {
  const nodes = participants.map(({ participantId, status }) => ({ id: participantId, kind: 'participant', status }));
  const edges: Fields[] = [];
  for (const event of events) {
    if (!isSent(event)) continue;
    const from = text(event.data['sender']);
    const kind = text(event.data['messageType']);
    const to = kind === 'SessionStart' ? '__start' : kind === 'Commitment' ? '__decision' : '__proposal';
    edges.push({ from, to, kind, ts: event.ts });
  }
  const done = session?.commitment !== undefined;
  const synthetic = ['__start', '__proposal', '__decision', '__outcome'].map((id) => ({
    id,
    kind: 'synthetic',
    status: done || edges.some((edge) => edge['to'] === id) ? 'completed' : 'idle',
  }));
  return { nodes: [...synthetic, ...nodes], edges: edges.slice(-KEEP.recent * 4) };
}

function projectDecision(events: readonly CanonicalEvent[], session: FoldedSession | undefined): Fields | null {
  const entries = events.filter(isSent).flatMap(projectContribution);
  const commitment = session?.commitment;
  if (entries.length === 0 && commitment === undefined) return null;
  const cast = entries.filter((entry) => entry.vote !== null);
  const allow = cast.filter((entry) => entry.vote === 'allow').length;
  const final = events.findLast((event) => event.type === 'decision.finalized');
  const payload = final?.data['decodedPayload'] as Fields | null | undefined;
  return {
    action: commitment?.action ?? null,
    confidence: cast.length === 0 ? null : allow / cast.length,
    reasons: commitment === undefined ? entries.flatMap((entry) => entry.reasons).slice(-10) : [commitment.reason],
    finalized: commitment !== undefined,
    proposalId: entries.find((entry) => entry.messageType === 'Proposal')?.proposalId ?? null,
    outcomePositive: commitment?.outcomePositive ?? null,
    prompt: session?.binding.intent ?? null,
    proposals: entries.slice(-KEEP.proposals),
    resolvedAt: final?.ts ?? null,
    resolvedBy: commitment?.sender ?? null,
    supersedes: payload?.['supersedes'] ?? null,
  };
}

interface Contribution {
  readonly participantId: string;
  readonly action: string;
  readonly confidence: number | null;
  readonly reasons: readonly string[];
  readonly ts: string;
  readonly vote: 'allow' | 'deny' | null;
  readonly messageType: string;
  readonly proposalId: string;
}

function projectContribution(event: CanonicalEvent): Contribution[] {
  const { data } = event;
  const messageType = text(data['messageType']);
  const payload = data['payload'] as Fields | undefined;
  if (messageType === 'SessionStart' || messageType === 'Commitment' || payload === undefined) return [];
  const word =
    text(payload['vote'] ?? payload['recommendation']).toUpperCase() ||
    (messageType === 'Accept' || messageType === 'Approve' ? 'ACCEPT' : messageType === 'Reject' ? 'REJECT' : '');
  const vote = ALLOW.has(word) ? 'allow' : DENY.has(word) ? 'deny' : null;
  const confidence = typeof payload['confidence'] === 'number' ? payload['confidence'] : messageType === 'Vote' ? 1 : null;
  const reason = text(payload['reason'] ?? payload['rationale']);
  const action = word || text(payload['option']) || messageType;
  return [
    {
      participantId: text(data['sender']),
      action,
      confidence,
      reasons: reason === '' ? [] : [reason],
      ts: event.ts,
      vote,
      messageType,
      proposalId: text(payload['proposalId'] ?? payload['requestId']),
    },
  ];
}

function projectSignal(event: CanonicalEvent): Fields {
  const payload = (event.data['decodedPayload'] ?? {}) as Fields;
  return {
    id: event.subject.id,
    name: payload['signalType'] ?? '',
    severity: null,
    sourceParticipantId: event.data['sender'],
    ts: event.ts,
    confidence: payload['confidence'] ?? null,
    payload,
    acknowledgedAt: null,
    acknowledgedBy: null,
  };
}

function projectProgress(event: CanonicalEvent): Fields {
  const payload = (event.data['decodedPayload'] ?? {}) as Fields;
  return { participantId: event.data['sender'], percentage: payload['percentage'] ?? null, message: payload['message'] ?? '', ts: event.ts };
}

function projectPolicy(session: FoldedSession | undefined): Fields {
  const policy = session?.policy;
  const tally =
    session?.binding.mode === 'macp.mode.decision.v1' && findMode(session.binding.mode, session.binding.modeVersion) !== undefined
      ? votesOf(session.modeState as DecisionState)
      : [];
  const commitment = session?.commitment;
  const rules =
    session === undefined
      ? []
      : explainCommitment(policy, session.binding.mode, session.modeState, session.binding.participants, commitment?.outcomePositive ?? true).rules;
  const quorum = rules.find((rule) => rule.rule.endsWith('quorum'));
  return {
    policyVersion: session?.binding.policyVersion ?? null,
    policyDescription: policy?.description ?? null,
    resolvedAt: null,
    outcomePositive: commitment?.outcomePositive ?? null,
    commitmentEvaluations: commitment === undefined ? [] : rules,
    expectedCommitments: [],
    voteTally: tally,
    quorumStatus: quorum?.passed === false ? (commitment === undefined ? 'pending' : 'failed') : 'reached',
    rules,
  };
}

function votesOf(state: DecisionState): Fields[] {
  return [...state.proposals.keys()].map((proposalId) => {
    const votes = [...(state.votes.get(proposalId)?.values() ?? [])];
    const count = (vote: string): number => votes.filter((cast) => cast.vote === vote).length;
    return { commitmentId: proposalId, allow: count('APPROVE'), deny: count('REJECT'), abstain: count('ABSTAIN'), quorum: { cast: votes.length } };
  });
}

function projectModelUse(events: readonly CanonicalEvent[]): Fields {
  const calls = events
    .filter((event) => event.type === 'llm.call.completed')
    .map((event) => ({ ts: event.ts, sender: event.data['sender'], ...(event.data['decodedPayload'] as Fields) }));
  const sum = (name: string): number => calls.reduce((total, call) => total + (Number((call as Fields)[name]) || 0), 0);
  const totals = {
    callCount: calls.length,
    promptTokens: sum('promptTokens'),
    completionTokens: sum('completionTokens'),
    totalTokens: sum('totalTokens'),
    estimatedCostUsd: 0,
  };
  return { calls: calls.slice(-KEEP.calls), totals };
}

/** What `GET /runs/:id/metrics` answers. */
export function summarize(run: Run, events: readonly CanonicalEvent[]): Fields {
  const count = (prefix: string): number => events.filter((event) => event.type.startsWith(prefix)).length;
  const { promptTokens, completionTokens, totalTokens } = projectModelUse(events)['totals'] as Fields;
  const first = events[0]?.ts ?? null;
  const last = events.at(-1)?.ts ?? null;
  return {
    runId: run.id,
    eventCount: events.length,
    messageCount: count('message.'),
    signalCount: count('signal.'),
    proposalCount: count('proposal.'),
    toolCallCount: count('tool.'),
    decisionCount: count('decision.finalized'),
    streamReconnectCount: events.filter((event) => event.type === 'session.stream.opened' && event.data['status'] === 'reconnecting').length,
    promptTokens,
    completionTokens,
    totalTokens,
    estimatedCostUsd: 0,
    firstEventAt: first,
    lastEventAt: last,
    durationMs: run.metadata['durationMs'] ?? (first === null || last === null ? 0 : Date.parse(last) - Date.parse(first)),
    sessionState: foldEvents(events)?.state ?? null,
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []);
