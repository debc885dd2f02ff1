import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Something that must not outlive this process: the process group of an agent, or a file or folder with secrets in it. */
export type Leftover = { readonly group: number } | { readonly path: string };

/** From SIGTERM to SIGKILL, in milliseconds. */
const TERM_MS = 700;

/**
 * Cleans up after this process even when it is killed. A small process of its own reads a pipe from this one; when the pipe
 * ends, it ends what is still on its list. It starts with the first entry, and agents of any language need to know nothing.
 */
class Leftovers {
  #pipe: Writable | undefined;

  add(thing: Leftover): void {
    this.#tell('+', thing);
  }

  remove(thing: Leftover): void {
    this.#tell('-', thing);
  }

  #tell(sign: '+' | '-', thing: Leftover): void {
    // Windows has no process groups.
    if (process.platform === 'win32') return;
    this.#pipe ??= startGuard();
    this.#pipe.write(`${sign}${JSON.stringify(thing)}\n`);
  }
}

/** Of this whole process: one guard serves all its runs. */
export const leftovers = new Leftovers();

function startGuard(): Writable {
  // Detached, so that a Ctrl-C at the terminal does not reach it.
  const child = spawn(process.execPath, ['-e', `(${guard.toString()})(${TERM_MS})`], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: {} });
  const { stdin } = child;
  // Without a guard everything goes on as before; only a kill -9 would then leave something.
  child.on('error', () => stdin.destroy());
  stdin.on('error', () => stdin.destroy());
  child.unref();
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  return stdin;
}

/** Runs in the other process, from its source text: it may use nothing of this module. */
function guard(termMs: number): void {
  const { rmSync } = process.getBuiltinModule('node:fs');
  const list = new Set<string>();
  let rest = '';
  const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
    for (const line of list) {
      const { group } = JSON.parse(line) as { group?: number };
      if (group === undefined) continue;
      try {
        process.kill(-group, name);
      } catch {
        // Gone already, which is what was asked for.
      }
    }
  };
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('+')) list.add(line.slice(1));
      else list.delete(line.slice(1));
    }
  });
  process.stdin.on('end', () => {
    for (const line of list) {
      const { path } = JSON.parse(line) as { path?: string };
      if (path !== undefined) rmSync(path, { recursive: true, force: true });
    }
    signal('SIGTERM');
    if (list.size > 0) setTimeout(() => signal('SIGKILL'), termMs);
  });
}
