import { resolve } from 'node:path';
import { MacpError, policyFitsMode, policyWarnings, type PolicyDefinition } from '@macp-agent/protocol';
import { loadPolicyFile, simulatePolicy, type PolicyVerdict, type RecordedRun, type SimulatedCommitment } from '@macp-agent/scenarios';
import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { EXIT } from '../exit-code.js';
import { clean } from '../output.js';
import { openRecordedRun } from '../run/open-recorded-run.js';

interface SimulateOptions {
  readonly policy: string;
  readonly runsDir: string;
  readonly json?: boolean;
}

/** `macp policy validate | simulate`. */
export function addPolicyCommand(program: Command, context: CliContext): void {
  const policy = program.command('policy').description('check policies, and try them on recorded runs');

  policy
    .command('validate')
    .description('check policy files as a runtime does when they are registered')
    .argument('<files...>')
    .option('--json', 'print one JSON object per file')
    .addHelpText(
      'after',
      '\nExample:\n  macp policy validate policies/*.json\n\nEach line of --json: { file, ok, policyId, warnings }, or { file, ok: false,\nerror, warnings }\nExit codes: 0 all valid, 2 not all',
    )
    .action((files: string[], options: { readonly json?: boolean }) => {
      context.json = options.json === true;
      context.exitCode = validate(files, context);
    });

  policy
    .command('simulate')
    .description('which commitments of recorded runs another policy would decide otherwise')
    .argument('<runs...>', 'files of macp runs export, transcripts, or run ids')
    .requiredOption('--policy <file>', 'the other policy, as a JSON file')
    .option('--runs-dir <dir>', 'where runs are', 'runs')
    .option('--json', 'print one JSON object per run')
    .addHelpText(
      'after',
      `
The messages stay as recorded; only the verdict on the commitment is made anew.
A commitment that the policy denied is judged again; for a run without any the
answer is what a positive one would meet at the end.

Examples:
  macp policy simulate run.macp --policy policies/unanimous.json
  macp policy simulate runs/*/transcript.ndjson --policy p.json --json

Each line of --json: { runId, scenarioRef, templateId, kind: recorded, refused,
hypothetical or none, sender, action, outcomePositive, before, after: {
policyId, allowed, rules: [{ rule, passed, detail }] }, flips }
Exit codes: 0 nothing flips, 1 something does, 2 usage`,
    )
    .action((words: string[], options: SimulateOptions) => {
      context.json = options.json === true;
      context.exitCode = simulate(words, options, context);
    });
}

function validate(files: readonly string[], { config, output, json }: CliContext): number {
  let wrong = 0;
  for (const file of files) {
    const found = read(resolve(config.cwd, file));
    if (found instanceof MacpError) {
      wrong += 1;
      if (json) output.json({ file, ok: false, error: found.message, warnings: [] });
      else output.line(`${output.colors.red('error  ')}  ${found.message}`);
      continue;
    }
    const warnings = policyWarnings(found);
    if (json) output.json({ file, ok: true, policyId: found.policyId, warnings });
    else {
      output.line(`ok       ${file}  ${found.policyId}`);
      for (const warning of warnings) output.line(`${output.colors.yellow('warning')}  ${file}  ${warning}`);
    }
  }
  return wrong === 0 ? EXIT.ok : EXIT.usage;
}

function read(path: string): PolicyDefinition | MacpError {
  try {
    return loadPolicyFile(path);
  } catch (error) {
    if (error instanceof MacpError) return error;
    throw error;
  }
}

function simulate(words: readonly string[], options: SimulateOptions, context: CliContext): number {
  const { config, output } = context;
  const policy = loadPolicyFile(resolve(config.cwd, options.policy));
  let flips = 0;
  for (const word of words) {
    const run = openRecordedRun(config, word, options.runsDir);
    if (!policyFitsMode(policy, run.header.mode))
      throw new MacpError('INVALID_OPTIONS', `${options.policy} is for ${policy.mode}, and the session of ${run.file} has ${run.header.mode}`);
    const result = simulatePolicy(run, policy);
    if (result?.flips === true) flips += 1;
    show(run, result, context);
  }
  if (words.length > 1) output.note(`${flips} of ${words.length} runs would be decided otherwise under ${policy.policyId}`);
  return flips === 0 ? EXIT.ok : EXIT.failed;
}

function show({ header }: RecordedRun, result: SimulatedCommitment | undefined, { output, json }: CliContext): void {
  const { runId, scenarioRef, templateId } = header;
  if (json) {
    output.json({ runId, scenarioRef, templateId, ...(result ?? { kind: 'none', flips: false }) });
    return;
  }
  const { colors } = output;
  output.line(`${colors.bold(clean(scenarioRef))} ${clean(templateId)}  ${colors.dim(runId)}`);
  if (result === undefined) {
    output.line('  has no session');
    return;
  }
  const what = `${clean(result.action)} (${result.outcomePositive ? 'positive' : 'negative'}) by ${clean(result.sender)}`.trim();
  const heads = {
    recorded: `  committed ${what}`,
    refused: `  the policy denied a commitment of ${clean(result.sender)}; a positive one at the end is judged so:`,
    hypothetical: `  no commitment; a positive one by ${clean(result.sender)} would be judged so:`,
  };
  output.line(heads[result.kind]);
  line(result.before, 'recorded', output);
  line(result.after, 'now', output);
  for (const { rule, passed, detail } of result.after.rules) if (!passed) output.line(`      ${rule}: ${clean(detail)}`);
  output.line(result.flips ? `  ${colors.yellow('would be decided otherwise')}` : '  the same');
}

function line(verdict: PolicyVerdict | undefined, name: string, output: CliContext['output']): void {
  const { colors } = output;
  if (verdict === undefined) output.line(`  ${name.padEnd(8)}  its rules are not in the record`);
  else output.line(`  ${name.padEnd(8)}  ${(verdict.allowed ? colors.green : colors.red)(verdict.allowed ? 'allowed' : 'denied')}  ${clean(verdict.policyId)}`);
}
