import { expect, it } from 'vitest';
import { Output } from './output.js';

function terminal(columns: number) {
  const listeners = new Set<() => void>();
  return {
    isTTY: true,
    columns,
    rows: 24,
    text: '',
    write(text: string) {
      this.text += text;
    },
    on: (_event: 'resize', listener: () => void) => listeners.add(listener),
    off: (_event: 'resize', listener: () => void) => listeners.delete(listener),
    listeners,
    resize(to: number) {
      this.columns = to;
      this.text = '';
      for (const listener of listeners) listener();
    },
  };
}

it('a footer is drawn anew when the terminal changes its size, over all the rows that it has become', () => {
  const stdout = terminal(80);
  const output = new Output({ stdout, stderr: terminal(80), env: {} });
  output.footer(() => ['-'.repeat(50), 'tally']);
  stdout.resize(30);
  // 50 columns have become two rows of 30, with the tally three.
  expect(stdout.text).toBe(`\u001b[3A\u001b[0J${'-'.repeat(28)}…\ntally\n`);
  output.footer([]);
  expect(stdout.text.endsWith('\u001b[2A\u001b[0J')).toBe(true);
  expect(stdout.listeners.size).toBe(0);
});

it('errors on a terminal are wrapped, with lists hanging behind their mark; elsewhere they are plain', () => {
  const stderr = terminal(30);
  const text = 'macp: 2 problems:\n  - deviceTrustScore must be <= 1, for example this';
  new Output({ stdout: terminal(30), stderr, env: { NO_COLOR: '1' } }).error(text);
  expect(stderr.text).toBe('macp: 2 problems:\n  - deviceTrustScore must be\n    <= 1, for example this\n');
  const piped = { ...terminal(30), isTTY: false };
  new Output({ stdout: terminal(30), stderr: piped, env: {} }).error(text);
  expect(piped.text).toBe(`${text}\n`);
});

it('a terminal that calls itself 0 wide counts as 80 wide', () => {
  expect(new Output({ stdout: terminal(0), stderr: terminal(0), env: {} }).columns).toBe(80);
});
