import { Auth } from '../auth.js';
import { MacpClient } from '../client.js';
import type { ClientOptions } from '../client-options.js';
import { silentLogger, type Logger } from '../logger.js';
import type { ReportSink } from './agent-report.js';
import type { Bootstrap } from './bootstrap.js';
import type { Env } from './bootstrap-document.js';
import type { PrepareKickoff } from './join-session.js';
import { loadBootstrap, type LoadBootstrapOptions } from './load-bootstrap.js';
import { loadReportChannel } from './load-report-channel.js';
import { Participant } from './participant.js';
import type { HandlerErrorPolicy } from './participant-config.js';

/** What `fromBootstrap` takes beside the bootstrap. */
export interface FromBootstrapOptions {
  /** Variables to read. Default: those of the process. */
  readonly env?: Env;
  /** Default: silent. */
  readonly logger?: Logger;
  readonly onHandlerError?: HandlerErrorPolicy;
  /** Let a document without a token use the participant id as a development credential. Default false. */
  readonly allowDevelopmentCredential?: boolean;
  /** For a program that opens sessions: a bootstrap that says nothing about the start is refused. Default false. */
  readonly requireInitiator?: boolean;
  /** Settings of the connection that no bootstrap has, such as certificates. */
  readonly client?: Omit<ClientOptions, 'address' | 'secure' | 'allowInsecure' | 'auth'>;
  readonly waitForSessionMs?: number;
  /** Called before the kickoff is sent, e.g. to draft its rationale; what it gives is sent instead. Default: the kickoff of the bootstrap. */
  readonly prepareKickoff?: PrepareKickoff;
  /** Default: the channel that MACP_REPORT_FD names. */
  readonly report?: ReportSink;
}

/**
 * The participant that a bootstrap describes, see `loadBootstrap` for where it comes from: credential with its guard, client,
 * session, start and kickoff, cancel listener and reports. Does no network I/O before `run`. The client closes with the run.
 * Throws InvalidBootstrapError (INVALID_BOOTSTRAP) with every problem at once.
 */
export function fromBootstrap(source?: string | object, options: FromBootstrapOptions = {}): Participant {
  const bootstrap = loadBootstrap(source, loadOptionsOf(options));
  return participantOf(bootstrap, clientOf(bootstrap, options), { ...options, ownsClient: true });
}

/** What of these options concerns the document. */
export function loadOptionsOf({ env, allowDevelopmentCredential = false, requireInitiator = false }: FromBootstrapOptions): LoadBootstrapOptions {
  return { ...(env !== undefined && { env }), allowDevelopmentCredential, requireInitiator };
}

/** The client that a bootstrap describes. */
export function clientOf({ participant, runtime }: Bootstrap, { client, logger = silentLogger }: FromBootstrapOptions): MacpClient {
  return new MacpClient({
    clientName: participant.participantId,
    ...client,
    address: runtime.address,
    secure: runtime.tls,
    allowInsecure: runtime.allowInsecure,
    auth: Auth.bearer(runtime.bearerToken, { expectedSender: participant.participantId }),
    logger: client?.logger ?? logger,
  });
}

/** The participant that a bootstrap describes, over a client for it. */
export function participantOf(bootstrap: Bootstrap, client: MacpClient, options: FromBootstrapOptions & { readonly ownsClient?: boolean }): Participant {
  const { env, logger = silentLogger, onHandlerError, waitForSessionMs, ownsClient } = options;
  const { run, participant, execution } = bootstrap;
  for (const warning of bootstrap.warnings) logger.warn(warning, { participantId: participant.participantId });
  return new Participant({
    participantId: participant.participantId,
    sessionId: run.sessionId,
    runId: run.runId,
    mode: bootstrap.mode,
    modeVersion: execution.modeVersion,
    configurationVersion: execution.configurationVersion,
    policyVersion: execution.policyVersion,
    client,
    ownsClient,
    bootstrap,
    initiator: bootstrap.initiator && { ...bootstrap.initiator, prepareKickoff: options.prepareKickoff },
    cancelCallback: bootstrap.cancelCallback,
    inputs: bootstrap.session.context,
    onHandlerError,
    waitForSessionMs,
    report: options.report ?? loadReportChannel(logger, env),
    logger,
  });
}
