import type { AuthConfig } from '../auth.js';
import type { MacpClient } from '../client.js';
import type { Logger } from '../logger.js';
import type { ReportSink } from './agent-report.js';
import type { Bootstrap, CancelCallbackBootstrap } from './bootstrap.js';
import type { InitiatorConfig } from './join-session.js';
import type { Participant } from './participant.js';

/** What to do with an error of a handler, strategy or timer: `fail` ends the run with HANDLER_FAILED, `report` goes on. */
export type HandlerErrorPolicy = 'fail' | 'report' | ((error: unknown, participant: Participant) => 'fail' | 'report' | Promise<'fail' | 'report'>);

/** What a participant is made of. `fromBootstrap` makes one from a document. */
export interface ParticipantConfig {
  /** Sender id of this agent. */
  readonly participantId: string;
  readonly sessionId: string;
  readonly mode: string;
  readonly client: MacpClient;
  /** Credential; default that of the client. */
  readonly auth?: AuthConfig | undefined;
  /** Given to the agent that starts the session. */
  readonly initiator?: InitiatorConfig | undefined;
  readonly cancelCallback?: CancelCallbackBootstrap | undefined;
  /** Run that a cancel request may name. */
  readonly runId?: string | undefined;
  /** Scenario inputs, `ctx.inputs`. */
  readonly inputs?: Readonly<Record<string, unknown>> | undefined;
  readonly modeVersion?: string | undefined;
  readonly configurationVersion?: string | undefined;
  readonly policyVersion?: string | undefined;
  readonly bootstrap?: Bootstrap | undefined;
  /** Default `fail`. Either way the error is logged and a refusal is reported. */
  readonly onHandlerError?: HandlerErrorPolicy | undefined;
  /** How long to wait for a session that nobody has started, in milliseconds; default 300 000. Then `run` fails with SESSION_NOT_FOUND. */
  readonly waitForSessionMs?: number | undefined;
  /** Close the client when the run ends. Default false. */
  readonly ownsClient?: boolean | undefined;
  /** Default: reports go nowhere. */
  readonly report?: ReportSink | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
}
