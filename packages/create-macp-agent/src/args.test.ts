import { describe, expect, it } from 'vitest';
import { readArgs, wantsJson } from './args.js';
import { suggest } from './suggest.js';

describe('readArgs', () => {
  it('reads folder, values and switches in any order', () => {
    expect(readArgs(['-t', 'node', 'app', '--role=evaluator', '--no-install', '-y'])).toMatchObject({
      positionals: ['app'],
      template: 'node',
      role: 'evaluator',
      install: false,
      yes: true,
    });
  });

  it('lets the last of two contrary switches win', () => {
    expect(readArgs(['--install', '--no-install']).install).toBe(false);
    expect(readArgs(['--no-git', '--git']).git).toBe(true);
  });

  it('takes what follows -- as it is', () => {
    expect(readArgs(['--', '--odd']).positionals).toEqual(['--odd']);
    expect(wantsJson(['--', '--json'])).toBe(false);
  });

  it.each([[['--templte', 'x']], [['-x']], [['--template']], [['--template', '--yes']], [['--template=']], [['--json=1']]])(
    'refuses %j as wrong usage',
    (argv) => {
      expect(() => readArgs(argv)).toThrow(expect.objectContaining({ code: 'USAGE', exitCode: 2 }));
    },
  );
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
