import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';

/** `macp runtime`: the same as the command `macp-runtime`. */
export function addRuntimeCommand(program: Command, context: CliContext): void {
  program
    .command('runtime')
    .description('start a runtime, configured by the variables of the reference runtime')
    .addHelpText(
      'after',
      '\nExamples:\n  MACP_ALLOW_INSECURE=1 macp runtime\n  MACP_AUTH_TOKENS_FILE=macp-tokens.json MACP_ALLOW_INSECURE=1 macp runtime\n\nVariables: MACP_BIND_ADDR, MACP_ALLOW_INSECURE=1, MACP_AUTH_TOKENS_JSON or\n_FILE, MACP_TLS_CERT_PATH, MACP_TLS_KEY_PATH, MACP_DATA_DIR, MACP_POLICIES_DIR\nand more.',
    )
    .action(async () => {
      const { loadRuntimeConfig, runRuntimeProcess } = await import('@macp-agent/runtime');
      context.exitCode = (await runRuntimeProcess(loadRuntimeConfig(context.config.env), { signal: context.signal })) ?? 0;
    });
}
