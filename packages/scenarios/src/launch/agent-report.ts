import type { Readable } from 'node:stream';
import { isJsonObject } from '../json-value.js';

/** What an agent says to whoever started it, one JSON object per line on MACP_REPORT_FD. */
export type AgentReport =
  | { readonly type: 'ready'; readonly participantId?: string; readonly cancelCallbackUrl?: string }
  | { readonly type: 'refused'; readonly code: string; readonly message: string; readonly messageType?: string; readonly step?: string | number }
  | { readonly type: 'abstained'; readonly reason: string }
  | { readonly type: 'model'; readonly model: string; readonly promptTokens?: number; readonly completionTokens?: number }
  | { readonly type: 'ended'; readonly state: string; readonly reason?: string }
  /** The process takes bootstraps from its pipe; its other reports carry the `sessionId` that they are about. */
  | { readonly type: 'serving' };

/** Longer lines are dropped: reports are short. */
const MAX_LINE = 65_536;
const TEXTS: Readonly<Record<AgentReport['type'], readonly string[]>> = {
  ready: [],
  refused: ['code', 'message'],
  abstained: ['reason'],
  model: ['model'],
  ended: ['state'],
  serving: [],
};

/** Calls back for each report; lines that are none are ignored, because other SDKs may write there. */
export function readReports(stream: Readable, onReport: (report: AgentReport) => void): void {
  readLines(stream, MAX_LINE, (line) => {
    const report = parseReport(line);
    if (report !== undefined) onReport(report);
  });
}

/** One line as a report; undefined when it is none. */
export function parseReport(line: string): AgentReport | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Not a report; the pipe belongs to the agent.
    return undefined;
  }
  if (!isJsonObject(value) || typeof value['type'] !== 'string' || !Object.hasOwn(TEXTS, value['type'])) return undefined;
  const report = value as unknown as AgentReport;
  const texts = TEXTS[report.type];
  return texts.every((key) => typeof (value as Record<string, unknown>)[key] === 'string') ? report : undefined;
}

/** Calls back for each line of a text stream, whole however it was cut; a longer one is cut at `maxLength`. */
export function readLines(stream: Readable, maxLength: number, onLine: (line: string) => void): void {
  let rest = '';
  let skipping = false;
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      if (!skipping) onLine(part.replace(/\r$/, '').slice(0, maxLength));
      skipping = false;
    }
    if (rest.length <= maxLength) return;
    if (!skipping) onLine(rest.slice(0, maxLength));
    skipping = true;
    rest = '';
  });
  stream.on('end', () => {
    if (rest !== '' && !skipping) onLine(rest);
  });
  // A pipe that breaks is the end of the process at its other side, which is reported by its exit.
  stream.on('error', () => stream.destroy());
}
