import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { leftovers } from '../launch/leftovers.js';
import { systemReason } from '../system-reason.js';

/** What others need to reach a run while it lasts: `run.json`, mode 0600, removed at the end. */
export interface RunRecord {
  readonly runId: string;
  readonly sessionId: string;
  readonly scenarioRef: string;
  readonly startedAtUnixMs: number;
  /** Process of the runner. */
  readonly pid: number;
  readonly runtimeAddress: string;
  /** Where the initiator listens for a cancel; undefined until it is ready. */
  readonly cancelCallback?: { readonly url: string; readonly bearer: string } | undefined;
  readonly agents: readonly { readonly participantId: string; readonly pid: number }[];
}

/** The files of one run: logs, transcript and record in `<runs>/<runId>`, secrets in a private temporary folder. */
export class RunFolder {
  readonly path: string;
  readonly transcriptFile: string;
  readonly recordFile: string;
  readonly #secrets: string;
  readonly #names = new Map<string, string>();

  /** Creates the folders. Throws INVALID_OPTIONS, with what the system said, when they cannot be created. */
  constructor(runsDir: string, runId: string, bootstrapDir?: string) {
    this.path = resolve(runsDir, fileName(runId));
    this.transcriptFile = join(this.path, 'transcript.ndjson');
    this.recordFile = join(this.path, 'run.json');
    attempt(`cannot create the run folder ${this.path}; choose another with --runs-dir`, () => mkdirSync(this.path, { recursive: true }));
    this.#secrets = attempt(`cannot create a private folder in ${tmpdir()}; choose another with TMPDIR`, () => mkdtempSync(join(tmpdir(), 'macp-run-')));
    for (const path of [this.#secrets, this.recordFile]) leftovers.add({ path });
    if (bootstrapDir !== undefined) {
      attempt(`cannot create the folder ${bootstrapDir} of --bootstrap-dir`, () => mkdirSync(bootstrapDir, { recursive: true, mode: 0o700 }));
    }
  }

  logFile(participantId: string): string {
    return join(this.path, `${this.#name(participantId)}.log`);
  }

  /** Writes a bootstrap document, readable by the owner only; in `folder` for an agent that somebody else starts. */
  writeBootstrap(participantId: string, document: object, folder = this.#secrets): string {
    const file = join(folder, `${this.#name(participantId)}.json`);
    if (folder !== this.#secrets) leftovers.add({ path: resolve(file) });
    attempt(`cannot write the bootstrap file of ${participantId}, ${file}`, () => {
      rmSync(file, { force: true });
      writeFileSync(file, JSON.stringify(document, undefined, 2), { mode: 0o600, flag: 'wx' });
    });
    return resolve(file);
  }

  writeRecord(record: RunRecord): void {
    writeFileSync(this.recordFile, JSON.stringify(record, undefined, 2), { mode: 0o600 });
    chmodSync(this.recordFile, 0o600);
  }

  /** Removes everything that is secret; logs and transcript stay. */
  removeSecrets(bootstrapFiles: readonly string[] = []): void {
    for (const path of [this.#secrets, this.recordFile, ...bootstrapFiles]) {
      rmSync(path, { recursive: true, force: true });
      leftovers.remove({ path });
    }
  }

  /** A file name for a participant; `a/b` and `a_b` stay apart. */
  #name(participantId: string): string {
    const known = this.#names.get(participantId);
    if (known !== undefined) return known;
    const plain = fileName(participantId);
    const taken = new Set([...this.#names.values(), 'transcript', 'run']);
    let name = plain;
    for (let index = 2; taken.has(name); index += 1) name = `${plain}-${index}`;
    this.#names.set(participantId, name);
    return name;
  }
}

/** Throws INVALID_OPTIONS with what the system said. */
function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new MacpError('INVALID_OPTIONS', `${what}: ${systemReason(error)}`, { cause: error });
  }
}

const fileName = (id: string): string =>
  id
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 100) || '_';
