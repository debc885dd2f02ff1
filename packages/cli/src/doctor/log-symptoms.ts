import { error, type Finding } from './finding.js';

interface Symptom {
  readonly pattern: RegExp;
  readonly step: string;
  readonly cause: string;
  readonly fix: string;
}

/** What lines of an agent's log are known to mean, each symptom once. Pure. */
export function readLog(name: string, text: string): Finding[] {
  return SYMPTOMS.flatMap(({ pattern, step, cause, fix }) => {
    const line = text.split('\n').find((candidate) => pattern.test(candidate));
    return line === undefined ? [] : [error(step, `${name} logged "${line.trim().slice(0, MAX_LINE)}". Cause: ${cause}`, fix)];
  });
}

const MAX_LINE = 160;

/** The texts of this package and of the agents in use before it. */
const SYMPTOMS: readonly Symptom[] = [
  {
    pattern: /bootstrap\.runtime\.bearerToken is required/,
    step: 'step 3',
    cause: "the producer's token map lacks the sender",
    fix: 'add the sender to EXAMPLES_SERVICE_AGENT_TOKENS_JSON: macp onboard <sender>',
  },
  {
    pattern: /missing (?:required )?(?:field )?['"]?session_id|KeyError: ['"](?:session_id|participant_id|runtime_address|mode)['"]/,
    step: 'producer',
    cause: 'a nested bootstrap (keys run, participant) was given to an agent that reads the flat form',
    fix: 'convert it: macp bootstrap convert <file> --to flat -o flat.json',
  },
  {
    pattern: /requires TLS/,
    step: 'transport',
    cause: 'plaintext was asked for without consent',
    fix: 'set runtime.tls to true, or allowInsecure to true for a runtime on your own network',
  },
  {
    pattern: /AUTH_MINT_FAILED/,
    step: 'step 2',
    cause: 'the auth service is down, slow, or refuses',
    fix: 'start it (macp auth serve), and check MACP_AUTH_SERVICE_URL and MACP_AUTH_CLIENT_TOKEN',
  },
  {
    pattern: /sender does not match identity|IDENTITY_MISMATCH/,
    step: 'step 1',
    cause: 'sender strings differ',
    fix: 'use one string everywhere; look for agent://',
  },
  {
    pattern: /UNAUTHENTICATED/,
    step: 'step 2',
    cause: 'the runtime does not take the token, or it is another sender’s, or it has expired',
    fix: 'macp doctor --bootstrap <its bootstrap>',
  },
  {
    pattern: /ECONNREFUSED|connection refused/i,
    step: 'launch',
    cause: 'nobody listens at the address',
    fix: 'check runtime.address and that the runtime runs',
  },
  {
    pattern: /ERR_MODULE_NOT_FOUND|Cannot find (?:module|package)|ModuleNotFoundError/,
    step: 'step 5',
    cause: 'a package of the agent is not installed, or the agent is not built',
    fix: 'in its folder: npm install && npm run build',
  },
];
