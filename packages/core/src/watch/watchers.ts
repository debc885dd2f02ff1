import type { Envelope, SessionLifecycleEvent } from '@macp-agent/protocol';
import type { AuthConfig } from '../auth.js';
import type { MacpClient } from '../client.js';
import type { PoliciesChange, RegistryChange, RootsChange, WatchOptions } from './watches.js';

type Watch<T> = (options: WatchOptions) => AsyncGenerator<T, void, undefined>;

interface WatcherOptions {
  readonly auth?: AuthConfig | undefined;
}

/** What the five watchers share: changes as an iterable, a handler loop, or one by one. Each call of them opens its own watch. */
class Watcher<T> {
  readonly #watch: Watch<T>;
  readonly #options: WatcherOptions;

  constructor(watch: Watch<T>, options: WatcherOptions) {
    this.#watch = watch;
    this.#options = options;
  }

  /** Fails with ABORTED when the signal fires; leaving the loop cancels the watch. */
  changes(signal?: AbortSignal): AsyncGenerator<T, void, undefined> {
    return this.#watch({ auth: this.#options.auth, signal });
  }

  /** Calls the handler for every change, one after the other, until the watch ends. */
  async watch(handler: (change: T) => void | Promise<void>, signal?: AbortSignal): Promise<void> {
    for await (const change of this.changes(signal)) await handler(change);
  }

  /** The first change from now; undefined when the runtime ends the watch before. */
  async nextChange(signal?: AbortSignal): Promise<T | undefined> {
    for await (const change of this.changes(signal)) return change;
    return undefined;
  }
}

/** Tells that the modes of the runtime changed, and once at the begin. */
export class ModeRegistryWatcher extends Watcher<RegistryChange> {
  constructor(client: MacpClient, options: WatcherOptions = {}) {
    super((given) => client.watchModeRegistry(given), options);
  }
}

/** Tells that the roots of the runtime changed, and once at the begin. */
export class RootsWatcher extends Watcher<RootsChange> {
  constructor(client: MacpClient, options: WatcherOptions = {}) {
    super((given) => client.watchRoots(given), options);
  }
}

/** First the current policies, then all of them after each change. */
export class PolicyWatcher extends Watcher<PoliciesChange> {
  constructor(client: MacpClient, options: WatcherOptions = {}) {
    super((given) => client.watchPolicies(given), options);
  }
}

/** First the current sessions, as CREATED events, then changes (RFC-MACP-0006). */
export class SessionLifecycleWatcher extends Watcher<SessionLifecycleEvent> {
  constructor(client: MacpClient, options: WatcherOptions = {}) {
    super((given) => client.watchSessions(given), options);
  }
}

/** Ambient signals; needs a credential. */
export class SignalWatcher extends Watcher<Envelope> {
  constructor(client: MacpClient, options: WatcherOptions = {}) {
    super((given) => client.watchSignals(given), options);
  }

  /** The same as `changes`. */
  signals(signal?: AbortSignal): AsyncGenerator<Envelope, void, undefined> {
    return this.changes(signal);
  }

  /** The first signal from now, as `nextChange`. */
  nextSignal(signal?: AbortSignal): Promise<Envelope | undefined> {
    return this.nextChange(signal);
  }
}
