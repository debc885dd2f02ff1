import { describe, expect, it } from 'vitest';
import { resolveClientOptions, type ClientOptions } from './client-options.js';

type Row = [name: string, options: ClientOptions, plaintext: boolean | 'refused', warned: boolean];

function decide(options: ClientOptions): { plaintext: boolean | 'refused'; warned: boolean } {
  try {
    const { plaintext, warnings } = resolveClientOptions(options);
    return { plaintext, warned: warnings.length > 0 };
  } catch (error) {
    // The refusal must name the option that permits it.
    return { plaintext: String(error).includes('allowInsecure: true') ? 'refused' : false, warned: false };
  }
}

const rows: Row[] = [
  ['nothing named, loopback', { address: '127.0.0.1:1' }, false, false],
  ['nothing named, other host', { address: 'runtime.example:1' }, false, false],
  ['secure: true', { address: '127.0.0.1:1', secure: true }, false, false],
  ['secure: true wins over allowInsecure', { address: 'runtime.example:1', secure: true, allowInsecure: true }, false, false],
  ['secure: false alone to 127.0.0.1', { address: '127.0.0.1:1', secure: false }, true, true],
  ['secure: false alone to 127.9.9.9', { address: '127.9.9.9:1', secure: false }, true, true],
  ['secure: false alone to localhost', { address: 'localhost:1', secure: false }, true, true],
  ['secure: false alone to ::1', { address: '[::1]:1', secure: false }, true, true],
  ['secure: false alone to a socket file', { address: 'unix:/run/macp.sock', secure: false }, true, true],
  ['secure: false alone to another host', { address: 'runtime.example:1', secure: false }, 'refused', false],
  ['secure: false alone to a name that only begins like loopback', { address: '127.0.0.1.example:1', secure: false }, 'refused', false],
  ['secure: false, allowInsecure: false, other host', { address: '10.0.0.4:1', secure: false, allowInsecure: false }, 'refused', false],
  ['secure: false, allowInsecure: true, loopback', { address: '127.0.0.1:1', secure: false, allowInsecure: true }, true, false],
  ['secure: false, allowInsecure: true, other host', { address: '10.0.0.4:1', secure: false, allowInsecure: true }, true, true],
  ['allowInsecure: true alone, loopback', { address: '127.0.0.1:1', allowInsecure: true }, true, false],
  ['allowInsecure: true alone, other host', { address: 'runtime.example:1', allowInsecure: true }, true, true],
  ['allowInsecure: false alone', { address: '127.0.0.1:1', allowInsecure: false }, false, false],
];

describe('connection rules', () => {
  it.each(rows)('%s', (_name, options, plaintext, warned) => {
    expect(decide(options)).toEqual({ plaintext, warned });
  });

  it.each([
    ['grpc://127.0.0.1:50051', '127.0.0.1:50051'],
    ['http://runtime.example:50051/', 'runtime.example:50051'],
    ['https://runtime.example:443', 'runtime.example:443'],
    [' runtime.example:50051 ', 'runtime.example:50051'],
  ])('reads %s as %s', (given, address) => {
    expect(resolveClientOptions({ address: given }).address).toBe(address);
  });

  it('refuses an empty address, a limit that is none, and certificates without TLS', () => {
    expect(() => resolveClientOptions({ address: 'grpc://' })).toThrow(/names no host/);
    expect(() => resolveClientOptions({ address: 'a:1', defaultTimeoutMs: 0 })).toThrow(/defaultTimeoutMs/);
    expect(() => resolveClientOptions({ address: 'a:1', allowInsecure: true, rootCertificates: 'pem' })).toThrow(/certificates/);
  });

  it('takes defaultDeadlineMs for defaultTimeoutMs, 10 s without either', () => {
    expect(resolveClientOptions({ address: 'a:1', defaultDeadlineMs: 50 }).defaultTimeoutMs).toBe(50);
    expect(resolveClientOptions({ address: 'a:1' }).defaultTimeoutMs).toBe(10_000);
  });
});
