import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { vi } from 'vitest';

/** A real terminal 100 columns wide that runs one command and then shows `rc=<exit code>`. */
export interface Terminal {
  /** What is on the screen; with styles, the escape sequences of colours stay in. */
  screen(options?: { styles?: boolean }): string;
  /** Types keys by tmux's names ("Enter", "C-c", "Down"). */
  press(...keys: string[]): void;
  /** Waits until the screen holds the text. */
  shows(text: string | RegExp): Promise<void>;
  /** Waits for the command's end and returns its exit code. */
  exitCode(): Promise<number>;
  isCursorVisible(): boolean;
  close(): void;
}

const LIMIT = { timeout: 15_000, interval: 40 };

export function openTerminal(command: string, options: { cwd: string; env: NodeJS.ProcessEnv }): Terminal {
  const socket = `macp-${randomBytes(4).toString('hex')}`;
  const tmux = (...args: string[]): string => execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8', env: options.env });
  // The last command keeps the pane, so that the screen can still be read.
  tmux('new-session', '-d', '-x', '100', '-y', '50', '-c', options.cwd, `${command}; echo rc=$?; exec cat`);
  const screen: Terminal['screen'] = (how) => tmux('capture-pane', '-p', ...(how?.styles === true ? ['-e'] : []));
  const terminal: Terminal = {
    screen,
    press: (...keys) => void tmux('send-keys', ...keys),
    async shows(text) {
      await vi.waitFor(() => {
        const now = screen();
        if (!(typeof text === 'string' ? now.includes(text) : text.test(now))) throw new Error(`the screen does not show ${String(text)}:\n${now}`);
      }, LIMIT);
    },
    async exitCode() {
      await terminal.shows(/^rc=\d+/m);
      return Number(/^rc=(\d+)/m.exec(screen())?.[1]);
    },
    isCursorVisible: () => tmux('display-message', '-p', '#{cursor_flag}').trim() === '1',
    close: () => void tmux('kill-server'),
  };
  return terminal;
}
