import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { addAgent } from './add.js';
import { readArgs, wantsJson, type Flags } from './args.js';
import { Failure, messageOf } from './failure.js';
import { hasCommand } from './find-command.js';
import { initialiseGit, isInsideRepository, type GitOutcome } from './git.js';
import { helpText } from './help.js';
import { installDependencies } from './install.js';
import { forgiveMissingDashes } from './npm-config.js';
import { resolveAnswers, type Answers } from './options.js';
import { planFor } from './plan-for.js';
import { createAsker } from './prompts.js';
import { refuseProblems } from './refuse-problems.js';
import * as report from './report.js';
import { inspectTarget, refuseOccupied } from './target.js';
import type { ProjectFile } from './templates.js';
import { upgradeProject } from './upgrade.js';
import { writeProject } from './write.js';

/** The world outside, handed in so that tests can give another. */
export interface Host {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Folder of this package: package.json, dist/templates and extras are under it. */
  readonly packageFolder: string;
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Writable & { isTTY?: boolean };
  readonly stderr: Writable & { isTTY?: boolean };
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs the command and returns its exit code: 0 done, 1 failed, 2 wrong usage, 130 cancelled. Throws nothing. */
export async function main(host: Host): Promise<number> {
  try {
    return await run(host);
  } catch (error) {
    const failure =
      error instanceof Failure
        ? error
        : new Failure('INTERNAL', messageOf(error), 'This is a defect of create-macp-agent; please report it with the command you typed.');
    if (wantsJson(host.argv)) host.stdout.write(report.failureJson(failure));
    else host.stderr.write(report.failureText(failure, bold(host, host.stderr)));
    return failure.exitCode;
  }
}

async function run(host: Host): Promise<number> {
  const { flags: typed, problems } = readArgs(host.argv);
  const version = readVersion(host.packageFolder);
  if (typed.help || typed.version) {
    host.stdout.write(typed.help ? helpText(version) : `${version}\n`);
    return 0;
  }
  if (typed.listTemplates) {
    host.stdout.write(typed.json ? report.templatesJson(version) : report.templatesText());
    return 0;
  }
  const { flags, note, problems: unclear } = forgiveMissingDashes(typed, host.env);
  if (note !== undefined) host.stderr.write(`note: ${note}\n`);
  const earlier = [...problems, ...unclear];
  if (flags.command !== 'create') {
    refuseProblems(earlier);
    return flags.command === 'add' ? await addAgent(flags, { ...host, version }) : await upgradeProject(flags, { ...host, version });
  }

  const asker = canAsk(flags, host) ? createAsker(host.stdin, host.stderr, host.signal) : undefined;
  const answers = await resolveAnswers(flags, { cwd: host.cwd, env: host.env, ...(asker === undefined ? {} : { asker }) }, earlier);
  const notes = [...checkManager(answers, host.env)];
  if (answers.defaulted.length > 0) notes.push(`using defaults: ${answers.defaulted.join(', ')}`);

  const { name, template, role, packageManager } = answers;
  const files = planFor({ name, template, role, packageManager, version }, host.packageFolder, answers.vendor);
  const state = inspectTarget(
    answers.target.folder,
    files.map(({ path }) => path),
  );
  refuseOccupied(answers.target, state, answers.force);
  const wanted = files.filter(({ path }) => !state.kept.includes(path));
  for (const path of state.kept) notes.push(`kept your ${path}`);
  for (const line of notes) host.stderr.write(`note: ${line}\n`);
  if (flags.plan) {
    const commands = report.plannedCommands(answers, isInsideRepository(answers.target.folder));
    host.stdout.write(flags.json ? report.planJson(answers, version, wanted, commands) : report.planText(answers, wanted, commands));
    return 0;
  }

  const { git, gitNotes } = await carryOut(answers, files, state, flags, host);
  notes.push(...gitNotes);
  const outcome: report.Outcome = { answers, version, files: wanted.map(({ path }) => path), installed: answers.install, git, notes };
  host.stdout.write(flags.json ? report.outcomeJson(outcome) : report.outcomeText(outcome, bold(host, host.stdout)));
  return 0;
}

/** Write, install, commit. A cancelled run takes a new folder away again; a failed install leaves the finished project. */
async function carryOut(
  answers: Answers,
  files: readonly ProjectFile[],
  state: ReturnType<typeof inspectTarget>,
  flags: Flags,
  host: Host,
): Promise<{ git: GitOutcome['state']; gitNotes: string[] }> {
  const { target } = answers;
  const written = await writeProject(target.folder, state, files, host.signal);
  let failed: unknown;
  try {
    if (answers.install) {
      host.stderr.write(`${answers.packageManager} install …\n`);
      await installDependencies(target, answers.packageManager, { env: host.env, signal: host.signal, output: flags.json ? 'collect' : 2 });
    }
  } catch (error) {
    failed = error;
  }
  const gitNotes: string[] = [];
  let git: GitOutcome['state'] = 'off';
  if (answers.git && !host.signal.aborted) {
    // After the install, so that the first commit holds the lockfile.
    const outcome = await initialiseGit(target.folder, report.commitMessage(answers.template), host.env, host.signal);
    git = outcome.state;
    if ('note' in outcome) gitNotes.push(outcome.note);
  }
  if (host.signal.aborted) {
    await written.undo();
    throw new Failure('CANCELLED', written.isNew ? `cancelled; ${target.shown} was removed` : `cancelled; the files in ${target.shown} stay`);
  }
  for (const line of gitNotes) host.stderr.write(`note: ${line}\n`);
  if (failed !== undefined) throw failed;
  return { git, gitNotes };
}

/** An absent manager stops an install before anything is written; without an install it is only said. */
function checkManager({ packageManager, install }: Answers, env: NodeJS.ProcessEnv): string[] {
  if (hasCommand(packageManager, env)) return [];
  if (!install) return [`${packageManager} was not found on this machine; it is needed to install`];
  throw new Failure(
    'PACKAGE_MANAGER_NOT_FOUND',
    `${packageManager} was not found on this machine; nothing was written`,
    'Install it, choose another with --pm, or leave --install out.',
  );
}

function canAsk(flags: Flags, host: Host): boolean {
  const terminal = host.stdin.isTTY === true && host.stderr.isTTY === true && host.env['TERM'] !== 'dumb';
  return terminal && !flags.yes && !flags.json && !flags.plan && !isSet(host.env['CI']);
}

function bold(host: Host, stream: Host['stdout']): (text: string) => string {
  const plain = stream.isTTY !== true || isSet(host.env['NO_COLOR']) || isSet(host.env['CI']) || host.env['TERM'] === 'dumb';
  return (text) => (plain ? text : `\u001B[1m${text}\u001B[22m`);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

function readVersion(packageFolder: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string') return manifest.version;
  throw new Error('the package has no version');
}
