type Labels = Readonly<Record<string, string>>;

/** Every metric: what it counts, and of what kind. Names are those that existing dashboards read. */
export const METRICS = {
  http_requests_total: { kind: 'counter', help: 'HTTP requests that were answered, by method, route and status' },
  http_request_duration_seconds: { kind: 'histogram', help: 'time to answer an HTTP request, without live streams, by method and route' },
  run_state_transitions_total: { kind: 'counter', help: 'events of the life of runs, by event' },
  macp_run_duration_seconds: { kind: 'histogram', help: 'time from the start of a session to its end, by status' },
  macp_inbound_messages_total: { kind: 'counter', help: 'accepted envelopes that were recorded' },
  macp_signals_total: { kind: 'counter', help: 'signals that were recorded' },
  macp_refused_messages_total: { kind: 'counter', help: 'refusals that agents reported, by code' },
  macp_stream_reconnects_total: { kind: 'counter', help: 'session streams that broke and were opened again' },
  macp_recovery_total: { kind: 'counter', help: 'runs that an earlier process left unfinished and this one followed on' },
  macp_traces_total: { kind: 'counter', help: 'traces of ended runs, by whether the collector took them' },
  active_sse_connections: { kind: 'gauge', help: 'live streams that are open' },
  active_runtime_streams: { kind: 'gauge', help: 'sessions that are followed' },
  macp_runtime_connected: { kind: 'gauge', help: '1 while the sessions of the runtime are watched, else 0' },
  macp_runs: { kind: 'gauge', help: 'runs of the record' },
} as const satisfies Readonly<Record<string, { readonly kind: 'counter' | 'gauge' | 'histogram'; readonly help: string }>>;

export type MetricName = keyof typeof METRICS;

/** Upper bounds in seconds: from an answer out of memory to a session of an hour. */
const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

interface Distribution {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Counters, gauges and histograms in the Prometheus text format. Labels come from closed sets, never from a request or an envelope. */
export class Metrics {
  readonly #counters = new Map<MetricName, Map<string, number>>();
  readonly #histograms = new Map<MetricName, Map<string, Distribution>>();
  readonly #gauges = new Map<MetricName, () => number>();

  count(name: MetricName, labels: Labels = {}, by = 1): void {
    const series = entry(this.#counters, name, () => new Map<string, number>());
    const key = keyOf(labels);
    series.set(key, (series.get(key) ?? 0) + by);
  }

  observe(name: MetricName, labels: Labels, seconds: number): void {
    const series = entry(this.#histograms, name, () => new Map<string, Distribution>());
    const distribution = entry(series, keyOf(labels), () => ({ counts: BUCKETS.map(() => 0), sum: 0, count: 0 }));
    distribution.sum += seconds;
    distribution.count += 1;
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
    if (bucket !== -1) distribution.counts[bucket] = (distribution.counts[bucket] ?? 0) + 1;
  }

  gauge(name: MetricName, read: () => number): void {
    this.#gauges.set(name, read);
  }

  text(): string {
    const lines: string[] = [];
    for (const [name, { kind, help }] of Object.entries(METRICS) as [MetricName, (typeof METRICS)[MetricName]][]) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
      const gauge = this.#gauges.get(name);
      if (gauge !== undefined) lines.push(`${name} ${gauge()}`);
      for (const [labels, value] of this.#counters.get(name) ?? []) lines.push(line(name, labels, value));
      for (const [labels, distribution] of this.#histograms.get(name) ?? []) lines.push(...histogramLines(name, labels, distribution));
    }
    return `${lines.join('\n')}\n`;
  }
}

function histogramLines(name: string, labels: string, { counts, sum, count }: Distribution): string[] {
  let below = 0;
  const labelsWith = (bound: number | string): string => `${labels === '' ? '' : `${labels},`}le="${bound}"`;
  const buckets = BUCKETS.map((bound, index) => line(`${name}_bucket`, labelsWith(bound), (below += counts[index] ?? 0)));
  return [...buckets, line(`${name}_bucket`, labelsWith('+Inf'), count), line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count)];
}

const line = (name: string, labels: string, value: number): string => (labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`);

function keyOf(labels: Labels): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${value.replaceAll(/["\\\n]/g, '_')}"`)
    .join(',');
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
