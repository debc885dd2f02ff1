import { firstDivergence, type Divergence } from '../../src/model/divergence.js';
import { explain, type TrackRow } from '../../src/model/run-track.js';
import { offset, shortName } from '../format.js';
import { useRun, type LiveRun } from '../use-run.js';
import { Lanes } from './lanes.js';
import { OutcomeCard } from './outcome-card.js';
import { ErrorPanel, Loading, TopBar } from './shell.js';
import { VoteTally } from './vote-tally.js';

/** Two runs under each other, and where they part: a policy edit shows its effect. */
export function Compare({ left, right }: { left: string; right: string }) {
  const [first, second] = [useRun(left), useRun(right)];
  const error = first.error ?? second.error;
  const divergence = firstDivergence(first.track.rows, second.track.rows);
  return (
    <>
      <TopBar>
        <a class="button quiet" href="#/">
          All runs
        </a>
      </TopBar>
      <main class="page">
        <h1>Compare two runs</h1>
        {error === undefined ? null : <ErrorPanel error={error} />}
        {first.run === undefined || second.run === undefined ? (
          error === undefined ? (
            <Loading label="Reading both runs" />
          ) : null
        ) : (
          <>
            <DivergencePanel divergence={divergence} first={first} second={second} />
            <Side live={first} at={divergence?.left} />
            <Side live={second} at={divergence?.right} />
          </>
        )}
      </main>
    </>
  );
}

function DivergencePanel({ divergence, first, second }: { divergence: Divergence | undefined; first: LiveRun; second: LiveRun }) {
  if (divergence === undefined) {
    return (
      <section class="card">
        <h2>Both runs say the same</h2>
        <p class="muted">Every envelope has the same sender, type and content.</p>
      </section>
    );
  }
  return (
    <section class="card divergence" aria-labelledby="divergence-title">
      <h2 id="divergence-title">They part at envelope #{divergence.common + 1}</h2>
      <p class="muted">{divergence.common} before it are the same.</p>
      <ul>
        <Line live={first} row={divergence.left} />
        <Line live={second} row={divergence.right} />
      </ul>
    </section>
  );
}

function Line({ live, row }: { live: LiveRun; row: TrackRow | undefined }) {
  const start = live.track.rows[0]?.atUnixMs ?? 0;
  return (
    <li>
      <span class="mono muted">{live.run?.id.slice(0, 8)}</span>{' '}
      {row === undefined ? (
        <span class="muted">has no further envelope</span>
      ) : (
        <>
          <span class="mono muted">{offset(row.atUnixMs, start)}</span> <strong>{shortName(row.sender)}</strong> {row.type}{' '}
          <span class="muted">{row.summary}</span>
        </>
      )}
    </li>
  );
}

function Side({ live, at }: { live: LiveRun; at: TrackRow | undefined }) {
  const { run, track } = live;
  const session = track.sessionAt();
  if (run === undefined) return null;
  const title = typeof run.metadata['scenarioRef'] === 'string' ? run.metadata['scenarioRef'] : run.id;
  return (
    <section class="compare-side" aria-label={title}>
      <h2>
        <a href={`#/runs/${run.id}`}>{title}</a> <span class="mono muted small-text">{run.id}</span>
      </h2>
      <div class="cards">
        <OutcomeCard run={run} session={session} explanation={session === undefined ? undefined : explain(session)} past={false} />
        <VoteTally session={session} onSelect={() => undefined} />
      </div>
      <Lanes
        rows={track.rows}
        all={track.rows}
        spans={track.spans}
        session={session}
        selected={at?.seq}
        live={false}
        onSelect={(seq) => (location.hash = `#/runs/${run.id}?seq=${seq}`)}
      />
    </section>
  );
}
