import { MASKED } from '../secrets.js';
import type { Bootstrap } from './bootstrap.js';

/** What a bootstrap makes an agent do, in lines for people. Tokens are never part of it. */
export function explainBootstrap(bootstrap: Bootstrap): string {
  const { run, participant, runtime, mode, initiator, cancelCallback, session, execution } = bootstrap;
  const lines: [string, string][] = [
    ['participant', participant.role === undefined ? participant.participantId : `${participant.participantId} (role ${participant.role})`],
    ['session', `${run.sessionId} (run ${run.runId})`],
    ['mode', `${mode} ${execution.modeVersion}, ${execution.configurationVersion}, policy ${execution.policyVersion}`],
    ['runtime', `${runtime.address}, ${runtime.tls ? 'TLS' : 'plaintext'}`],
    ['token', MASKED],
    ['participants', session.participants.length === 0 ? '(not given)' : session.participants.join(', ')],
  ];
  if (initiator === undefined) lines.push(['part', 'joins the session, which may not exist yet']);
  else {
    const { sessionStart, kickoff } = initiator;
    lines.push(['part', `starts the session: "${sessionStart.intent}", ends by itself after ${sessionStart.ttlMs} ms`]);
    lines.push(['kickoff', kickoff === undefined ? 'none' : `${kickoff.messageType} with ${Object.keys(kickoff.payload).join(', ')}`]);
  }
  if (cancelCallback === undefined) lines.push(['cancel', 'no listener']);
  else {
    const { host, port, path, bearer } = cancelCallback;
    lines.push([
      'cancel',
      `POST http://${host}:${port === 0 ? '(any free port)' : port}${path}, ${bearer === undefined ? 'no bearer, loopback only' : 'with a bearer'}`,
    ]);
  }
  if (execution.scenarioRef !== undefined) lines.push(['scenario', execution.scenarioRef]);
  const inputs = Object.keys(session.context);
  if (inputs.length > 0) lines.push(['inputs', inputs.join(', ')]);
  const extra = Object.keys(bootstrap.extra);
  if (extra.length > 0) lines.push(['ignored keys', extra.join(', ')]);
  for (const warning of bootstrap.warnings) lines.push(['warning', warning]);
  return lines.map(([name, text]) => `${name.padEnd(14)}${text}`).join('\n');
}
