import { once } from 'node:events';
import { isMacpError, MacpError } from '@macp-agent/protocol';
import { loadTokensFile, type RuntimeProcessConfig } from './load-runtime-config.js';
import type { Logger } from './logger.js';
import { createProcessLogger } from './process-logger.js';
import { startRuntime, type Runtime } from './start-runtime.js';
import { RUNTIME_VERSION } from './version.js';

/** How a runtime process is stopped from outside. */
export interface RunRuntimeOptions {
  /** Stops the runtime as SIGINT does; without it SIGINT and SIGTERM of this process are listened to. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `macp-runtime` until it is told to stop: SIGINT and SIGTERM (or `signal`) drain within the drain time and answer
 * exit code 0; SIGHUP reads the token file again. Rejects with MacpError INVALID_OPTIONS, which names the variable, when
 * it cannot start.
 */
export async function runRuntimeProcess(config: RuntimeProcessConfig, { signal }: RunRuntimeOptions = {}): Promise<number> {
  const logger = await createProcessLogger(config.logLevel);
  const stop = signal === undefined ? stopSignals() : { signal, release: () => undefined };
  let reload: (() => void) | undefined;
  let askedEarly = false;
  // Listened to from the beginning: unheard, this signal would end the process.
  const onHangUp = (): void => (reload === undefined ? void (askedEarly = true) : reload());
  process.on('SIGHUP', onHangUp);
  try {
    const runtime = await startNamingVariable(config, logger);
    logger.announce(`macp-runtime ${RUNTIME_VERSION} listening on ${runtime.address}`);
    for (const warning of config.warnings) logger.warn(warning);
    if (config.options.tls === undefined) logger.warn('plaintext: MACP_ALLOW_INSECURE=1 is for development');
    if ((config.options.identities ?? []).length === 0 && config.options.jwt === undefined)
      logger.warn('development mode: any bearer value is taken as the sender');
    reload = () => reloadTokens(config, runtime, logger);
    if (askedEarly) reload();
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
    logger.info('stopping');
    await runtime.close(config.drainMs);
    logger.info('stopped');
    return 0;
  } finally {
    stop.release();
    process.off('SIGHUP', onHangUp);
    await logger.close();
  }
}

function stopSignals(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const onSignal = (): void => controller.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

async function startNamingVariable(config: RuntimeProcessConfig, logger: Logger): Promise<Runtime> {
  try {
    return await startRuntime({ ...config.options, logger });
  } catch (error) {
    if (!isMacpError(error)) throw error;
    const variable = variableOf(error.message);
    throw variable === undefined ? error : new MacpError(error.code, `${variable}: ${error.message}`, { cause: error });
  }
}

/** The variable behind a refusal of the library, which knows options only. */
function variableOf(message: string): string | undefined {
  if (message.startsWith('cannot listen')) return 'MACP_BIND_ADDR';
  if (message.startsWith('the TLS')) return 'MACP_TLS_CERT_PATH';
  if (message.startsWith('the data folder')) return 'MACP_DATA_DIR';
  return message.startsWith('strict recovery') ? 'MACP_STRICT_RECOVERY' : undefined;
}

function reloadTokens({ tokensFile }: RuntimeProcessConfig, runtime: Runtime, logger: Logger): void {
  if (tokensFile === undefined) {
    logger.warn('SIGHUP: there is no MACP_AUTH_TOKENS_FILE to read again');
    return;
  }
  try {
    const identities = loadTokensFile(tokensFile);
    if (identities.length === 0) throw new MacpError('INVALID_OPTIONS', `MACP_AUTH_TOKENS_FILE: ${tokensFile} holds no token`);
    runtime.replaceIdentities(identities);
    logger.info(`SIGHUP: ${identities.length} tokens read from MACP_AUTH_TOKENS_FILE`);
  } catch (error) {
    logger.error(`SIGHUP: the tokens stay as they were. ${(error as Error).message}`);
  }
}
