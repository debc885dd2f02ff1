import { connect } from 'node:net';
import { isMacpError } from '@macp-agent/protocol';
import { MacpClient } from '@macp-agent/core';
import { error, note, ok, type Finding } from './finding.js';
import type { ProbeContext } from './probe-context.js';

export async function probeNetwork({ bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const { address } = bootstrap.runtime;
  const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(address);
  if (match === null) return note(`${address} is not host:port; left to the next check`);
  const failure = await tryConnect(match[1] ?? '', Number(match[2]), timeoutMs, signal);
  if (failure === undefined) return ok(`${address} accepts connections`);
  return error(
    'launch',
    `${address}: ${failure}`,
    'check runtime.address and that the runtime runs; in a container it must bind 0.0.0.0 (MACP_BIND_ADDR), and its address must be reachable from here',
  );
}

/** Undefined when the port takes a connection, else why not. */
export function tryConnect(host: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const end = (text: string | undefined): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(timeoutMs, () => end(`no answer within ${timeoutMs} ms`));
    socket.once('connect', () => end(undefined));
    socket.once('error', (failure: NodeJS.ErrnoException) => end(failure.code ?? failure.message));
  });
}

/** Initialize needs no credential, so its failure is one of the transport; then the other transport is tried. */
export async function probeRuntime({ client, bootstrap, timeoutMs, signal }: ProbeContext): Promise<Finding> {
  const { address, tls } = bootstrap.runtime;
  try {
    const { runtimeInfo, supportedModes } = await client.initialize({ timeoutMs, signal });
    if (!supportedModes.includes(bootstrap.mode))
      return error('scenario', `the runtime does not have the mode ${bootstrap.mode}`, `use one of ${supportedModes.join(', ')}`);
    return ok(`${runtimeInfo?.name ?? 'runtime'} ${runtimeInfo?.version ?? ''}`.trim());
  } catch (failure) {
    const code = isMacpError(failure) ? failure.code : 'TRANSPORT';
    if (code !== 'UNAVAILABLE' && code !== 'TIMEOUT' && code !== 'TRANSPORT' && code !== 'RETRIES_EXHAUSTED') throw failure;
    const other = tls ? await answersInPlaintext(address, timeoutMs, signal) : undefined;
    const fix = tls
      ? 'the runtime serves plaintext: set runtime.tls to false (and allowInsecure to true off this host)'
      : 'the runtime probably serves TLS: set runtime.tls to true, and NODE_EXTRA_CA_CERTS for a certificate of your own';
    return error(
      'transport',
      `connected, but no runtime answered ${tls ? 'with TLS' : 'in plaintext'}${other === true ? '; it answers in plaintext' : ''}`,
      tls && other !== true
        ? 'check that it is a MACP runtime and that its certificate is trusted here (NODE_EXTRA_CA_CERTS); or it serves plaintext: set runtime.tls to false'
        : fix,
    );
  }
}

async function answersInPlaintext(address: string, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  // Without a credential: nothing secret goes over a connection that was to be encrypted.
  const client = new MacpClient({ address, secure: false, allowInsecure: true });
  try {
    await client.initialize({ timeoutMs, signal });
    return true;
  } catch (failure) {
    if (isMacpError(failure) && failure.code === 'ABORTED') throw failure;
    return false;
  } finally {
    await client.close();
  }
}
