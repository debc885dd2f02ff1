import type { MacpClient } from '../client.js';
import type { Session, SessionOptions } from './session.js';

/** The session class of a mode: how to open one, and the message type that each of its verbs sends. */
export interface SessionClass {
  new (client: MacpClient, options: SessionOptions): Session;
  readonly verbs: Readonly<Record<string, string>>;
}

/** The verbs of a session class, with their signatures. */
export type VerbsOf<Class extends { readonly prototype: object; readonly verbs: object }> = Pick<
  Class['prototype'],
  keyof Class['verbs'] & keyof Class['prototype']
>;
