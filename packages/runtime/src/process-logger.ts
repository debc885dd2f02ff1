import type { Logger } from './logger.js';
import type { LogLevel } from './load-runtime-config.js';

/** The log of a process: JSON lines on stdout. */
export interface ProcessLogger extends Logger {
  /** Writes what is still in memory; before the process ends. */
  flush(): void;
}

/** Lines that nobody reads are dropped beyond this many bytes, rather than held or waited for. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** pino, loaded only here: libraries stay silent. */
export async function createProcessLogger(level: LogLevel): Promise<ProcessLogger> {
  const { pino } = await import('pino');
  const destination = pino.destination({ dest: 1, sync: false, maxLength: MAX_UNREAD_BYTES });
  // A reader that went away is no reason to end: the runtime serves without a log.
  destination.on('error', () => undefined);
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    debug: (message, fields) => logger.debug(fields, message),
    info: (message, fields) => logger.info(fields, message),
    warn: (message, fields) => logger.warn(fields, message),
    error: (message, fields) => logger.error(fields, message),
    flush: () => destination.flushSync(),
  };
}
