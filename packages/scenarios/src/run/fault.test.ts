import { describe, expect, it } from 'vitest';
import { readFault } from './fault.js';

const SCOPE = { participants: ['fraud-agent', 'risk-agent'], messageTypes: ['Proposal', 'Vote'] };

describe('a fault', () => {
  it.each([
    ['crash:fraud-agent@Proposal', { kind: 'crash', participantId: 'fraud-agent', messageType: 'Proposal' }],
    ['delay:fraud-agent=250', { kind: 'delay', participantId: 'fraud-agent', delayMs: 250 }],
    ['drop-stream:risk-agent', { kind: 'drop-stream', participantId: 'risk-agent' }],
    ['duplicate:risk-agent', { kind: 'duplicate', participantId: 'risk-agent' }],
    ['nack:risk-agent', { kind: 'nack', participantId: 'risk-agent' }],
    ['expire', { kind: 'expire' }],
  ])('is read from %s', (text, fault) => {
    expect(readFault(text, SCOPE)).toEqual({ fault, problems: [] });
  });

  it.each([
    ['hang:fraud-agent', /no such fault.*crash:<participant>@<message type>, delay:.*expire, for example crash:fraud-agent@Proposal/],
    ['dely:fraud-agent=5', /Did you mean delay/],
    ['', /no such fault/],
    ['crash:fraud-agent', /write crash:<participant>@<message type>, for example/],
    ['delay:fraud-agent', /write delay:<participant>=<milliseconds>, for example delay:fraud-agent=500/],
    ['delay:fraud-agent=0', /give 1 to 600000 milliseconds/],
    ['expire:fraud-agent', /write expire, for example expire/],
    ['nack:', /write nack:<participant>/],
    ['nack:fraud-agnt', /fraud-agnt does not take part\. ?Did you mean fraud-agent\? There are: fraud-agent, risk-agent/],
    ['crash:fraud-agent@Vite', /Vite is no message type of this mode\. ?Did you mean Vote/],
  ])('is refused as %s, with what to write', (text, problem) => {
    const { fault, problems } = readFault(text, SCOPE);
    expect(fault).toBeUndefined();
    expect(problems.join('\n')).toMatch(problem);
  });
});
