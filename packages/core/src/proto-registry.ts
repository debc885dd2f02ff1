import {
  Ack,
  AgentManifest,
  BUILT_IN_MODES,
  decodePayload,
  encodePayload,
  Envelope,
  ModeDescriptor,
  payloadMessage,
  PolicyDescriptor,
  ProgressPayload,
  SessionCancelPayload,
  SessionLifecycleEvent,
  SessionMetadata,
  SessionResumePayload,
  SessionSuspendPayload,
  SignalPayload,
  type WireMessage,
} from '@macp-agent/protocol';
import { MacpSessionError } from './errors.js';

/** What `decodeKnownPayload` makes of bytes whose type it does not know. */
export type OpaquePayload =
  | { readonly encoding: 'json'; readonly json: unknown }
  | { readonly encoding: 'text'; readonly text: string; readonly payloadBase64: string };

const OTHERS = [
  Envelope,
  Ack,
  SessionMetadata,
  SessionLifecycleEvent,
  ModeDescriptor,
  AgentManifest,
  PolicyDescriptor,
  SessionCancelPayload,
  SessionSuspendPayload,
  SessionResumePayload,
  SignalPayload,
  ProgressPayload,
] as const;

/**
 * Messages by their protobuf names and payloads by (mode, message type), as the older SDK had them; the codecs are those of
 * `@macp-agent/protocol`, which code that knows its types uses directly. Missing scalars decode to their zero values.
 */
export class ProtoRegistry {
  #byName: ReadonlyMap<string, WireMessage<never>> | undefined;

  /** Name of the payload type such as `macp.modes.decision.v1.VotePayload`; undefined when it is not known. */
  getKnownTypeName(mode: string, messageType: string): string | undefined {
    return payloadMessage(mode, messageType)?.typeName;
  }

  /** Bytes of a message named as in the protobuf files. Throws MacpSessionError for a name that is not known. */
  encodeMessage(typeName: string, value: object): Buffer {
    return this.#find(typeName).encode(value as never);
  }

  /** Throws MacpSessionError for a name that is not known, and an Error for bytes that are not this message. */
  decodeMessage(typeName: string, bytes: Uint8Array): object {
    return this.#find(typeName).decode(bytes);
  }

  /** Bytes of a payload. Throws MacpSessionError when (mode, message type) is not known. */
  encodeKnownPayload(mode: string, messageType: string, value: object): Buffer {
    const bytes = encodePayload(mode, messageType, value);
    if (bytes !== undefined) return bytes;
    throw new MacpSessionError(`no payload type is known for ${messageType} in mode ${mode}; encode it yourself and pass the bytes`);
  }

  /** The payload; for a type that is not known its JSON value or its text. Throws MacpSessionError for bytes that are not the known type. */
  decodeKnownPayload(mode: string, messageType: string, bytes: Uint8Array): object {
    const decoded = decodePayload(mode, messageType, bytes);
    if (!decoded.ok) throw new MacpSessionError(`${messageType} of mode ${mode}: ${decoded.message}`);
    return decoded.payload === bytes ? readOpaque(bytes) : (decoded.payload as object);
  }

  #find(typeName: string): WireMessage<never> {
    this.#byName ??= new Map(knownMessages().map((message) => [message.typeName, message]));
    const message = this.#byName.get(typeName);
    if (message !== undefined) return message;
    throw new MacpSessionError(`no message named ${typeName} is known; the names are those of the protobuf files, such as macp.v1.Envelope`);
  }
}

/** Bytes of a payload, as `registry.encodeKnownPayload`. */
export function serializeMessage(registry: ProtoRegistry, mode: string, messageType: string, payload: object): Buffer {
  return registry.encodeKnownPayload(mode, messageType, payload);
}

function knownMessages(): WireMessage<never>[] {
  const payloads = BUILT_IN_MODES.flatMap(({ descriptor }) => descriptor.messageTypes.map((type) => payloadMessage(descriptor.mode, type)));
  return [...OTHERS, ...payloads].filter((message): message is WireMessage<never> => message !== undefined);
}

function readOpaque(bytes: Uint8Array): OpaquePayload {
  const text = Buffer.from(bytes).toString('utf8');
  try {
    return { encoding: 'json', json: JSON.parse(text) as unknown };
  } catch {
    // Not JSON: any bytes may be the payload of an extension mode.
    return { encoding: 'text', text, payloadBase64: Buffer.from(bytes).toString('base64') };
  }
}
