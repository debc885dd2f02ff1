import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { takeToken } from './api.js';
import { BundlePage } from './views/bundle-page.js';
import { Compare } from './views/compare.js';
import { NewRun } from './views/new-run.js';
import { RunList } from './views/run-list.js';
import { RunPage } from './views/run-page.js';
import './style.css';
import './run.css';

function useRoute(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const onChange = (): void => (takeToken(), setHash(location.hash));
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, []);
  return hash.replace(/^#\/?/, '');
}

function App() {
  const route = useRoute();
  const [, run, seq] = /^runs\/([A-Za-z0-9_-]+)(?:\?seq=(\d+))?$/.exec(route) ?? [];
  if (run !== undefined) return <RunPage key={run} id={run} initialSeq={seq === undefined ? undefined : Number(seq)} />;
  const [, left, right] = /^compare\/([A-Za-z0-9_-]+)\/([A-Za-z0-9_-]+)$/.exec(route) ?? [];
  if (left !== undefined && right !== undefined) return <Compare key={route} left={left} right={right} />;
  if (route === 'file') return <BundlePage />;
  return route === 'new' ? <NewRun /> : <RunList />;
}

takeToken();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
