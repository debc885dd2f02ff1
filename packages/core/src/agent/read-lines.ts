import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { MacpError } from '@macp-agent/protocol';

/** The lines of a stream that are not empty. Throws PAYLOAD_TOO_LARGE for one of more than `maxLength` characters. */
export async function* readLines(stream: Readable, maxLength: number): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + decoder.write(chunk as Buffer)).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') yield part;
    if (rest.length > maxLength) throw new MacpError('PAYLOAD_TOO_LARGE', `a line of over ${maxLength} characters; write shorter ones`);
  }
  if (rest.trim() !== '') yield rest;
}
