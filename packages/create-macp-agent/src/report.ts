import type { Failure } from './failure.js';
import type { GitOutcome } from './git.js';
import { createCommand, installCommand, shellWord, startCommand } from './package-manager.js';
import type { Answers } from './options.js';
import { enterCommand } from './target.js';
import { TEMPLATES, type ProjectFile } from './templates.js';
import { SWITCH_SCRIPT } from './vendor.js';

export interface Outcome {
  readonly answers: Answers;
  readonly version: string;
  readonly files: readonly string[];
  readonly installed: boolean;
  readonly git: GitOutcome['state'];
  readonly notes: readonly string[];
}

type Bold = (text: string) => string;

/** What to type next: enter the folder, then one line that shows a decision. */
export function nextSteps(answers: Answers, installed: boolean): string[] {
  const enter = enterCommand(answers.target);
  const start = startCommand(answers.packageManager);
  const run = installed ? start : `${installCommand(answers.packageManager)} && ${start}`;
  return enter === undefined ? [run] : [enter, run];
}

/** The command that gives the same project without questions. */
export function sameResultCommand(answers: Answers): string {
  const { target, packageManager, name, defaultName } = { ...answers, defaultName: answers.target.defaultName };
  const rest = ['--template', answers.template];
  if (answers.role !== 'both') rest.push('--role', answers.role);
  if (name !== defaultName) rest.push('--name', name);
  if (answers.install) rest.push('--install');
  if (!answers.git) rest.push('--no-git');
  if (answers.force) rest.push('--force');
  const folder = defaultName.startsWith('@') && target.shown === defaultName.split('/')[1] ? defaultName : target.shown;
  if (answers.calledAs !== undefined) return [answers.calledAs, ...[folder, ...rest, '--pm', packageManager, '--yes'].map(shellWord)].join(' ');
  if (answers.vendor !== undefined) rest.push('--vendor', answers.vendor);
  return createCommand(packageManager, folder, [...rest, '--yes']);
}

export function outcomeText(outcome: Outcome, bold: Bold): string {
  const { answers } = outcome;
  const role = answers.role === 'both' ? 'initiator and evaluator' : answers.role;
  const lines = [
    `Created ${bold(answers.name)} in ${answers.target.shown}: ${answers.template}, ${role}, ${outcome.files.length} files`,
    '',
    ...nextSteps(answers, outcome.installed).map((line) => `  ${bold(line)}`),
    '',
    `Same result: ${sameResultCommand(answers)}`,
    ...(answers.vendor === undefined ? [] : [`The packages are in vendor/; this takes them from the registry instead: node ${SWITCH_SCRIPT}`]),
  ];
  return `${lines.join('\n')}\n`;
}

export function outcomeJson(outcome: Outcome): string {
  const { answers } = outcome;
  return json({
    ok: true,
    dir: answers.target.folder,
    name: answers.name,
    template: answers.template,
    templateVersion: outcome.version,
    role: answers.role,
    packageManager: answers.packageManager,
    files: outcome.files,
    installed: outcome.installed,
    git: outcome.git,
    notes: outcome.notes,
    nextSteps: nextSteps(answers, outcome.installed),
    command: sameResultCommand(answers),
  });
}

/** Commands the run would start, in order. */
export function plannedCommands(answers: Answers, inRepository: boolean): string[] {
  const install = answers.install ? [installCommand(answers.packageManager)] : [];
  const git = answers.git && !inRepository ? ['git init', 'git add --all', `git commit --message ${shellWord(commitMessage(answers.template))}`] : [];
  return [...install, ...git];
}

export function commitMessage(template: string): string {
  return `Start from the ${template} template of create-macp-agent`;
}

export function planText(answers: Answers, files: readonly ProjectFile[], commands: readonly string[]): string {
  const sizes = files.map(({ content }) => String(content.length));
  const width = Math.max(...sizes.map((size) => size.length));
  const total = files.reduce((sum, { content }) => sum + content.length, 0);
  const lines = [
    `Plan for ${answers.target.shown}: ${answers.template}, nothing is written`,
    '',
    ...files.map(({ path }, index) => `  ${(sizes[index] ?? '').padStart(width)}  ${path}`),
    '',
    `${files.length} files, ${total} bytes. Commands:`,
    ...(commands.length === 0 ? ['  none'] : commands.map((command) => `  ${command}`)),
    '',
    `To do it: ${sameResultCommand(answers)}`,
  ];
  return `${lines.join('\n')}\n`;
}

export function planJson(answers: Answers, version: string, files: readonly ProjectFile[], commands: readonly string[]): string {
  return json({
    ok: true,
    plan: true,
    dir: answers.target.folder,
    template: answers.template,
    templateVersion: version,
    packageManager: answers.packageManager,
    files: files.map(({ path, content }) => ({ path, bytes: content.length })),
    commands,
    command: sameResultCommand(answers),
  });
}

export function templatesText(): string {
  return `${TEMPLATES.map(({ id, title, hint }) => `${id.padEnd(10)} ${title.padEnd(10)} ${hint}`).join('\n')}\n`;
}

export function templatesJson(version: string): string {
  return json({ ok: true, templateVersion: version, templates: TEMPLATES });
}

export function failureText(failure: Failure, bold: Bold): string {
  const hint = failure.hint === undefined ? '' : `\n${failure.hint}`;
  return failure.code === 'CANCELLED' ? `${failure.message}\n` : `${bold('error')}: ${failure.message}${hint}\n`;
}

export function failureJson(failure: Failure): string {
  const problems = failure.problems.length === 0 ? {} : { problems: failure.problems };
  return json({ ok: false, code: failure.code, message: failure.message, hint: failure.hint ?? '', ...problems });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
