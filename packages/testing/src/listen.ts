import { MacpError } from '@macp-agent/protocol';
import type { Server } from 'node:net';

/** Listens on a free port of 127.0.0.1 and resolves with it; ABORTED, with nothing left open, when the signal fired before that. */
export async function listen(server: Server, what: string, signal: AbortSignal | undefined): Promise<number> {
  checkWanted(what, signal);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  try {
    checkWanted(what, signal);
  } catch (error) {
    server.close();
    throw error;
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`${what} does not listen on a port`);
  return address.port;
}

function checkWanted(what: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new MacpError('ABORTED', `${what} was cancelled by the caller`, { cause: signal.reason });
}
