import { decodePayload, type Envelope } from '@macp-agent/protocol';

/** An accepted envelope as a session stream delivers it. */
export type ReceivedEnvelope = Envelope & {
  /** The payload as a plain object; the bytes for a type that is not known here; undefined when the bytes do not decode. */
  readonly decodedPayload: unknown;
  /** Ordinal in the session, SessionStart is 1; what `afterSequence` takes. */
  readonly sequence: number;
};

/** The envelope with what its stream adds to it; the same object, because nobody else has it. */
export function received(envelope: Envelope, sequence: number): ReceivedEnvelope {
  const decoded = decodePayload(envelope.mode, envelope.messageType, envelope.payload);
  const target = envelope as { -readonly [K in keyof ReceivedEnvelope]: ReceivedEnvelope[K] };
  target.decodedPayload = decoded.ok ? decoded.payload : undefined;
  target.sequence = sequence;
  return target;
}
