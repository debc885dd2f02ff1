import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { MacpError } from '@macp-agent/protocol';
import { Option, type Command } from 'commander';
import type { RingTimes, SigningAlgorithm } from '../auth/key-ring.js';
import { mintService, mintToken } from '../auth/mint-token.js';
import type { CliContext } from '../cli-context.js';
import { EXIT } from '../exit-code.js';
import { checkSender, readModes } from '../onboarding/sender-id.js';
import { readCount, readHours, readNumber, readPort } from '../option-values.js';

interface KeyOptions {
  readonly dir: string;
  readonly alg?: SigningAlgorithm;
  readonly overlap: number;
}

interface ServeOptions extends KeyOptions {
  readonly port: number;
  readonly host: string;
  readonly rotateEvery?: number;
}

interface MintOptions {
  readonly dir: string;
  readonly url?: string;
  readonly canStart?: boolean;
  readonly modes?: string;
  readonly maxOpenSessions?: number;
  readonly observer?: boolean;
  readonly manageRegistry?: boolean;
  readonly ttl?: number;
  readonly output?: string;
  readonly json?: boolean;
}

const DIR = '.macp-auth';

/** `macp auth serve | mint | rotate`: an issuer of JWTs for development. */
export function addAuthCommand(program: Command, context: CliContext): void {
  const auth = program.command('auth').description('JWTs for development: serve an issuer, mint tokens, rotate its key');
  const keyOptions = (command: Command): Command =>
    command
      .option('--dir <dir>', 'where keys and client credential are, mode 0600', DIR)
      .addOption(new Option('--alg <alg>', 'of new keys; default: MACP_AUTH_SIGNING_ALG, else RS256').choices(['RS256', 'ES256']))
      .option('--overlap <seconds>', 'how long a new key is published before it signs: the time a runtime keeps a key set', readNumber, 300);

  keyOptions(auth.command('serve').description('serve keys, and tokens for clients that show the client credential'))
    .option('-p, --port <port>', 'port, any with 0', readPort, 3200)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--rotate-every <hours>', 'make a new key so often', readHours)
    .addHelpText(
      'after',
      `
Examples:
  macp auth serve
  MACP_AUTH_ISSUER=macp-auth-service \\
    MACP_AUTH_JWKS_URL=http://127.0.0.1:3200/.well-known/jwks.json macp runtime

Variables: MACP_AUTH_ISSUER (macp-auth-service), MACP_AUTH_AUDIENCE
(macp-runtime), MACP_AUTH_DEFAULT_TTL_SECONDS (300), MACP_AUTH_MAX_TTL_SECONDS
(3600), MACP_AUTH_SIGNING_KEY_JSON (a private JWK instead of --dir),
MACP_AUTH_CLIENT_TOKEN (default: made once, kept in --dir).
Routes: GET /healthz, GET /.well-known/jwks.json, POST /tokens`,
    )
    .action(async (options: ServeOptions) => {
      context.exitCode = await serve(options, context);
    });

  auth
    .command('mint')
    .description('get a token for a sender from the issuer, on standard output')
    .argument('<sender>')
    .option('--url <url>', 'the issuer; default: MACP_AUTH_SERVICE_URL, else http://127.0.0.1:3200')
    .option('--dir <dir>', 'where the client credential is, unless MACP_AUTH_CLIENT_TOKEN is set', DIR)
    .option('--can-start', 'it may start sessions')
    .option('--modes <list>', 'only these modes, for example decision,task; default: all')
    .option('--max-open-sessions <n>', 'at most so many open sessions', readCount)
    .option('--observer', 'it may read sessions that it takes no part in')
    .option('--manage-registry', 'it may register modes and policies')
    .option('--ttl <seconds>', 'how long it lives; default: what the issuer says', readNumber)
    .option('-o, --output <file>', 'write the token here, mode 0600, instead')
    .option('--json', 'print { token, sender, expires_in_seconds }')
    .addHelpText(
      'after',
      `
Examples:
  macp auth mint risk-agent --can-start --modes decision -o risk-agent.jwt
  MACP_RUNTIME_TOKEN=$(macp auth mint my-agent) npm run evaluator`,
    )
    .action(async (sender: string, options: MintOptions) => {
      context.json = options.json === true;
      await mint(sender, options, context);
    });

  keyOptions(auth.command('rotate').description('make a new key; tokens of the old one stay valid until they expire'))
    .option('--json', 'print { kid, activeFromUnixMs }')
    .addHelpText('after', '\nExample:\n  macp auth rotate      # a running macp auth serve takes it at once')
    .action(async (options: KeyOptions & { readonly json?: boolean }) => {
      context.json = options.json === true;
      await rotate(options, context);
    });
}

async function serve(options: ServeOptions, context: CliContext): Promise<number> {
  const { config, output, signal } = context;
  const [{ serveIssuer }, { IssuerFolder, ringFromText }] = await Promise.all([import('../auth/serve-issuer.js'), import('../auth/load-key-ring.js')]);
  const alg = algorithm(options, context);
  const folder = new IssuerFolder(resolve(config.cwd, options.dir));
  const given = config.setting('MACP_AUTH_SIGNING_KEY_JSON');
  const fixed = given === undefined ? undefined : await ringFromText(given, alg);
  if (fixed === undefined) await folder.ensureKeys(alg, Date.now());
  const clientToken = config.setting('MACP_AUTH_CLIENT_TOKEN') ?? folder.ensureClientToken();
  if (clientToken.length < 16) throw new MacpError('INVALID_OPTIONS', 'MACP_AUTH_CLIENT_TOKEN must have at least 16 characters');
  const issuerName = config.setting('MACP_AUTH_ISSUER') ?? 'macp-auth-service';
  const audience = config.setting('MACP_AUTH_AUDIENCE') ?? 'macp-runtime';
  const times = ringTimes(options, context);
  await using issuer = await serveIssuer({
    host: options.host,
    port: options.port,
    issuer: issuerName,
    audience,
    defaultTtlSeconds: seconds('MACP_AUTH_DEFAULT_TTL_SECONDS', 300, context),
    maxTtlSeconds: times.maxTtlMs / 1000,
    clientToken,
    loadKeys: () => fixed ?? folder.loadKeys(),
    times,
    now: Date.now,
    onMinted: (sender, ttlSeconds) => output.note(`minted a token for ${sender}, ${ttlSeconds} s`),
  });
  output.line(`issuer: ${issuer.url}`);
  output.note(`runtime: MACP_AUTH_ISSUER=${issuerName} MACP_AUTH_AUDIENCE=${audience} MACP_AUTH_JWKS_URL=${issuer.url}/.well-known/jwks.json macp runtime`);
  output.note(
    `clients: MACP_AUTH_SERVICE_URL=${issuer.url} and ${config.setting('MACP_AUTH_CLIENT_TOKEN') === undefined ? `the credential in ${folder.clientFile}` : 'MACP_AUTH_CLIENT_TOKEN'}`,
  );
  output.note('plain HTTP, for development. Ctrl-C ends it');
  const rotating =
    options.rotateEvery === undefined || fixed !== undefined
      ? undefined
      : rotateEvery(options.rotateEvery * 3_600_000, () => folder.rotate(alg, times, Date.now()), context);
  if (!signal.aborted) await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
  await rotating;
  return EXIT.ok;
}

async function rotateEvery(everyMs: number, rotateKey: () => Promise<{ readonly kid: string }>, { output, signal }: CliContext): Promise<void> {
  try {
    for await (const _ of setInterval(everyMs, undefined, { signal })) output.note(`new key ${(await rotateKey()).kid}`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function mint(sender: string, options: MintOptions, { config, output, json, signal }: CliContext): Promise<void> {
  checkSender(sender, []);
  const { IssuerFolder } = await import('../auth/load-key-ring.js');
  const configured = mintService(config);
  const service = {
    timeoutMs: 5_000,
    ...configured,
    url: options.url ?? configured?.url ?? 'http://127.0.0.1:3200',
    clientToken: configured?.clientToken ?? config.setting('MACP_AUTH_CLIENT_TOKEN') ?? new IssuerFolder(resolve(config.cwd, options.dir)).loadClientToken(),
  };
  const scopes = {
    can_start_sessions: options.canStart === true,
    ...(options.modes === undefined ? {} : { allowed_modes: [...readModes(options.modes), ''] }),
    ...(options.maxOpenSessions === undefined ? {} : { max_open_sessions: options.maxOpenSessions }),
    ...(options.observer === true ? { is_observer: true } : {}),
    ...(options.manageRegistry === true ? { can_manage_mode_registry: true } : {}),
  };
  const { token, expiresInSeconds } = await mintToken(service, { sender, scopes, ttlSeconds: options.ttl }, signal);
  if (options.output !== undefined) {
    const file = resolve(config.cwd, options.output);
    // Never over another file: its permissions would stay.
    if (existsSync(file)) throw new MacpError('INVALID_OPTIONS', `${file} exists; choose another name with -o`, { context: { path: file } });
    writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
    if (json) output.json({ file, sender, expires_in_seconds: expiresInSeconds });
    else output.line(file);
  } else if (json) output.json({ token, sender, expires_in_seconds: expiresInSeconds });
  else output.line(token);
  output.note(
    `${sender}: ${Object.entries(scopes)
      .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
      .join(', ')}; expires in ${expiresInSeconds} s`,
  );
}

async function rotate(options: KeyOptions, context: CliContext): Promise<void> {
  const { config, output, json } = context;
  const { IssuerFolder } = await import('../auth/load-key-ring.js');
  const folder = new IssuerFolder(resolve(config.cwd, options.dir));
  if (folder.loadKeys().length === 0) throw new MacpError('INVALID_OPTIONS', `${folder.keysFile} does not exist; macp auth serve makes the first key`);
  const { kid, activeFromUnixMs } = await folder.rotate(algorithm(options, context), ringTimes(options, context), Date.now());
  if (json) output.json({ kid, activeFromUnixMs });
  else output.line(`new key ${kid}, published now, signing from ${new Date(activeFromUnixMs).toISOString()}`);
}

function algorithm({ alg }: KeyOptions, { config }: CliContext): SigningAlgorithm {
  const name = alg ?? config.setting('MACP_AUTH_SIGNING_ALG') ?? 'RS256';
  if (name !== 'RS256' && name !== 'ES256') throw new MacpError('INVALID_OPTIONS', `MACP_AUTH_SIGNING_ALG=${name} is not RS256 or ES256`);
  return name;
}

const ringTimes = ({ overlap }: KeyOptions, context: CliContext): RingTimes => ({
  publishMs: overlap * 1000,
  maxTtlMs: seconds('MACP_AUTH_MAX_TTL_SECONDS', 3_600, context) * 1000,
});

function seconds(name: string, fallback: number, { config }: CliContext): number {
  const value = Number(config.setting(name) ?? fallback);
  if (!Number.isFinite(value) || value <= 0) throw new MacpError('INVALID_OPTIONS', `${name} must be a number of seconds over 0`);
  return value;
}
