/** One line to whoever started this process; never holds tokens, payloads or inputs. */
export type AgentReport =
  /** The agent can be reached and has spoken to the runtime. The URL holds the bound port. */
  | { readonly type: 'ready'; readonly participantId: string; readonly cancelCallbackUrl?: string }
  /** The runtime refused a message. `step` is the onboarding step that owns the fix. */
  | { readonly type: 'refused'; readonly code: string; readonly message: string; readonly messageType: string; readonly step?: string }
  | { readonly type: 'abstained'; readonly reason: string }
  /** One call of a language model. */
  | { readonly type: 'model'; readonly model: string; readonly promptTokens: number; readonly completionTokens: number }
  | { readonly type: 'ended'; readonly state: string; readonly reason?: string }
  /** The process takes bootstraps from its pipe, one session each; its other reports say which session they are about. */
  | { readonly type: 'serving' };

/** Takes reports; must not throw. `sessionId` stands in those of a process that serves many sessions. */
export type ReportSink = (report: AgentReport & { readonly sessionId?: string }) => void;

export const ignoreReports: ReportSink = () => undefined;

const STEP_BY_CODE: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'step 2',
  FORBIDDEN: 'step 2',
  IDENTITY_MISMATCH: 'step 1',
  CREDENTIAL_REQUIRED: 'step 3',
  UNKNOWN_POLICY_VERSION: 'policy',
  POLICY_DENIED: 'policy',
  INVALID_POLICY_DEFINITION: 'policy',
  SESSION_ALREADY_EXISTS: 'producer',
  INVALID_SESSION_ID: 'producer',
};

/** The report of a refused message. */
export function refusedReport(error: { readonly code: string; readonly message: string }, messageType: string): AgentReport {
  const step = STEP_BY_CODE[error.code];
  return { type: 'refused', code: error.code, message: error.message, messageType, ...(step !== undefined && { step }) };
}
