import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { listFolders } from '../load-policies.js';
import type { Scenario } from '../load-scenario.js';
import { didYouMean } from '../suggest.js';

const NAMES = ['agents.json', 'agents.yaml', 'agents.yml'];

/**
 * The scenario with the agents of one framework before its own: those in `frameworks/<framework>/agents.json` beside the `agents/` folder of its
 * pack. Throws INVALID_OPTIONS, with the frameworks that there are, when there are none of this name.
 */
export function withFramework(scenario: Scenario, framework: string): Scenario {
  const [own = ''] = scenario.agentFolders;
  const folder = join(dirname(own), 'frameworks');
  const known = listFolders(folder).filter((name) => NAMES.some((file) => existsSync(join(folder, name, file))));
  if (!known.includes(framework)) {
    const fix = known.length === 0 ? `its pack has no ${folder}` : `use one of ${known.join(', ')}.${didYouMean(framework, known)}`;
    throw new MacpError('INVALID_OPTIONS', `${scenario.ref} has no agents for the framework ${framework}: ${fix}`, { context: { path: scenario.ref } });
  }
  return { ...scenario, agentFolders: [join(folder, framework), ...scenario.agentFolders] };
}
