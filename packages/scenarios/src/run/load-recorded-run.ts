import { readFileSync, statSync } from 'node:fs';
import { DEFAULT_POLICY, DEFAULT_POLICY_ID, MacpError, SessionStartPayload, type Envelope, type PolicyDefinition } from '@macp-agent/protocol';
import { documentCheck } from '../check-document.js';
import type { JsonObject } from '../json-value.js';
import type { RunOutcome } from './outcome.js';
import type { TranscriptEntry, TranscriptHeader } from './transcript.js';

/** How a run ended, as the last line of its transcript says. */
export type RecordedOutcome = RunOutcome & { readonly durationMs: number };

/** A transcript, or a bundle that `macp runs export` made of one. */
export interface RecordedRun {
  readonly file: string;
  readonly header: TranscriptHeader;
  readonly entries: readonly TranscriptEntry[];
  /** Undefined when the runner was killed before it could write it. */
  readonly outcome: RecordedOutcome | undefined;
}

const MAX_BYTES = 256 * 1_048_576;
const text = { type: 'string' };
const whole = { type: 'integer', minimum: 0 };

const checkHeader = documentCheck<TranscriptHeader>(
  {
    type: 'object',
    required: ['kind', 'version', 'runId', 'sessionId', 'scenarioRef', 'templateId', 'mode', 'initiator', 'participants', 'startedAtUnixMs'],
    properties: {
      kind: { const: 'run' },
      version: { const: 1 },
      runId: text,
      sessionId: text,
      scenarioRef: text,
      templateId: text,
      mode: text,
      initiator: text,
      participants: { type: 'array', items: text },
      startedAtUnixMs: whole,
      policy: {
        type: 'object',
        required: ['policyId', 'mode', 'rules', 'schemaVersion'],
        properties: { policyId: text, mode: text, rules: { type: 'object' }, schemaVersion: whole },
      },
    },
  },
  'first line of a transcript',
);

const envelopeKeys = ['macp_version', 'mode', 'message_type', 'message_id', 'session_id', 'sender', 'timestamp', 'payload_b64'];
const checkLine = documentCheck<TranscriptEntry | ({ readonly kind: 'outcome' } & RecordedOutcome)>(
  {
    type: 'object',
    required: ['kind'],
    properties: { kind: { enum: ['start', 'envelope', 'suspend', 'resume', 'cancel', 'expire', 'outcome'] } },
    allOf: [
      {
        if: { properties: { kind: { enum: ['start', 'envelope'] } } },
        // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
        then: {
          required: ['seq', 'atUnixMs', 'envelope'],
          properties: {
            seq: { type: 'integer', minimum: 1 },
            atUnixMs: whole,
            envelope: { type: 'object', required: envelopeKeys, properties: Object.fromEntries(envelopeKeys.map((key) => [key, text])) },
          },
        },
      },
      {
        if: { properties: { kind: { const: 'outcome' } } },
        // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
        then: { required: ['state', 'durationMs', 'exitCode'], properties: { state: text, durationMs: { type: 'number' }, exitCode: { type: 'integer' } } },
        else: { required: ['atUnixMs'], properties: { atUnixMs: whole } },
      },
    ],
  },
  'line of a transcript',
);

/**
 * Reads a transcript or bundle. A last line that was cut off, by a killed runner, is left out. Throws INVALID_OPTIONS for a file
 * that cannot be read or is over 256 MiB, and INVALID_PACK_DATA with the number of the line that is wrong.
 */
export function loadRecordedRun(file: string): RecordedRun {
  const lines = readLines(file);
  const [first = '', ...rest] = lines;
  const header = checkHeader(parse(first, `${file} line 1`), `${file} line 1`);
  const entries: TranscriptEntry[] = [];
  let outcome: RecordedOutcome | undefined;
  rest.forEach((line, index) => {
    const where = `${file} line ${index + 2}`;
    const cut = index === rest.length - 1 && !line.endsWith('}');
    if (cut) return;
    const value = checkLine(parse(line, where), where);
    if (value.kind === 'outcome') outcome = value;
    else entries.push(value);
  });
  return { file, header, entries, outcome };
}

/** The policy that the session was bound to; undefined when only the runtime knew its rules. */
export function recordedPolicy({ header, entries }: RecordedRun): PolicyDefinition | undefined {
  if (header.policy !== undefined) return header.policy;
  const [start] = entries;
  if (start?.kind !== 'start') return undefined;
  const { policyVersion } = SessionStartPayload.decode(envelopeFromJson(start.envelope).payload);
  return policyVersion === '' || policyVersion === DEFAULT_POLICY_ID ? DEFAULT_POLICY : undefined;
}

/** The envelope of its canonical JSON form. */
export function envelopeFromJson(json: JsonObject): Envelope {
  const at = (key: string): string => String(json[key] ?? '');
  return {
    macpVersion: at('macp_version'),
    mode: at('mode'),
    messageType: at('message_type'),
    messageId: at('message_id'),
    sessionId: at('session_id'),
    sender: at('sender'),
    timestampUnixMs: Date.parse(at('timestamp')) || 0,
    payload: Buffer.from(at('payload_b64'), 'base64'),
  };
}

/** A bundle as text: the transcript with the rules of its policy, so that it needs nothing else. */
export function formatRecordedRun(run: RecordedRun): string {
  const policy = recordedPolicy(run);
  const lines = [
    { ...run.header, ...(policy === undefined ? {} : { policy }) },
    ...run.entries,
    ...(run.outcome === undefined ? [] : [{ kind: 'outcome', ...run.outcome }]),
  ];
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}

function readLines(file: string): string[] {
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES) throw new MacpError('INVALID_OPTIONS', `${file} has ${size} bytes; at most ${MAX_BYTES} are read`, { context: { path: file } });
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
  } catch (error) {
    if (error instanceof MacpError) throw error;
    throw new MacpError(
      'INVALID_OPTIONS',
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}; give a transcript.ndjson of a runs folder, or a file of macp runs export`,
      { cause: error, context: { path: file } },
    );
  }
}

function parse(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new MacpError('INVALID_PACK_DATA', `${where} is not JSON; is this a transcript?`, { cause: error, context: { path: where } });
  }
}
