import type { JsonObject, RunEvent } from '@macp-agent/scenarios';
import { clean, type Output } from '../output.js';
import type { JobResult } from './batch.js';
import { formatTime } from './timeline.js';

/** One line for a result, and after a failure what differs and what was said. */
export function printResult(output: Output, result: JobResult): void {
  const { colors } = output;
  const mark = result.passed ? colors.green('ok    ') : colors.red('FAILED');
  output.line(`${mark}  ${result.scenarioRef}  ${clean(result.name)}  ${colors.dim(`${(result.durationMs / 1000).toFixed(1)} s`)}`);
  if (!result.passed) for (const line of failureLines(result)) output.line(`        ${line}`);
}

/** Why a result is not as expected, for people. */
export function failureLines({ error, differences, result, events }: JobResult): string[] {
  if (error !== undefined) return (error instanceof Error ? error.message : String(error)).split('\n');
  const lines = differences.flatMap(({ path, expected, actual }) => [path, `  - expected  ${show(expected)}`, `  + came out  ${show(actual)}`]);
  if (result !== undefined && result.outcome.reason !== '') lines.push(...`why: ${result.outcome.reason}`.split('\n'));
  lines.push('what was said:', ...events.flatMap(transcriptLine));
  if (result?.transcriptFile !== undefined) lines.push(`transcript: ${result.transcriptFile}`);
  return lines.map(clean);
}

function transcriptLine(event: RunEvent): string[] {
  if (event.type === 'envelope') return [`  ${formatTime(event.atMs)} ${event.sender} ${event.messageType} ${event.text}`];
  if (event.type === 'session') return [`  ${formatTime(event.atMs)} session ${event.state}`];
  if (event.type === 'refused') return [`  ${formatTime(event.atMs)} ${event.participantId} refused ${event.messageType} ${event.code}: ${event.message}`];
  return [];
}

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

/** A result without the whole transcript. */
export function resultToJson(one: JobResult): JsonObject {
  const { name, scenarioRef, templateId, passed, durationMs, differences, error, result } = one;
  return {
    name,
    scenarioRef,
    templateId,
    passed,
    durationMs: Math.round(durationMs),
    differences,
    ...(error === undefined ? {} : { error: error instanceof Error ? error.message : String(error) }),
    ...(result === undefined ? {} : { runId: result.runId, outcome: result.outcome, transcript: result.transcriptFile }),
  };
}

/** JUnit XML, as CI servers read it. */
export function junitReport(results: readonly JobResult[], durationMs: number): string {
  const failed = results.filter(({ passed }) => !passed).length;
  const cases = results.map((result) => {
    const open = `    <testcase classname="${xml(result.scenarioRef)}" name="${xml(result.name)}" time="${seconds(result.durationMs)}"`;
    if (result.passed) return `${open}/>`;
    const lines = failureLines(result);
    return `${open}>\n      <failure message="${xml(result.differences[0] === undefined ? (lines[0] ?? 'failed') : `${result.differences[0].path} differs`)}">${xml(lines.join('\n'))}</failure>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${results.length}" failures="${failed}" time="${seconds(durationMs)}">`,
    `  <testsuite name="macp test" tests="${results.length}" failures="${failed}" time="${seconds(durationMs)}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** XML 1.0 has no place for other control characters. */
const xml = (text: string): string =>
  text
    .replaceAll(/\p{Cc}/gu, (character) => (character === '\n' || character === '\t' ? character : ''))
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
