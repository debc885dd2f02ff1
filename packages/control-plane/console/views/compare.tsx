import { compareRuns, type Comparison, type FieldDifference } from '../../src/model/divergence.js';
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
  const comparison = compareRuns(first.track.rows, second.track.rows);
  const { divergence } = comparison;
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
            <DivergencePanel comparison={comparison} first={first} second={second} />
            <Side live={first} at={divergence?.left} />
            <Side live={second} at={divergence?.right} />
          </>
        )}
      </main>
    </>
  );
}

function DivergencePanel({ comparison, first, second }: { comparison: Comparison; first: LiveRun; second: LiveRun }) {
  const { start, divergence } = comparison;
  return (
    <section class="card divergence" aria-labelledby="divergence-title">
      <h2 id="divergence-title">
        {divergence === undefined
          ? start.length === 0
            ? 'Both runs say the same'
            : 'Started differently, went the same'
          : `They part at envelope #${divergence.common + 1}`}
      </h2>
      {start.length === 0 ? null : (
        <>
          <p class="muted">Their SessionStarts differ:</p>
          <Differences fields={start} />
        </>
      )}
      {divergence === undefined ? (
        <p class="muted">Every {start.length === 0 ? '' : 'further '}envelope has the same sender, type and content.</p>
      ) : (
        <>
          <ul>
            <Line live={first} row={divergence.left} />
            <Line live={second} row={divergence.right} />
          </ul>
          <Differences fields={divergence.fields} />
        </>
      )}
    </section>
  );
}

const MAX_SHOWN = 160;

function Differences({ fields }: { fields: readonly FieldDifference[] }) {
  if (fields.length === 0) return null;
  const cut = (text: string): string => (text === '' ? 'nothing' : text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
  return (
    <dl class="differences">
      {fields.map(({ name, left, right }) => (
        <div key={name}>
          <dt>{name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()}</dt>
          <dd>
            {cut(left)} <span aria-hidden="true">→</span>
            <span class="sr-only">, in the second run:</span> <strong>{cut(right)}</strong>
          </dd>
        </div>
      ))}
    </dl>
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
    <section class="compare-side" aria-label={`Run ${run.id}`}>
      <h2>
        <a href={`#/runs/${run.id}`}>{title}</a> <span class="mono muted small-text">{run.id}</span>
      </h2>
      <div class="cards">
        <OutcomeCard run={run} session={session} explanation={session === undefined ? undefined : explain(session)} past={false} of={run.id} />
        <VoteTally session={session} of={run.id} onSelect={() => undefined} />
      </div>
      <Lanes
        rows={track.rows}
        all={track.rows}
        spans={track.spans}
        session={session}
        selected={at?.seq}
        live={false}
        of={run.id}
        onSelect={(seq) => (location.hash = `#/runs/${run.id}?seq=${seq}`)}
      />
    </section>
  );
}
