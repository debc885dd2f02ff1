import { useState } from 'preact/hooks';
import { readRunBundle, type RunBundle } from '../../src/model/run-bundle.js';
import { RunTrack } from '../../src/model/run-track.js';
import type { LiveRun } from '../use-run.js';
import { RunView } from './run-page.js';
import { TopBar } from './shell.js';

/** A larger file would keep the page busy for too long. */
const MAX_FILE_MB = 64;

/** A run out of a file. It is read in this page only: nothing of it goes to the server. */
export function BundlePage() {
  const [live, setLive] = useState<LiveRun>();
  const [problem, setProblem] = useState<string>();
  const open = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      if (file.size > MAX_FILE_MB * 1024 ** 2) throw new Error(`it is larger than ${MAX_FILE_MB} MB; look at it with macp replay`);
      setLive(toLive(readRunBundle(await file.text())));
    } catch (error) {
      setProblem(`${file.name} cannot be shown: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  if (live?.run !== undefined) return <RunView id={live.run.id} live={live} />;
  return (
    <>
      <TopBar>
        <a class="button quiet" href="#/">
          All runs
        </a>
      </TopBar>
      <main class="page narrow">
        <h1>Open a run from a file</h1>
        <section
          class="panel empty"
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            void open(event.dataTransfer?.files[0]);
          }}
        >
          <p>
            Choose or drop a file of <strong>Export NDJSON</strong> or of <code>macp runs export</code>. It is read in this page; nothing of it is sent or
            stored.
          </p>
          <label class="button primary file-button">
            Choose a file
            <input type="file" accept=".ndjson,.macp,.jsonl" class="sr-only" onChange={(event) => void open(event.currentTarget.files?.[0])} />
          </label>
        </section>
        {problem === undefined ? null : (
          <p class="banner tone-bad" role="alert">
            {problem}
          </p>
        )}
      </main>
    </>
  );
}

function toLive({ run, events }: RunBundle): LiveRun {
  const track = new RunTrack();
  track.append(events);
  const nothing = (): void => undefined;
  return { run, track, version: 1, connection: { kind: 'file' }, error: undefined, retry: nothing, refresh: nothing };
}
