import { MacpError } from '@macp-agent/protocol';

/** The parts of `pack/scenario@version`. */
export interface ScenarioRef {
  readonly pack: string;
  readonly scenario: string;
  readonly version: string;
}

/**
 * Splits a scenario reference: the version follows the last `@`, the pack precedes the first `/`.
 * Throws INVALID_SCENARIO_REF when a part is missing or empty.
 */
export function parseScenarioRef(ref: string): ScenarioRef {
  const slash = ref.indexOf('/');
  const at = ref.lastIndexOf('@');
  const pack = ref.slice(0, Math.max(slash, 0));
  const scenario = ref.slice(slash + 1, Math.max(at, 0));
  const version = at < 0 ? '' : ref.slice(at + 1);
  if (slash < 0 || at < slash || pack === '' || scenario === '' || version === '') {
    throw new MacpError(
      'INVALID_SCENARIO_REF',
      `"${ref}" is not a scenario reference: write pack/scenario@version, for example fraud/high-value-new-device@1.0.0`,
      {
        context: { path: ref },
      },
    );
  }
  return { pack, scenario, version };
}

/** The reference as text. */
export const formatScenarioRef = ({ pack, scenario, version }: ScenarioRef): string => `${pack}/${scenario}@${version}`;
