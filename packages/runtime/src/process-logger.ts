import type { Logger } from './logger.js';
import type { LogLevel } from './load-runtime-config.js';

/** The log of a process: JSON lines on stdout. */
export interface ProcessLogger extends Logger {
  /** Says this at every level but `silent`: a supervisor of port 0 needs the address, whatever else it wants to read. */
  announce(message: string): void;
  /** Resolves when all that was logged is written, in order, or its reader does not take it. Nothing is logged afterwards. */
  close(): Promise<void>;
}

/** Lines that nobody reads are dropped beyond this many bytes, rather than held or waited for. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

const CLOSE_TIMEOUT_MS = 1000;

/** pino, loaded only here: libraries stay silent. */
export async function createProcessLogger(level: LogLevel): Promise<ProcessLogger> {
  const { pino } = await import('pino');
  const destination = pino.destination({ dest: 1, sync: false, maxLength: MAX_UNREAD_BYTES });
  // A reader that went away is no reason to end: the runtime serves without a log.
  destination.on('error', () => undefined);
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  let closed: Promise<void> | undefined;
  return {
    debug: (message, fields) => logger.debug(fields, message),
    info: (message, fields) => logger.info(fields, message),
    warn: (message, fields) => logger.warn(fields, message),
    error: (message, fields) => logger.error(fields, message),
    announce(message) {
      if (level === 'silent') return;
      logger.level = 'info';
      logger.info(message);
      logger.level = level;
    },
    close() {
      logger.level = 'silent';
      // Not flushSync: it overtakes a write that is still under way.
      closed ??= new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(done, CLOSE_TIMEOUT_MS);
        destination.once('close', done);
        destination.once('error', done);
        destination.end();
      });
      return closed;
    },
  };
}
