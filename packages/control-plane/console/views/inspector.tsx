import { useEffect, useRef, useState } from 'preact/hooks';
import type { TrackRow } from '../../src/model/run-track.js';
import { copyText, offset } from '../format.js';

/** One envelope in full: what it says, and the raw record. Everything is text; nothing is ever read as markup. */
export function Inspector({ row, startUnixMs, onClose }: { row: TrackRow; startUnixMs: number; onClose: () => void }) {
  const [raw, setRaw] = useState(false);
  const [copied, setCopied] = useState(false);
  const card = useRef<HTMLElement>(null);
  // On a narrow page it stands below the list.
  useEffect(() => card.current?.scrollIntoView({ block: 'nearest' }), []);
  const { data } = row.event;
  const payload = data['payload'] ?? data['decodedPayload'] ?? (data['payloadBase64'] === undefined ? undefined : { payloadBase64: data['payloadBase64'] });
  const fixture = JSON.stringify({ mode: data['modeName'], messageType: row.type, sender: row.sender, payload }, null, 2);
  const copy = async (): Promise<void> => {
    setCopied(await copyText(fixture));
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <section class="card inspector" ref={card} aria-label={`Envelope ${row.ordinal}`}>
      <div class="row spread">
        <h2>
          {row.ordinal > 0 ? <span class="muted">#{row.ordinal} </span> : null}
          {row.type} <span class="muted mono small-text">{offset(row.atUnixMs, startUnixMs)}</span>
        </h2>
        <div class="row">
          <button type="button" class="quiet small" aria-pressed={raw} onClick={() => setRaw(!raw)}>
            {raw ? 'Decoded' : 'Raw JSON'}
          </button>
          <button type="button" class="quiet small" onClick={() => void copy()}>
            {copied ? 'Copied' : 'Copy as fixture'}
          </button>
          <button type="button" class="quiet small" aria-label="Close" onClick={onClose}>
            ✕
          </button>
        </div>
      </div>
      {raw ? (
        <pre class="raw">{JSON.stringify(row.event, null, 2)}</pre>
      ) : (
        <dl class="payload">
          <Field name="sender" value={row.sender} />
          {Object.entries((payload ?? {}) as Record<string, unknown>).map(([name, value]) => (
            <Field key={name} name={name} value={value} />
          ))}
          {row.kind === 'envelope' ? (
            <Field name="message id" value={data['messageId']} />
          ) : row.summary === '' ? null : (
            <Field name="detail" value={row.summary} />
          )}
        </dl>
      )}
    </section>
  );
}

function Field({ name, value }: { name: string; value: unknown }) {
  if (
    value === undefined ||
    value === '' ||
    value === null ||
    (Array.isArray(value) && value.length === 0) ||
    (typeof value === 'object' && Object.keys(value).length === 0)
  )
    return null;
  const simple = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return (
    <>
      <dt>{name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()}</dt>
      <dd>{simple ? String(value) : <pre>{JSON.stringify(value, null, 2)}</pre>}</dd>
    </>
  );
}
