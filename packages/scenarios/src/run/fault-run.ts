import type { Envelope } from '@macp-agent/protocol';
import type { CompiledRun } from '../compile.js';
import type { RuntimeTarget } from '../launch/bootstrap-document.js';
import type { Fault } from './fault.js';
import type { FaultProxy, MessageFate } from './fault-proxy.js';

/** Long enough for everything but the commitment. */
const SHORT_LIFE_MS = 3_000;

/** Provokes one fault in one run, from outside of the agents: by killing one, or as a proxy between one and the runtime. */
export class FaultRun implements AsyncDisposable {
  readonly #fault: Fault | undefined;
  readonly #initiator: string;
  /** Told once what is done to whom. */
  readonly #onFault: (participantId: string, text: string) => void;
  #proxy: FaultProxy | undefined;
  #told = false;

  constructor(fault: Fault | undefined, initiator: string, onFault: (participantId: string, text: string) => void) {
    this.#fault = fault;
    this.#initiator = initiator;
    this.#onFault = onFault;
  }

  /** Starts the proxy, where the fault needs one. */
  async open(target: RuntimeTarget): Promise<void> {
    if (this.#fault === undefined || this.#fault.kind === 'crash') return;
    // Loaded only here: other runs need no server.
    const { startFaultProxy } = await import('./fault-proxy.js');
    this.#proxy = await startFaultProxy({ target, fateOf: (envelope) => this.#fateOf(envelope), breaksAfter: (envelope) => this.#breaksAfter(envelope) });
  }

  /** Where this participant reaches the runtime. */
  runtimeOf(participantId: string, target: RuntimeTarget): RuntimeTarget {
    return participantId === this.#victim ? (this.#proxy?.runtime ?? target) : target;
  }

  /** The agent that is to be killed now that a message of this type was accepted. */
  crashAt(messageType: string): string | undefined {
    const fault = this.#fault;
    return fault?.kind === 'crash' && fault.messageType === messageType && !this.#told ? fault.participantId : undefined;
  }

  /** The agent was killed. */
  crashed(participantId: string, messageType: string): void {
    this.#tell(participantId, `crash at ${messageType}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy?.[Symbol.asyncDispose]();
  }

  get #victim(): string | undefined {
    const fault = this.#fault;
    return fault?.kind === 'expire' ? this.#initiator : fault?.participantId;
  }

  #fateOf({ messageType }: Envelope): MessageFate {
    const fault = this.#fault;
    switch (fault?.kind) {
      case 'delay':
        return this.#provoked({ delayMs: fault.delayMs, action: 'pass' }, `each message takes ${fault.delayMs} ms longer`);
      case 'duplicate':
        return this.#provoked({ action: 'twice' }, 'each message is sent twice');
      case 'nack':
        return messageType === 'SessionStart' ? { action: 'pass' } : this.#provoked({ action: 'refuse' }, 'each message is refused');
      case 'expire':
        return messageType === 'Commitment'
          ? this.#provoked({ action: 'hold' }, 'the commitment does not arrive before the session expires')
          : { action: 'pass' };
      default:
        return { action: 'pass' };
    }
  }

  #breaksAfter({ messageType }: Envelope): boolean {
    if (this.#fault?.kind !== 'drop-stream' || this.#told || messageType !== 'SessionStart') return false;
    this.#tell(this.#fault.participantId, 'the session stream breaks after SessionStart');
    return true;
  }

  #provoked(fate: MessageFate, text: string): MessageFate {
    this.#tell(this.#victim ?? '', text);
    return fate;
  }

  #tell(participantId: string, text: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#onFault(participantId, text);
  }
}

/** The run as the fault needs it: one that is to expire gets a short life. Pure. */
export function withFault(compiled: CompiledRun, fault: Fault | undefined): CompiledRun {
  if (fault?.kind !== 'expire') return compiled;
  const { initiator } = compiled;
  const ttlMs = Math.min(initiator.sessionStart.ttlMs, SHORT_LIFE_MS);
  return { ...compiled, initiator: { ...initiator, sessionStart: { ...initiator.sessionStart, ttlMs } } };
}
