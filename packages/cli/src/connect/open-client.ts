import { Auth, MacpClient } from '@macp-agent/core';
import { MacpError } from '@macp-agent/protocol';
import type { Command } from 'commander';
import type { Config } from '../config.js';

/** Which runtime a command talks to. */
export interface ConnectOptions {
  /** `host:port`; default MACP_RUNTIME_ADDRESS. */
  readonly runtime?: string;
  /** TLS, also on this host. */
  readonly tls?: boolean;
  /** Plaintext, also to other hosts. */
  readonly allowInsecure?: boolean;
}

/** Variables that may hold the credential, in the order to look. */
const CREDENTIALS = ['MACP_OBSERVER_TOKEN', 'MACP_RUNNER_TOKEN', 'MACP_RUNTIME_TOKEN'] as const;

/** Lines for the help of commands that connect. */
export const CONNECT_HELP = `The credential comes from ${CREDENTIALS.slice(0, 2).join(', ')}
or ${CREDENTIALS[2]} (environment or .env), never from an option.
Plaintext on this host, TLS elsewhere, unless MACP_RUNTIME_TLS or an option says
otherwise.`;

/** Adds `--runtime`, `--tls` and `--allow-insecure`. */
export function connectOptions(command: Command): Command {
  return command
    .option('--runtime <host:port>', 'the runtime to ask; default: MACP_RUNTIME_ADDRESS')
    .option('--tls', 'use TLS, also on this host')
    .option('--allow-insecure', 'plaintext, also to other hosts');
}

/** A client for a command. Throws INVALID_OPTIONS when there is no address or no credential. */
export function openClient(config: Config, options: ConnectOptions): MacpClient {
  const address = options.runtime ?? config.setting('MACP_RUNTIME_ADDRESS');
  if (address === undefined) throw new MacpError('INVALID_OPTIONS', 'which runtime? Give --runtime host:port, or set MACP_RUNTIME_ADDRESS');
  const token = CREDENTIALS.map((name) => config.setting(name)).find((value) => value !== undefined);
  if (token === undefined)
    throw new MacpError(
      'INVALID_OPTIONS',
      `there is no credential to ask ${address} with; set ${CREDENTIALS[0]} to the token of an observer (macp onboard <sender> --observer)`,
    );
  const plaintext = options.allowInsecure === true || (options.tls !== true && prefersPlaintext(config, address));
  return new MacpClient({ address, secure: !plaintext, allowInsecure: plaintext, auth: Auth.bearer(token) });
}

function prefersPlaintext(config: Config, address: string): boolean {
  if (config.setting('MACP_RUNTIME_TLS')?.toLowerCase() === 'true') return false;
  return isLoopbackAddress(address) || config.setting('MACP_RUNTIME_ALLOW_INSECURE')?.toLowerCase() === 'true';
}

/** `localhost:50051`, `127.0.0.1:50051`, `[::1]:50051`. */
export const isLoopbackAddress = (address: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(address);
