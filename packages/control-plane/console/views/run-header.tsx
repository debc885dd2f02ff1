import { useState } from 'preact/hooks';
import { isCancellationDelegated, isEnded, type Run } from '../../src/model/run.js';
import type { FoldedSession } from '../../src/model/session-fold.js';
import { copyText, duration, shortId, shortMode } from '../format.js';
import { useClock } from '../use-clock.js';
import type { Connection } from '../use-run.js';
import { StateChip } from './shell.js';

interface HeaderProps {
  readonly run: Run;
  readonly session: FoldedSession | undefined;
  readonly connection: Connection;
  readonly onCancel: () => void;
  readonly onPause: (what: 'suspend' | 'resume') => void;
  readonly onReplay: () => void;
  readonly onExport: () => void;
}

/** What the run is and how it stands; always in view. */
export function RunHeader({ run, session, connection, onCancel, onPause, onReplay, onExport }: HeaderProps) {
  const fromFile = connection.kind === 'file';
  const open = !isEnded(run.status) && !fromFile;
  const now = useClock(500, open);
  const { metadata } = run;
  const text = (name: string): string => (typeof metadata[name] === 'string' ? metadata[name] : '');
  const startedMs = Date.parse(run.startedAt ?? run.createdAt);
  const endMs = run.endedAt === null ? now : Date.parse(run.endedAt);
  // Only the policy can let this observer do it; elsewhere the button would always fail.
  const pause = !isCancellationDelegated(run) ? undefined : run.status === 'running' ? 'suspend' : run.status === 'suspended' ? 'resume' : undefined;
  const status = run.errorCode === 'SESSION_EXPIRED' ? 'expired' : run.status;
  return (
    <section class="run-header" aria-label="Run">
      <div class="row spread">
        <div class="run-title">
          <h1>{text('scenarioRef') || text('intent') || `${shortMode(text('modeName'))} session`}</h1>
          <StateChip status={status} positive={metadata['outcomePositive'] as boolean | undefined} />
          <ConnectionChip connection={connection} />
        </div>
        <div class="row actions">
          <button type="button" class="quiet" onClick={onReplay}>
            Replay
          </button>
          {fromFile ? null : (
            <button type="button" class="quiet" onClick={onExport}>
              Export NDJSON
            </button>
          )}
          {pause === undefined || fromFile ? null : (
            <button type="button" class="quiet" onClick={() => onPause(pause)}>
              {pause === 'suspend' ? 'Suspend' : 'Resume'}
            </button>
          )}
          {open ? (
            <button type="button" class="danger" onClick={onCancel} aria-keyshortcuts="c">
              Cancel run
            </button>
          ) : null}
        </div>
      </div>
      <dl class="facts">
        <Fact name="Session">
          <CopyId value={run.runtimeSessionId} />
        </Fact>
        <Fact name="Mode">{shortMode(session?.binding.mode ?? text('modeName'))}</Fact>
        <Fact name="Policy">
          <span class="mono">{session?.binding.policyVersion || text('policyVersion') || '–'}</span>
        </Fact>
        <Fact name={open ? 'Elapsed' : 'Took'}>{run.status === 'queued' ? 'not started' : duration(endMs - startedMs)}</Fact>
        <Ttl session={session} now={now} open={open} />
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function CopyId({ value }: { value: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    setCopied(await copyText(value));
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" class="copy mono" title={`Copy ${value}`} onClick={() => void copy()}>
      {shortId(value)} {copied ? <span aria-hidden="true">✓</span> : <CopyIcon />}
      <span class="sr-only" role="status">
        {copied ? 'copied' : ''}
      </span>
    </button>
  );
}

function CopyIcon() {
  return (
    <svg viewBox="0 0 12 12" aria-hidden="true">
      <rect x="1" y="3.5" width="7" height="7.5" rx="1.2" />
      <path d="M4 3V1.8C4 1.3 4.3 1 4.8 1h5.4c.5 0 .8.3.8.8v5.9c0 .5-.3.8-.8.8H8.5" />
    </svg>
  );
}

/** Time left to commit, as a bar that runs out. */
function Ttl({ session, now, open }: { session: FoldedSession | undefined; now: number; open: boolean }) {
  if (session === undefined) return null;
  const totalMs = Math.max(1, session.deadlineUnixMs - session.binding.startedAtUnixMs);
  const suspended = session.state === 'SUSPENDED';
  const at = suspended ? (session.suspendedAtUnixMs ?? now) : now;
  const leftMs = Math.max(0, session.deadlineUnixMs - at);
  const share = open ? leftMs / totalMs : 0;
  const words = !open ? duration(totalMs) : suspended ? `${duration(leftMs)} left, stopped` : leftMs === 0 ? 'time is up' : `${duration(leftMs)} left`;
  return (
    <div class="fact ttl">
      <dt>TTL</dt>
      <dd>
        {open ? (
          <span
            class={`ttl-bar${share < 0.2 ? ' low' : ''}`}
            role="progressbar"
            aria-label="Time left"
            aria-valuenow={Math.round(share * 100)}
            aria-valuemin={0}
            aria-valuemax={100}
          >
            <i style={{ width: `${Math.round(share * 1000) / 10}%` }} />
          </span>
        ) : null}
        <span>{words}</span>
      </dd>
    </div>
  );
}

function ConnectionChip({ connection }: { connection: Connection }) {
  switch (connection.kind) {
    case 'live':
      return <span class="chip tone-live pulse">● live</span>;
    case 'ended':
      return <span class="chip tone-idle">■ record complete</span>;
    case 'file':
      return <span class="chip tone-idle">■ from a file</span>;
    case 'connecting':
      return <span class="chip tone-idle">◌ connecting</span>;
    case 'waiting':
      return <span class="chip tone-warn">◌ reconnecting {connection.attempt}</span>;
  }
}

/** While the connection is away: what is shown, and when it is tried again. */
export function ConnectionBanner({ connection, lastOrdinal, onRetry }: { connection: Connection; lastOrdinal: number; onRetry: () => void }) {
  const waiting = connection.kind === 'waiting';
  const now = useClock(500, waiting);
  if (!waiting) return null;
  const seconds = Math.max(0, Math.ceil((connection.retryAtMs - now) / 1000));
  return (
    <p class="banner tone-warn" role="status">
      The control plane does not answer. Showing envelopes up to #{lastOrdinal}; reconnecting {seconds === 0 ? 'now' : `in ${seconds} s`}.{' '}
      <button type="button" class="quiet small" onClick={onRetry}>
        Reconnect now
      </button>
    </p>
  );
}
