import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadRunRecords, type RunRecord } from '@macp-agent/scenarios';

/** Records of runs, parted by whether the process that wrote them still is there. */
export interface RunsUnder {
  readonly live: readonly RunRecord[];
  /** Their process has ended without cleaning up, or its id belongs to another process by now. */
  readonly stale: readonly RunRecord[];
}

/** Clocks of kernel and process differ by less. */
const SLACK_MS = 2_000;
/** Fixed for every Linux program, whatever the kernel's own rate. */
const TICKS_PER_SECOND = 100;

/** The runs of a folder that go on, and what is left of others. */
export function runsUnder(runsDir: string): RunsUnder {
  const records = loadRunRecords(runsDir);
  return { live: records.filter(isLive), stale: records.filter((record) => !isLive(record)) };
}

/** Whether the process of a record lives and is older than the run: one that began later has only got its number. */
export function isLive({ pid, startedAtUnixMs }: RunRecord): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || !exists(pid)) return false;
  const began = startOf(pid);
  return began === undefined || began <= startedAtUnixMs + SLACK_MS;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** When a process began, in Unix milliseconds; undefined where the system does not say. A process that has ended and was not waited for began never. */
function startOf(pid: number): number | undefined {
  try {
    if (process.platform !== 'linux')
      return Date.parse(execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 2_000 })) || undefined;
    // The name in parentheses may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    if (fields[0] === 'Z') return Number.POSITIVE_INFINITY;
    const booted = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
    const began = booted * 1000 + (Number(fields[19]) / TICKS_PER_SECOND) * 1000;
    return Number.isFinite(began) ? began : undefined;
  } catch {
    // No /proc, no ps: that the process is there has to do.
    return undefined;
  }
}
