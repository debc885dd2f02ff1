/** Facts beside a log line; never tokens or payloads. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the runtime reports; `silentLogger` is the default of the library, pino that of the process. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const ignore = (): void => undefined;

/** Reports nothing. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
