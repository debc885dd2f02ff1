/** What a probe found. `step` is the onboarding step, or the part, that owns the fix. An `error` ends the examination of an agent; a `warning` does not. */
export type Finding =
  | { readonly level: 'ok' | 'note'; readonly text: string }
  | { readonly level: 'error' | 'warning'; readonly text: string; readonly step: string; readonly fix: string };

export const ok = (text: string): Finding => ({ level: 'ok', text });
export const note = (text: string): Finding => ({ level: 'note', text });
export const error = (step: string, text: string, fix: string): Finding => ({ level: 'error', step, text, fix });
export const warning = (step: string, text: string, fix: string): Finding => ({ level: 'warning', step, text, fix });
