import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { MacpError } from '@macp-agent/protocol';
import type { Env } from './bootstrap-document.js';

/**
 * The pipe that MACP_BOOTSTRAP_FD names, with one bootstrap document per line; undefined when the variable is unset.
 * Throws INVALID_OPTIONS for a number that is no open pipe.
 */
export function loadBootstrapFeed(env: Env = process.env): Readable | undefined {
  const text = env['MACP_BOOTSTRAP_FD'] ?? '';
  if (text === '') return undefined;
  const fd = Number(text);
  try {
    if (!Number.isInteger(fd) || fd < 0) throw new RangeError('not a descriptor');
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    throw new MacpError('INVALID_OPTIONS', `MACP_BOOTSTRAP_FD=${text} is not an open pipe; unset it, or start the agent with one`, { cause: error });
  }
}
