import { delimiter, join } from 'node:path';
import { packagedPacksRoot } from '@macp-agent/scenarios';
import { loadDotenv } from './load-dotenv.js';

/** Environment variables as a plain object. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What the environment, a `.env` file and the working directory say; read once. */
export interface Config {
  readonly cwd: string;
  /** The process environment alone. */
  readonly env: Env;
  /** Packs roots in the order to search, without those of `--packs`. */
  readonly packRoots: readonly string[];
  /** Value of a setting: process environment first, then `.env`. The empty string counts as unset. */
  setting(name: string): string | undefined;
  /** Process environment over `.env`; agents inherit an allow-list of it. */
  agentEnv(): Env;
}

/** Default variable with the sender → token map (onboarding step 3). */
export const TOKENS_VARIABLE = 'EXAMPLES_SERVICE_AGENT_TOKENS_JSON';

/** Sender of the runner's own identity. */
export const RUNNER = 'macp-runner';

/** Reads the configuration of a command. */
export function loadConfig(env: Env, cwd: string): Config {
  let loaded: Env | undefined;
  const dotenv = (): Env => (loaded ??= loadDotenv(join(cwd, '.env')));
  const setting = (name: string): string | undefined => {
    if (env[name] !== undefined && env[name] !== '') return env[name];
    const value = dotenv()[name];
    return value === '' ? undefined : value;
  };
  const configured = (env['MACP_PACKS_DIR'] ?? '').split(delimiter).filter((root) => root !== '');
  return {
    cwd,
    env,
    packRoots: [...configured, join(cwd, 'packs'), join(cwd, 'examples'), packagedPacksRoot()],
    setting,
    agentEnv: () => ({ ...dotenv(), ...env }),
  };
}
