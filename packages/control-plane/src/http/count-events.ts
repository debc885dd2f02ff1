import type { RunStore } from '../store/run-store.js';
import type { MetricName, Metrics } from './metrics.js';

const COUNTED: Readonly<Record<string, MetricName>> = { 'message.received': 'macp_inbound_messages_total', 'signal.emitted': 'macp_signals_total' };

/** Counts what the store records from now on. */
export function countEvents(store: RunStore, metrics: Metrics): void {
  store.subscribe((run, events) => {
    for (const { type, subject, data } of events) {
      const name = COUNTED[type];
      if (name !== undefined) metrics.count(name);
      else if (subject.kind === 'run') {
        metrics.count('run_state_transitions_total', { event: type });
        const { durationMs } = run.metadata;
        if (typeof durationMs === 'number' && data['endedAt'] !== undefined)
          metrics.observe('macp_run_duration_seconds', { status: run.status }, durationMs / 1000);
      } else if (type === 'message.refused') metrics.count('macp_refused_messages_total', { code: String(data['code']) });
      else if (type === 'session.stream.opened' && data['status'] === 'reconnecting') metrics.count('macp_stream_reconnects_total');
      else if (type === 'session.stream.opened' && data['status'] === 'recovered') metrics.count('macp_recovery_total');
    }
  });
}
