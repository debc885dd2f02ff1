const DEFAULT_HOLD_MS = 8_000;

/** RISK_DECIDER_SUSPEND_HOLD_MS: how long the suspend demo holds the session, in milliseconds. Default 8000. */
export function loadSuspendHoldMs(env: Readonly<Record<string, string | undefined>>): number {
  const given = env['RISK_DECIDER_SUSPEND_HOLD_MS'] ?? '';
  if (given === '') return DEFAULT_HOLD_MS;
  const holdMs = Number(given);
  if (!Number.isInteger(holdMs) || holdMs < 0)
    throw new Error(`RISK_DECIDER_SUSPEND_HOLD_MS=${given} is not a whole number of milliseconds; unset it for ${DEFAULT_HOLD_MS}`);
  return holdMs;
}
