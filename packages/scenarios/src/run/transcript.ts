import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { PolicyDefinition } from '@macp-agent/protocol';
import { decodePayload, type Envelope } from '@macp-agent/protocol';
import type { CompiledRun } from '../compile.js';
import type { JsonObject } from '../json-value.js';

/** First line of a transcript. */
export interface TranscriptHeader {
  readonly kind: 'run';
  /** Version of this file format. */
  readonly version: 1;
  readonly runId: string;
  readonly sessionId: string;
  readonly scenarioRef: string;
  readonly templateId: string;
  readonly mode: string;
  readonly initiator: string;
  readonly participants: readonly string[];
  readonly startedAtUnixMs: number;
  /** The bound policy, when the runner knows its rules. */
  readonly policy?: PolicyDefinition | undefined;
}

/** The first line of the transcript of a run. */
export function transcriptHeader({ runId, sessionId, display, runDescriptor, initiator, policy }: CompiledRun, startedAtUnixMs: number): TranscriptHeader {
  return {
    kind: 'run',
    version: 1,
    runId,
    sessionId,
    scenarioRef: display.scenarioRef,
    templateId: display.templateId,
    mode: runDescriptor.session.modeName,
    initiator: initiator.participantId,
    participants: initiator.sessionStart.participants,
    startedAtUnixMs,
    policy,
  };
}

/** One line after the header: an accepted envelope in its canonical JSON form, or a change that no envelope carries. */
export type TranscriptEntry =
  | {
      readonly kind: 'start' | 'envelope';
      /** Ordinal in the session, from 1. */
      readonly seq: number;
      /** When the runner saw it. */
      readonly atUnixMs: number;
      readonly envelope: JsonObject;
      /** Decoded, for readers; `envelope.payload_b64` is what counts. */
      readonly payload: unknown;
    }
  | { readonly kind: 'suspend' | 'resume' | 'cancel' | 'expire'; readonly atUnixMs: number; readonly by: string; readonly reason: string };

/** The canonical JSON form of an envelope (RFC-MACP-0001; names as on the wire, payload as base64). */
export function envelopeToJson(envelope: Envelope): JsonObject {
  return {
    macp_version: envelope.macpVersion,
    mode: envelope.mode,
    message_type: envelope.messageType,
    message_id: envelope.messageId,
    session_id: envelope.sessionId,
    sender: envelope.sender,
    timestamp: new Date(envelope.timestampUnixMs).toISOString(),
    payload_b64: Buffer.from(envelope.payload).toString('base64'),
  };
}

/** An accepted envelope as a line of a transcript. */
export function transcriptEnvelope(envelope: Envelope, seq: number, atUnixMs: number): TranscriptEntry {
  const decoded = decodePayload(envelope.mode, envelope.messageType, envelope.payload);
  return {
    kind: envelope.messageType === 'SessionStart' ? 'start' : 'envelope',
    seq,
    atUnixMs,
    envelope: envelopeToJson(envelope),
    payload: decoded.ok ? toJson(decoded.payload) : null,
  };
}

/** Writes a transcript as newline-delimited JSON while the run goes on. */
export class TranscriptWriter {
  readonly #stream: WriteStream;
  #failed = false;

  /** Tells `onFailure` once, as soon as a line cannot be written: the run itself does not depend on its transcript. */
  constructor(file: string, onFailure: (error: Error) => void) {
    this.#stream = createWriteStream(file, { mode: 0o600 });
    this.#stream.on('error', (error) => {
      this.#failed = true;
      onFailure(error);
    });
  }

  write(line: object): void {
    if (!this.#failed) this.#stream.write(`${JSON.stringify(line)}\n`);
  }

  /** Everything is on disk when this settles with true; false when something is missing. */
  async close(): Promise<boolean> {
    if (this.#failed) return false;
    this.#stream.end();
    // Its error went to onFailure.
    return await finished(this.#stream).then(
      () => true,
      () => false,
    );
  }
}

/** Bytes as base64, everything else as it is. */
export function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), toJson(item)]));
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
  return value;
}
