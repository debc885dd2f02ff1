import { decodePayload, payloadMessage, RUNTIME_ONLY_TYPES, type Envelope } from '@macp-agent/protocol';
import type { EventDraft, EventSource, EventType } from './canonical-event.js';

const CREATES = new Set(['Proposal', 'CounterProposal', 'ApprovalRequest', 'TaskRequest', 'HandoffOffer']);
const TOOLS: Readonly<Record<string, 'tool.called' | 'tool.completed'>> = {
  ToolCall: 'tool.called',
  ToolRequest: 'tool.called',
  ToolResult: 'tool.completed',
  ToolCompleted: 'tool.completed',
  ToolOutput: 'tool.completed',
};

/** Events of one accepted session envelope: the message itself first, then what it means. `ordinal` counts from 1. */
export function envelopeEvents(envelope: Envelope, ordinal: number): EventDraft[] {
  const decoded = decode(envelope);
  const source = runtimeSource(envelope.messageType);
  const message = describe(envelope);
  const events: EventDraft[] = [
    {
      type: 'message.received',
      subject: { kind: 'message', id: envelope.messageId },
      source,
      data: { ...message, ordinal, timestampUnixMs: envelope.timestampUnixMs, ...decoded },
    },
  ];
  const payload = 'payload' in decoded ? decoded.payload : undefined;
  const meaning = meaningOf(envelope.messageType);
  if (meaning !== undefined) {
    const subject = { kind: meaning.kind, id: subjectId(meaning.kind, payload) ?? envelope.messageId };
    events.push({ type: meaning.type, subject, source, data: { ...message, decodedPayload: payload ?? null, payloadTypeName: typeName(envelope) } });
  }
  const usage = usageIn(payload);
  if (usage !== undefined) events.push(usageEvent(envelope, usage));
  return events;
}

/** Events of an ambient Signal or Progress, which belongs to no history. */
export function ambientEvents(envelope: Envelope): EventDraft[] {
  const decoded = decode(envelope);
  const payload = 'payload' in decoded ? asRecord(decoded.payload) : undefined;
  const source = runtimeSource(envelope.messageType);
  if (envelope.messageType === 'Progress') {
    const { progress, total, message, progressToken } = payload ?? {};
    const decodedPayload = { percentage: progress ?? null, total: total ?? null, message: message ?? '', progressToken: progressToken ?? '' };
    return [{ type: 'progress.reported', subject: { kind: 'participant', id: envelope.sender }, source, data: { ...describe(envelope), decodedPayload } }];
  }
  const signal = {
    ...describe(envelope),
    timestampUnixMs: envelope.timestampUnixMs,
    decodedPayload: payload ?? null,
    payloadTypeName: 'macp.v1.SignalPayload',
  };
  if (payload?.['signalType'] === 'llm.call.completed') return [usageEvent(envelope, usageFields(parseObject(payload['data'])) ?? {})];
  return [{ type: 'signal.emitted', subject: { kind: 'signal', id: envelope.messageId }, source, data: signal }];
}

/** Session that an ambient envelope is about; undefined when it names none. */
export function ambientSessionId(envelope: Envelope): string | undefined {
  if (envelope.sessionId !== '') return envelope.sessionId;
  const decoded = decode(envelope);
  const payload = 'payload' in decoded ? asRecord(decoded.payload) : undefined;
  const id = payload?.['correlationSessionId'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

export function runtimeSource(rawType: string): EventSource {
  return { kind: 'runtime', name: 'macp-runtime', rawType };
}

function describe(envelope: Envelope): Record<string, unknown> {
  const { mode, messageType, messageId, sessionId, sender } = envelope;
  return { modeName: mode, messageType, messageId, sessionId, sender };
}

/** Known payloads in full; others as bytes, so that nothing accepted is lost. */
function decode(envelope: Envelope): { payload: unknown } | { payloadBase64: string } {
  const known = payloadMessage(envelope.mode, envelope.messageType) !== undefined;
  const decoded = decodePayload(envelope.mode, envelope.messageType, envelope.payload);
  if (known && decoded.ok) return { payload: toJson(decoded.payload) };
  return { payloadBase64: Buffer.from(envelope.payload).toString('base64') };
}

/** Bytes become text when they are readable JSON or UTF-8, base64 otherwise. */
function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return readBytes(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}

function readBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  return Buffer.from(text, 'utf8').equals(Buffer.from(bytes)) ? text : Buffer.from(bytes).toString('base64');
}

function meaningOf(messageType: string): { type: EventType; kind: 'proposal' | 'decision' | 'tool' } | undefined {
  if (CREATES.has(messageType)) return { type: 'proposal.created', kind: 'proposal' };
  if (messageType === 'Commitment') return { type: 'decision.finalized', kind: 'decision' };
  if (messageType === 'SessionStart' || RUNTIME_ONLY_TYPES.has(messageType)) return undefined;
  const tool = TOOLS[messageType];
  return tool === undefined ? { type: 'proposal.updated', kind: 'proposal' } : { type: tool, kind: 'tool' };
}

function subjectId(kind: string, payload: unknown): string | undefined {
  const fields = asRecord(payload);
  const names = kind === 'decision' ? ['commitmentId'] : ['proposalId', 'requestId', 'taskId', 'handoffId'];
  for (const name of names) {
    const id = fields?.[name];
    if (typeof id === 'string' && id !== '') return id;
  }
  return undefined;
}

function typeName(envelope: Envelope): string {
  return payloadMessage(envelope.mode, envelope.messageType)?.typeName ?? '';
}

/** An object `llmCall` or `tokenUsage` in the payload or in its metadata. */
function usageIn(payload: unknown): Record<string, unknown> | undefined {
  const fields = asRecord(payload);
  const metadata = asRecord(fields?.['metadata']);
  return usageFields(asRecord(fields?.['llmCall'] ?? fields?.['tokenUsage'] ?? metadata?.['llmCall'] ?? metadata?.['tokenUsage']));
}

/** Counts and names only: prompts and answers of models stay out of the record. */
function usageFields(usage: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  if (usage === undefined) return undefined;
  const count = (camel: string, snake: string): number => Number(usage[camel] ?? usage[snake] ?? 0) || 0;
  const promptTokens = count('promptTokens', 'prompt_tokens');
  const completionTokens = count('completionTokens', 'completion_tokens');
  const fields: Record<string, unknown> = { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens };
  for (const name of ['model', 'latencyMs', 'provider']) if (usage[name] !== undefined) fields[name] = usage[name];
  return fields;
}

function usageEvent(envelope: Envelope, decodedPayload: Record<string, unknown>): EventDraft {
  const data = { sender: envelope.sender, messageId: envelope.messageId, timestampUnixMs: envelope.timestampUnixMs, decodedPayload };
  return { type: 'llm.call.completed', subject: { kind: 'message', id: envelope.messageId }, source: runtimeSource(envelope.messageType), data };
}

function parseObject(text: unknown): Record<string, unknown> | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return asRecord(JSON.parse(text));
  } catch {
    // Signal data is free text; only JSON of the usage convention counts.
    return undefined;
  }
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
