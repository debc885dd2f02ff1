import { ContributePayload } from './messages.js';

/** A contribution: old histories hold JSON, new clients send protobuf; the first byte tells them apart (wire.md §10.6). */
export function readContribution(bytes: Uint8Array): ContributePayload {
  if (bytes.length === 0) throw new Error('a contribution has no bytes');
  return (bytes[0] === 0x7b ? fromJson(bytes) : undefined) ?? ContributePayload.decode(bytes);
}

/** Undefined for what is not JSON after all: the protobuf reading decides then. */
function fromJson(bytes: Uint8Array): ContributePayload | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && 'value' in value && typeof value.value === 'string') return { value: value.value };
  } catch {
    return undefined;
  }
  return undefined;
}
