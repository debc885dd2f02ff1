import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { explain } from '../../src/model/run-track.js';
import { areRefusalsReported, isEnded } from '../../src/model/run.js';
import { api, ApiError, MAX_EXPORTED } from '../api.js';
import { EMPTY_FILTER, filterRows, type RowFilter } from '../row-filter.js';
import { useKeys } from '../use-keys.js';
import { useReplay } from '../use-replay.js';
import { useRun, type LiveRun } from '../use-run.js';
import { CancelDialog } from './cancel-dialog.js';
import { Inspector } from './inspector.js';
import { Lanes } from './lanes.js';
import { OutcomeCard } from './outcome-card.js';
import { ConnectionBanner, RunHeader } from './run-header.js';
import { Scrubber } from './scrubber.js';
import { ErrorPanel, Loading, TopBar } from './shell.js';
import { Timeline } from './timeline.js';
import { VoteTally } from './vote-tally.js';

/** A run of the server, live. */
export function RunPage({ id, initialSeq }: { id: string; initialSeq?: number | undefined }) {
  return <RunView id={id} live={useRun(id)} initialSeq={initialSeq} />;
}

/** A run, wherever it comes from. */
export function RunView({ id, live, initialSeq }: { id: string; live: LiveRun; initialSeq?: number | undefined }) {
  const { run, track, version } = live;
  /** Sequence number that is shown; undefined follows the newest. */
  const [cursor, setCursor] = useState<number>();
  const [selected, setSelected] = useState<number | undefined>(initialSeq);
  const [filter, setFilter] = useState<RowFilter>(EMPTY_FILTER);
  const [problem, setProblem] = useState<string>();
  const [cancelling, setCancelling] = useState(false);
  const search = useRef<HTMLInputElement>(null);

  const all = track.rows;
  const shown = useMemo(() => (cursor === undefined ? all.slice() : all.filter((row) => row.seq <= cursor)), [version, cursor]);
  const session = useMemo(() => track.sessionAt(cursor), [version, cursor]);
  const explanation = useMemo(() => (session === undefined ? undefined : explain(session)), [session]);
  const rows = useMemo(() => filterRows(shown, filter), [shown, filter]);
  const current = rows.find((row) => row.seq === selected);
  const replay = useReplay(all, cursor, setCursor);
  const open = run !== undefined && !isEnded(run.status) && live.connection.kind !== 'file';

  const move = (step: number): void => {
    const at = rows.findIndex((row) => row.seq === selected);
    const next = rows[at === -1 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
    if (next !== undefined) setSelected(next.seq);
  };
  const togglePause = (): void => {
    if (replay.playing) replay.stop();
    else setCursor(cursor === undefined ? track.lastSeq : undefined);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ' ': togglePause,
    c: () => open && setCancelling(true),
    '/': () => search.current?.focus(),
    Escape: () => setSelected(undefined),
  });
  useEffect(() => {
    document.title = run === undefined ? 'MACP console' : `${String(run.metadata['scenarioRef'] ?? run.id)} · MACP console`;
  }, [run]);

  const pause = async (what: 'suspend' | 'resume'): Promise<void> => {
    try {
      await api.pause(id, what);
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof ApiError ? `${error.code}: ${error.message}` : String(error));
    }
  };
  const exportRun = async (): Promise<void> => {
    try {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await api.exportText(id));
      link.download = `${id}.ndjson`;
      link.click();
      URL.revokeObjectURL(link.href);
      const { lastSeq } = track;
      setProblem(
        lastSeq > MAX_EXPORTED
          ? `The file has the first ${MAX_EXPORTED} of ${lastSeq} events; GET /runs/${id}/events?afterSeq=${MAX_EXPORTED} has the rest.`
          : undefined,
      );
    } catch (error) {
      setProblem(`The run could not be exported: ${error instanceof ApiError ? `${error.code}: ${error.message}` : String(error)}`);
    }
  };

  if (live.error !== undefined) return <Frame>{<ErrorPanel error={live.error} onRetry={live.retry} />}</Frame>;
  if (run === undefined && live.connection.kind === 'waiting')
    return (
      <Frame>
        <ErrorPanel error={new Error(live.connection.message)} onRetry={live.retry} />
      </Frame>
    );
  if (run === undefined)
    return (
      <Frame>
        <Loading label="Reading the run" />
      </Frame>
    );
  return (
    <>
      <TopBar>
        <a class="button quiet" href="#/">
          All runs
        </a>
      </TopBar>
      <main class="run">
        <RunHeader
          run={run}
          session={session}
          connection={live.connection}
          onCancel={() => setCancelling(true)}
          onPause={(what) => void pause(what)}
          onReplay={replay.start}
          onExport={() => void exportRun()}
        />
        {problem === undefined ? null : (
          <p class="banner tone-bad" role="alert">
            {problem}
          </p>
        )}
        <ConnectionBanner connection={live.connection} lastOrdinal={track.sessionAt()?.ordinal ?? 0} onRetry={live.retry} />
        <div class="run-grid">
          <div class="run-main">
            <div class="cards">
              <OutcomeCard run={run} session={session} explanation={explanation} past={cursor !== undefined} />
              <VoteTally session={session} onSelect={(voter) => setFilter({ ...EMPTY_FILTER, sender: voter })} />
            </div>
            <Scrubber
              rows={all}
              cursor={cursor}
              open={open}
              playing={replay.playing}
              onChange={(seq) => (replay.stop(), setCursor(seq))}
              onPlay={replay.toggle}
            />
            <Lanes
              rows={shown}
              all={all}
              spans={track.spans.filter((span) => cursor === undefined || span.seq <= cursor)}
              session={session}
              selected={selected}
              live={cursor === undefined && open}
              onSelect={setSelected}
            />
          </div>
          <div class="run-side">
            <Timeline
              rows={rows}
              total={shown.length}
              startUnixMs={all[0]?.atUnixMs ?? 0}
              selected={selected}
              filter={filter}
              senders={[...new Set(shown.map((row) => row.sender))].filter((sender) => sender !== '')}
              types={[...new Set(shown.map((row) => row.type))]}
              follow={cursor === undefined && selected === undefined}
              refusalsShown={areRefusalsReported(run)}
              searchRef={search}
              onFilter={setFilter}
              onSelect={setSelected}
            />
            {current === undefined ? null : <Inspector row={current} startUnixMs={all[0]?.atUnixMs ?? 0} onClose={() => setSelected(undefined)} />}
          </div>
        </div>
      </main>
      {cancelling ? <CancelDialog run={run} onClose={() => setCancelling(false)} onDone={live.refresh} /> : null}
    </>
  );
}

function Frame({ children }: { children: preact.ComponentChildren }) {
  return (
    <>
      <TopBar />
      <main class="page narrow">
        <h1 class="sr-only">Run</h1>
        {children}
      </main>
    </>
  );
}
