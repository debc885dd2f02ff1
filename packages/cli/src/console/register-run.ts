import { MacpError } from '@macp-agent/protocol';
import type { CompiledRun } from '@macp-agent/scenarios';

/** Control plane to tell about a run. */
export interface ConsoleAddress {
  /** Base URL, ending in a slash. */
  readonly url: string;
  readonly token?: string | undefined;
}

/** Tells the observer what a run is and how it is cancelled; what only its session shows it has found by itself. Limit 10 s. */
export async function registerRun(
  console: ConsoleAddress,
  { runDescriptor }: CompiledRun,
  cancelCallback: { readonly url: string; readonly bearer: string } | undefined,
): Promise<void> {
  const { session } = runDescriptor;
  const metadata = { ...session.metadata, ...(cancelCallback === undefined ? {} : { cancelCallback }) };
  const response = await fetch(new URL('runs', console.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(console.token === undefined ? {} : { authorization: `Bearer ${console.token}` }) },
    // Sandbox runs are left out of listings; whoever opened a console wants to see this one.
    body: JSON.stringify({ ...runDescriptor, mode: 'live', session: { ...session, metadata } }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) {
    throw new MacpError('INVALID_OPTIONS', `the console refused the run of session ${session.sessionId} with ${response.status}: ${await response.text()}`);
  }
}
