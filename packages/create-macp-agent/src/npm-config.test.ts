import { describe, expect, it } from 'vitest';
import { readArgs } from './args.js';
import { forgiveMissingDashes } from './npm-config.js';

const forgive = (argv: string[], env: NodeJS.ProcessEnv): ReturnType<typeof forgiveMissingDashes> => forgiveMissingDashes(readArgs(argv).flags, env);

describe('forgiveMissingDashes', () => {
  it('changes nothing and says nothing when npm kept nothing', () => {
    const { flags } = readArgs(['app', '--template', 'node']);
    expect(forgiveMissingDashes(flags, { npm_config_yes: 'true', npm_config_git: '/usr/bin/git', npm_config_force: 'true', npm_config_json: 'true' })).toEqual({
      flags,
      problems: [],
    });
  });

  it('gives each stray word back to its option', () => {
    const { flags, note } = forgive(['app', 'langgraph', 'evaluator', 'pnpm'], { npm_config_template: 'true', npm_config_role: 'true', npm_config_pm: 'true' });
    expect(flags).toMatchObject({ positionals: ['app'], template: 'langgraph', role: 'evaluator', pm: 'pnpm' });
    expect(note).toContain('--template, --role, --pm');
  });

  it('takes a value written with =', () => {
    expect(forgive(['app'], { npm_config_template: 'langgrap' }).flags.template).toBe('langgrap');
  });

  it('knows a folder named like a template from the template', () => {
    expect(forgive(['node', 'langgraph'], { npm_config_template: 'true' }).flags).toMatchObject({ positionals: ['node'], template: 'langgraph' });
    expect(forgive(['langgraph', 'app'], { npm_config_template: 'true' }).flags).toMatchObject({ positionals: ['app'], template: 'langgraph' });
  });

  it('gives the last word to --name', () => {
    expect(forgive(['app', 'node', 'my-name'], { npm_config_template: 'true', npm_config_name: 'true' }).flags).toMatchObject({
      positionals: ['app'],
      template: 'node',
      name: 'my-name',
    });
  });

  it('reads the empty text npm sets for --no-install', () => {
    expect(forgive(['app'], { npm_config_install: '' }).flags.install).toBe(false);
    expect(forgive(['app'], { npm_config_install: 'true' }).flags.install).toBe(true);
  });

  it('lets an option that did arrive win', () => {
    expect(forgive(['app', '--template', 'node', '--install'], { npm_config_template: 'langgraph', npm_config_install: '' }).flags).toMatchObject({
      template: 'node',
      install: true,
    });
  });

  it.each([
    [['app', 'x'], { npm_config_template: 'true' }],
    [['app'], { npm_config_template: 'true' }],
    [[], { npm_config_name: 'true' }],
    [['app', 'node', 'langgraph', 'langchain'], { npm_config_template: 'true' }],
  ])('stops at %j with %j, which could mean anything', (argv, env) => {
    expect(forgive(argv, env).problems).toEqual([expect.objectContaining({ code: 'USAGE', rule: expect.stringContaining('put -- before the options') })]);
  });
});
