import { MacpError } from '@macp-agent/protocol';
import type { ControlPlaneOptions } from '@macp-agent/control-plane';
import type { Config } from '../config.js';

/** Where traces go, from the variables that OpenTelemetry has for it; undefined where none is set. */
export function readTraceOptions(config: Config): ControlPlaneOptions['traces'] {
  const base = config.setting('OTEL_EXPORTER_OTLP_ENDPOINT');
  const url = config.setting('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? (base === undefined ? undefined : `${base.replace(/\/$/, '')}/v1/traces`);
  if (url === undefined || config.setting('OTEL_SDK_DISABLED') === 'true') return undefined;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new MacpError('INVALID_OPTIONS', 'OTEL_EXPORTER_OTLP_ENDPOINT is not an http or https URL; give one such as http://127.0.0.1:4318, or unset it');
  return { url, headers: readHeaders(config.setting('OTEL_EXPORTER_OTLP_HEADERS') ?? ''), serviceName: config.setting('OTEL_SERVICE_NAME') };
}

/** `name=value` pairs with commas between them, values percent-encoded. */
function readHeaders(text: string): Record<string, string> {
  const pairs = text
    .split(',')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      // What stands there may be a secret, so it is not repeated.
      if (at < 1) throw new MacpError('INVALID_OPTIONS', 'OTEL_EXPORTER_OTLP_HEADERS is not a list of name=value; write it as x-key=secret,x-team=risk');
      return [pair.slice(0, at).trim().toLowerCase(), decode(pair.slice(at + 1).trim())];
    }),
  );
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // Not encoded after all: a plain percent sign is a part of it.
    return value;
  }
}
