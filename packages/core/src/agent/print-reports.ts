import type { AgentReport, ReportSink } from './agent-report.js';
import type { Bootstrap } from './bootstrap.js';
import type { ParticipantResult } from './participant-result.js';

/** Reports as lines for a person who started this agent alone. How the run ended stands in `describeResult`. */
export function printReports(bootstrap: () => Bootstrap | undefined, print: (line: string) => void): ReportSink {
  return (report) => {
    const line = describeReport(report, bootstrap());
    if (line !== undefined) print(line);
  };
}

function describeReport(report: AgentReport, bootstrap: Bootstrap | undefined): string | undefined {
  switch (report.type) {
    case 'ready': {
      const part = bootstrap?.initiator === undefined ? 'takes part in' : 'opens';
      const callback = report.cancelCallbackUrl === undefined ? '' : `, cancel callback at ${report.cancelCallbackUrl}`;
      return `${report.participantId} ${part} session ${bootstrap?.run.sessionId} at ${bootstrap?.runtime.address}${callback}`;
    }
    case 'refused':
      return `refused: ${report.messageType}, ${report.message}`;
    case 'abstained':
      return `abstained: ${report.reason}`;
    case 'model':
      return `model call: ${report.model}, ${report.promptTokens} tokens in, ${report.completionTokens} out`;
    case 'ended':
    case 'serving':
      return undefined;
  }
}

/** How the session ended, in one line. */
export function describeResult({ state, commitment, reason }: ParticipantResult): string {
  if (commitment !== undefined)
    return `${state} ${commitment.action} (${commitment.outcomePositive ? 'positive' : 'negative'}), by ${commitment.sender}: ${commitment.reason}`;
  return `${state} without a commitment${reason === undefined ? '' : `: ${reason}`}`;
}
