import { describe, expect, it } from 'vitest';
import { spanIdOf, traceIdOf, traceparentOf } from './trace-context.js';

const SESSION = '4b1a9a52-6c0e-4f0e-9c55-0f6a2b7d9e10';

describe('the trace context of a session', () => {
  it('is the same for everybody who knows the session id', () => {
    expect(traceparentOf(SESSION, 'risk-agent')).toBe(`00-${traceIdOf(SESSION)}-${spanIdOf(SESSION, 'risk-agent')}-01`);
    // Agents of other versions, or in other languages, must come to the same.
    expect(traceIdOf(SESSION)).toBe('2cb1d41af9f0b117a1feab88ddfe8e1c');
    expect(spanIdOf(SESSION, 'risk-agent')).toBe('9ae2a4baa321cd72');
  });

  it('has the form that W3C Trace Context asks for, and one span per participant', () => {
    expect(traceparentOf(SESSION, 'a')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    const spans = ['', 'a', 'b'].map((participant) => spanIdOf(SESSION, participant));
    expect(new Set(spans).size).toBe(3);
    expect(traceIdOf(`${SESSION}x`)).not.toBe(traceIdOf(SESSION));
  });
});
