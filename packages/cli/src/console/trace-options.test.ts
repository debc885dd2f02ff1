import { describe, expect, it } from 'vitest';
import type { Config } from '../config.js';
import { readTraceOptions } from './trace-options.js';

const read = (env: Record<string, string>): ReturnType<typeof readTraceOptions> =>
  readTraceOptions({ setting: (name: string) => env[name] } as unknown as Config);

describe('where the traces of a console go', () => {
  it('is nowhere unless OpenTelemetry is set up', () => {
    expect(read({})).toBeUndefined();
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_SDK_DISABLED: 'true' })).toBeUndefined();
  });

  it('follows the variables of OpenTelemetry', () => {
    const headers = 'x-key=a%20b, X-Team=risk,pct=100%';
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/', OTEL_EXPORTER_OTLP_HEADERS: headers, OTEL_SERVICE_NAME: 'macp' })).toEqual({
      url: 'http://c:4318/v1/traces',
      headers: { 'x-key': 'a b', 'x-team': 'risk', pct: '100%' },
      serviceName: 'macp',
    });
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://t/x' })?.url).toBe('https://t/x');
  });

  it('names a variable that cannot be used, and not its value', () => {
    expect(() => read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4318' })).toThrow('OTEL_EXPORTER_OTLP_ENDPOINT is not an http or https URL');
    expect(() => read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_HEADERS: 'secret' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('"secret"') }),
    );
  });
});
