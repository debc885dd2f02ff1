import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, setToken } from '../api.js';

/** The bar above every page. */
export function TopBar({ children }: { children?: ComponentChildren }) {
  return (
    <header class="topbar">
      <a class="brand" href="#/">
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M4 4l4 8 4-8" />
          <circle cx="4" cy="4" r="2.2" />
          <circle cx="12" cy="4" r="2.2" class="b" />
          <circle cx="8" cy="12.2" r="2.6" />
        </svg>
        MACP console
      </a>
      <div class="topbar-tools">{children}</div>
    </header>
  );
}

/** What went wrong, in the API's words, and what to do. */
export function ErrorPanel({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const code = error instanceof ApiError ? error.code : 'UNREACHABLE';
  const unauthorized = error instanceof ApiError && error.status === 401;
  return (
    <section class="panel empty" role="alert">
      <p class="empty-code">{code}</p>
      <h2>{TITLES[code] ?? 'The server refused this'}</h2>
      <p>
        {code === 'UNREACHABLE'
          ? 'The control plane does not answer. Check that its process still runs; this page goes on by itself when it is back.'
          : error.message}
      </p>
      {unauthorized ? <TokenForm /> : null}
      <p class="row center">
        {onRetry === undefined ? null : (
          <button type="button" onClick={onRetry}>
            Try again
          </button>
        )}
        <a class="button quiet" href="#/">
          All runs
        </a>
      </p>
    </section>
  );
}

const TITLES: Readonly<Record<string, string>> = {
  RUN_NOT_FOUND: 'There is no such run',
  UNAUTHENTICATED: 'This server wants its token',
  UNREACHABLE: 'No connection to the control plane',
  RATE_LIMITED: 'Too many open pages',
};

function TokenForm() {
  const [token, set] = useState('');
  const save = (event: Event): void => {
    event.preventDefault();
    setToken(token.trim());
    location.reload();
  };
  return (
    <form class="row center" onSubmit={save}>
      <input type="password" aria-label="Token" placeholder="Token" value={token} onInput={(event) => set(event.currentTarget.value)} />
      <button type="submit" disabled={token.trim() === ''}>
        Open
      </button>
    </form>
  );
}

export function Loading({ label }: { label: string }) {
  return (
    <div class="panel empty" role="status">
      <div class="skeleton" />
      <div class="skeleton short" />
      <p class="muted">{label}</p>
    </div>
  );
}

/** State of a run or session: word, shape and colour together. */
export function StateChip({ status, positive }: { status: string; positive?: boolean | undefined }) {
  const known = CHIPS[status] ?? { label: status, icon: '○', tone: 'idle' };
  const { label, icon, tone } = status === 'completed' && positive === false ? { label: 'Declined', icon: '✕', tone: 'bad' } : known;
  return (
    <span class={`chip tone-${tone}`}>
      <span aria-hidden="true">{icon}</span> {label}
    </span>
  );
}

const CHIPS: Readonly<Record<string, { label: string; icon: string; tone: string }>> = {
  queued: { label: 'Waiting for start', icon: '◌', tone: 'idle' },
  starting: { label: 'Starting', icon: '◌', tone: 'idle' },
  binding_session: { label: 'Waiting for start', icon: '◌', tone: 'idle' },
  running: { label: 'Open', icon: '●', tone: 'live' },
  suspended: { label: 'Suspended', icon: '❚❚', tone: 'warn' },
  completed: { label: 'Committed', icon: '✓', tone: 'good' },
  failed: { label: 'Failed', icon: '✕', tone: 'bad' },
  cancelled: { label: 'Cancelled', icon: '⊘', tone: 'warn' },
  expired: { label: 'Expired', icon: '◔', tone: 'warn' },
};
