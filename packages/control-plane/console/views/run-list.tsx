import { useEffect, useState } from 'preact/hooks';
import type { Run } from '../../src/model/run.js';
import { api, type ServerInfo } from '../api.js';
import { clock, duration, plural, shortId, shortMode } from '../format.js';
import { ErrorPanel, Loading, StateChip, TopBar } from './shell.js';

const REFRESH_MS = 2_000;
const LIMIT = 100;

export function RunList() {
  const [runs, setRuns] = useState<Run[]>();
  const [total, setTotal] = useState(0);
  const [info, setInfo] = useState<ServerInfo>();
  const [error, setError] = useState<Error>();
  const [search, setSearch] = useState('');

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const load = async (): Promise<void> => {
      try {
        const [page, server] = await Promise.all([api.runs(search, LIMIT), api.info()]);
        if (stopped) return;
        setRuns(page.data);
        setTotal(page.total);
        setInfo(server);
        setError(undefined);
      } catch (cause) {
        if (!stopped) setError(cause instanceof Error ? cause : new Error(String(cause)));
      }
      if (!stopped) timer = setTimeout(() => void load(), REFRESH_MS);
    };
    void load();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [search]);

  return (
    <>
      <TopBar>
        {info === undefined ? null : (
          <span class={`chip tone-${info.runtimeConnected ? 'good' : 'bad'}`}>
            {info.runtimeConnected ? '● runtime' : '○ runtime'}
            <span class="wide-only">{info.runtimeConnected ? ' watched' : ' unreachable'}</span>
          </span>
        )}
        {info?.canStartRuns === true ? (
          <a class="button primary" href="#/new">
            New run
          </a>
        ) : null}
      </TopBar>
      <main class="page">
        <div class="row spread">
          <h1>Runs</h1>
          <input
            class="search"
            type="search"
            placeholder="Search id, tag, scenario"
            aria-label="Search runs"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </div>
        {error !== undefined && runs === undefined ? <ErrorPanel error={error} /> : null}
        {error !== undefined && runs !== undefined ? (
          <p class="banner tone-bad" role="status">
            The control plane does not answer; showing what was known. Trying again every {REFRESH_MS / 1000} s.
          </p>
        ) : null}
        {runs === undefined && error === undefined ? <Loading label="Reading runs" /> : null}
        {runs?.length === 0 ? <NoRuns search={search} canStart={info?.canStartRuns === true} connected={info?.runtimeConnected === true} /> : null}
        {runs !== undefined && runs.length > 0 ? <RunTable runs={runs} /> : null}
        {runs !== undefined && total > runs.length ? (
          <p class="muted">
            The newest {runs.length} of {total} runs; search for others.
          </p>
        ) : null}
        <p class="muted small-text">
          An exported run? <a href="#/file">Open it from a file</a>
        </p>
      </main>
    </>
  );
}

function NoRuns({ search, canStart, connected }: { search: string; canStart: boolean; connected: boolean }) {
  if (search !== '')
    return (
      <section class="panel empty">
        <h2>No run matches “{search}”</h2>
        <p>Search looks at ids, tags, scenarios and environments.</p>
      </section>
    );
  return (
    <section class="panel empty">
      <h2>No runs yet</h2>
      <p>
        {connected
          ? 'The runtime is watched: every session that starts there appears here by itself.'
          : 'The runtime cannot be reached yet. It is tried again all the time; sessions appear as soon as it answers.'}
      </p>
      <p>Start one from a terminal:</p>
      <pre class="command">macp run fraud/high-value-new-device@1.0.0</pre>
      {canStart ? (
        <a class="button primary" href="#/new">
          New run
        </a>
      ) : null}
    </section>
  );
}

function RunTable({ runs }: { runs: readonly Run[] }) {
  /** The last two that were ticked. */
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const toggle = (id: string): void => setChosen(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id].slice(-2));
  return (
    <>
      {chosen.length === 0 ? null : (
        <p class="banner tone-live compare-bar" role="status">
          {chosen.length === 1 ? (
            'Choose one more run to compare.'
          ) : (
            <a class="button primary" href={`#/compare/${chosen.join('/')}`}>
              Compare the two runs
            </a>
          )}
        </p>
      )}
      <RunRows runs={runs} chosen={chosen} onToggle={toggle} />
    </>
  );
}

function RunRows({ runs, chosen, onToggle }: { runs: readonly Run[]; chosen: readonly string[]; onToggle: (id: string) => void }) {
  return (
    <table class="runs panel">
      <thead>
        <tr>
          <th scope="col" class="pick">
            <span class="sr-only">Compare</span>
          </th>
          <th scope="col">Outcome</th>
          <th scope="col">Scenario</th>
          <th scope="col" class="wide-only">
            Policy
          </th>
          <th scope="col">Votes</th>
          <th scope="col" class="wide-only num">
            Envelopes
          </th>
          <th scope="col" class="num">
            Took
          </th>
          <th scope="col" class="num">
            Started
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <RunRow key={run.id} run={run} chosen={chosen.includes(run.id)} onToggle={onToggle} />
        ))}
      </tbody>
    </table>
  );
}

function RunRow({ run, chosen, onToggle }: { run: Run; chosen: boolean; onToggle: (id: string) => void }) {
  const { metadata } = run;
  const text = (name: string): string => (typeof metadata[name] === 'string' ? metadata[name] : '');
  const startedMs = Date.parse(run.startedAt ?? run.createdAt);
  const took = duration((run.endedAt === null ? Date.now() : Date.parse(run.endedAt)) - startedMs);
  const status = run.errorCode === 'SESSION_EXPIRED' ? 'expired' : run.status;
  return (
    <tr>
      <td class="pick">
        <input type="checkbox" checked={chosen} aria-label={`Choose ${run.id} to compare`} onChange={() => onToggle(run.id)} />
      </td>
      <td>
        <StateChip status={status} positive={metadata['outcomePositive'] as boolean | undefined} />
      </td>
      <td class="scenario">
        <a href={`#/runs/${run.id}`}>{text('scenarioRef') || text('intent') || `${shortMode(text('modeName'))} session`}</a>
        <small class="mono muted" title={run.id}>
          {shortId(run.id)}
          {text('templateId') === '' ? '' : ` · ${text('templateId')}`}
        </small>
      </td>
      <td class="wide-only mono muted policy">{text('policyVersion')}</td>
      <td>
        <VoteDots votes={(metadata['votes'] ?? {}) as Record<string, number>} />
      </td>
      <td class="wide-only num">{run.lastOrdinal}</td>
      <td class="num">{run.status === 'queued' ? '' : took}</td>
      <td class="num muted">{clock(run.startedAt ?? run.createdAt)}</td>
    </tr>
  );
}

const DOTS = 9;

function VoteDots({ votes }: { votes: Readonly<Record<string, number>> }) {
  const { approve = 0, reject = 0, abstain = 0 } = votes;
  const all = [...Array<string>(approve).fill('approve'), ...Array<string>(reject).fill('reject'), ...Array<string>(abstain).fill('abstain')];
  if (all.length === 0) return <span class="muted">–</span>;
  const label = `${approve} approve, ${reject} reject, ${plural(abstain, 'abstention')}`;
  return (
    <span class="dots" role="img" aria-label={label} title={label}>
      {all.slice(0, DOTS).map((kind, index) => (
        <i key={index} class={`dot vote-${kind}`} />
      ))}
      {all.length > DOTS ? <small class="muted">+{all.length - DOTS}</small> : null}
    </span>
  );
}
