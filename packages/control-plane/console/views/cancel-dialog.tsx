import { useEffect, useRef, useState } from 'preact/hooks';
import { cancelCallbackOf, isCancellationDelegated, type Run } from '../../src/model/run.js';
import { api, ApiError } from '../api.js';

/** Asks before cancelling, then says what the runtime confirmed. */
export function CancelDialog({ run, onClose, onDone }: { run: Run; onClose: () => void; onDone: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<{ tone: string; text: string }>();
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      const { confirmed, runtimeState, warning } = await api.cancel(run.id, reason);
      onDone();
      if (confirmed) return onClose();
      setResult({ tone: 'warn', text: warning ?? `The runtime says ${runtimeState ?? 'nothing'}.` });
    } catch (error) {
      setResult({ tone: 'bad', text: error instanceof ApiError ? `${error.code}: ${error.message}` : String(error) });
    }
    setBusy(false);
  };

  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="cancel-title">
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="cancel-title">Cancel this run?</h2>
        <p>{wayOf(run)} No decision will be committed, and this cannot be undone.</p>
        <label class="field">
          <span>Reason (optional)</span>
          <input type="text" maxLength={500} value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        {result === undefined ? null : (
          <p class={`banner tone-${result.tone}`} role="alert">
            {result.text}
          </p>
        )}
        <div class="row end">
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Keep running
          </button>
          <button type="submit" class="danger" disabled={busy}>
            {busy ? 'Cancelling…' : 'Cancel run'}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** Who will do it. */
function wayOf(run: Run): string {
  if (isCancellationDelegated(run)) return 'The control plane cancels the session itself, as the bound policy lets it.';
  if (cancelCallbackOf(run) !== undefined) return 'The initiator is asked to cancel the session with its own identity.';
  return 'Nobody told this control plane how to reach the initiator, and the policy is not known to let it cancel: it will probably be refused. Ask who runs the initiator.';
}
