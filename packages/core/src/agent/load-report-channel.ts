import { writeSync } from 'node:fs';
import type { Logger } from '../logger.js';
import { ignoreReports, type ReportSink } from './agent-report.js';
import type { Env } from './bootstrap-document.js';

/** A pipe holds at least this much; a longer line could block an agent whose parent is slow. */
const MAX_LINE_BYTES = 16_384;

/**
 * The report channel that the parent process opened: MACP_REPORT_FD holds the number of a descriptor, usually 3, and each report
 * is one JSON line. Without the variable reports go nowhere. A channel that breaks is given up with one warning: an agent must
 * not fail because nobody listens.
 */
export function loadReportChannel(logger: Logger, env: Env = process.env): ReportSink {
  const text = env['MACP_REPORT_FD'] ?? '';
  if (text === '') return ignoreReports;
  const fd = Number(text);
  if (!Number.isInteger(fd) || fd < 1 || !isOpen(fd)) {
    logger.warn('MACP_REPORT_FD is not an open descriptor; no reports are written');
    return ignoreReports;
  }
  let broken = false;
  return (report) => {
    if (broken) return;
    const line = Buffer.from(`${JSON.stringify(report, shorten)}\n`);
    if (line.length > MAX_LINE_BYTES) {
      logger.warn('a report is too long and is left out', { type: report.type, bytes: line.length });
      return;
    }
    try {
      writeSync(fd, line);
    } catch (error) {
      broken = true;
      logger.warn('the report channel is closed; no further reports are written', { code: (error as NodeJS.ErrnoException).code });
    }
  };
}

const MAX_TEXT = 2_000;
const shorten = (_key: string, value: unknown): unknown => (typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value);

/**
 * An empty write, and not fstat: after fstat of a pipe Node 20 leaves links unresolved when it next imports a package, which
 * then misses its own dependencies (realpathSync reads the shared result of the last stat).
 */
function isOpen(fd: number): boolean {
  try {
    writeSync(fd, Buffer.alloc(0));
    return true;
  } catch (error) {
    // Open, but nobody reads any more: the first report finds that out too.
    return (error as NodeJS.ErrnoException).code !== 'EBADF';
  }
}
