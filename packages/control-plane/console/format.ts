/** `+mm:ss.mmm` since a start. */
export function offset(atUnixMs: number, startUnixMs: number): string {
  const ms = Math.max(0, atUnixMs - startUnixMs);
  const pad = (value: number, width: number): string => String(Math.floor(value)).padStart(width, '0');
  return `+${pad(ms / 60_000, 2)}:${pad((ms / 1000) % 60, 2)}.${pad(ms % 1000, 3)}`;
}

/** `1.2 s`, `3 m 05 s`, `2 h 10 m`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} m ${String(Math.floor((ms / 1000) % 60)).padStart(2, '0')} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms / 60_000) % 60)} m`;
}

/** `14:03:22`, or day and minute when it is not of today. */
export function clock(iso: string): string {
  const at = new Date(iso);
  if (at.toDateString() === new Date().toDateString()) return at.toLocaleTimeString([], { hour12: false });
  return at.toLocaleString([], { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hour12: false });
}

/** An id that is too long for its place: both ends of it. */
export function shortId(id: string): string {
  return id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}

/** The text as a sentence. */
export function sentence(text: string): string {
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** `macp.mode.decision.v1` → `decision`. */
export function shortMode(mode: string): string {
  return mode.replace(/^macp\.mode\./, '').replace(/\.v\d+$/, '');
}

/** `agent://risk-agent` → `risk-agent`. */
export function shortName(sender: string): string {
  return sender.replace(/^agent:\/\//, '');
}

/** Name of a part of the page, with the run it is of where there are several. */
export function labelOf(part: string, run: string | undefined): string {
  return run === undefined ? part : `${part} of ${run}`;
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Puts the text on the clipboard; false where the browser does not let a page, as over plain HTTP from another host. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The caller shows no tick then; the text can still be selected.
    return false;
  }
}
