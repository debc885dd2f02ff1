import type { MacpClient } from '../client.js';
import { SESSION_CLASSES } from '../gen/sessions.js';
import { Session, type SessionOptions } from '../session/session.js';

/** The session class with the verbs of this mode; the plain one for modes that have no class. */
export function openSessionOfMode(client: MacpClient, mode: string, options: SessionOptions): Session {
  const { sessionId, auth, modeVersion, configurationVersion, policyVersion } = options;
  const own = { sessionId, auth, modeVersion, configurationVersion, policyVersion };
  const known = Object.hasOwn(SESSION_CLASSES, mode) ? SESSION_CLASSES[mode] : undefined;
  return known === undefined ? new Session(client, mode, own) : new known(client, own);
}
