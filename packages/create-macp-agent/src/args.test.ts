import { describe, expect, it } from 'vitest';
import { readArgs, wantsJson } from './args.js';
import { suggest } from './suggest.js';

describe('readArgs', () => {
  it('reads folder, values and switches in any order', () => {
    expect(readArgs(['-t', 'node', 'app', '--role=evaluator', '--no-install', '-y']).flags).toMatchObject({
      command: 'create',
      positionals: ['app'],
      template: 'node',
      role: 'evaluator',
      install: false,
      yes: true,
    });
  });

  it('lets the last of two contrary switches win', () => {
    expect(readArgs(['--install', '--no-install']).flags.install).toBe(false);
    expect(readArgs(['--no-git', '--git']).flags.git).toBe(true);
  });

  it('takes what follows -- as it is', () => {
    expect(readArgs(['--', '--odd']).flags.positionals).toEqual(['--odd']);
    expect(wantsJson(['--', '--json'])).toBe(false);
  });

  it.each([[['--templte', 'x']], [['-x']], [['--template']], [['--template', '--yes']], [['--template=']], [['--json=1']]])(
    'finds one problem in %j, with an example',
    (argv) => {
      expect(readArgs(argv).problems).toEqual([expect.objectContaining({ code: 'USAGE', example: expect.stringMatching(/^--/) })]);
    },
  );

  it('finds all problems of one line', () => {
    expect(readArgs(['--templte', 'node', '--yes=1', '--role']).problems.map(({ argument }) => argument)).toEqual(['--templte', '--yes=1', '--role']);
  });

  it.each([
    [['add', 'audit-agent'], { command: 'add', agent: 'audit-agent', positionals: [] }],
    [['add', 'audit-agent', '../app'], { command: 'add', agent: 'audit-agent', positionals: ['../app'] }],
    [['add'], { command: 'add', positionals: [] }],
    [['--add', 'app'], { command: 'add', positionals: ['app'] }],
    [['upgrade', 'app'], { command: 'upgrade', positionals: ['app'] }],
    [['--upgrade'], { command: 'upgrade', positionals: [] }],
    [['./add'], { command: 'create', positionals: ['./add'] }],
  ])('reads %j as a command', (argv, flags) => {
    expect(readArgs(argv).flags).toMatchObject(flags);
  });
});

describe('suggest', () => {
  it('finds swapped, missing and doubled letters, and nothing far away', () => {
    const known = ['node', 'langgraph', 'langchain'];
    expect(suggest('langrgaph', known)).toBe('langgraph');
    expect(suggest('LangChian', known)).toBe('langchain');
    expect(suggest('nod', known)).toBe('node');
    expect(suggest('react', known)).toBeUndefined();
  });
});
