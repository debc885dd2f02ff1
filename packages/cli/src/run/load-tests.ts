import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MacpError } from '@macp-agent/protocol';
import { findScenario, isScenarioPath, listScenarioRefs, loadScenarioFile, parseScenarioRef, type PackCatalog, type Scenario } from '@macp-agent/scenarios';
import type { Config } from '../config.js';
import { prepareJob, type Job, type JobResult } from './batch.js';
import { loadCases, type Case } from './load-cases.js';
import { openCatalog, openFolder } from './load-scenario-source.js';

/** What is to be run, and what could not even be prepared. */
export interface FoundTests {
  readonly jobs: readonly Job[];
  readonly broken: readonly JobResult[];
}

/**
 * The tests that some words name: a packs root, a pack, a scenario reference, or the path of a scenario.yaml. Each template with an
 * `outputs.expected` is one; so is each line of `cases.jsonl` in a pack, or of the given cases file.
 */
export function findTests(config: Config, words: readonly string[], casesFile: string | undefined): FoundTests {
  const jobs: Job[] = [];
  const broken: JobResult[] = [];
  const onBroken = (scenarioRef: string, name: string, error: unknown): void => {
    broken.push({ name, scenarioRef, templateId: '', durationMs: 0, error, differences: [], events: [], passed: false });
  };
  const attempt = (scenarioRef: string, name: string, make: () => Job): void => {
    try {
      jobs.push(make());
    } catch (error) {
      onBroken(scenarioRef, name, error);
    }
  };
  const addCases = (file: string, scenarioOf: (one: Case) => Scenario): void => {
    for (const one of loadCases(file))
      attempt(one.scenario ?? file, one.name, () =>
        prepareJob({ scenario: scenarioOf(one), name: one.name, templateId: one.template, inputs: one.inputs ?? {}, expected: one.expect }),
      );
  };

  for (const word of words) {
    const { scenarios, catalog, packs } = resolveWord(config, word, onBroken);
    if (casesFile !== undefined) {
      addCases(casesFile, (one) => pickScenario(one, catalog, scenarios, casesFile));
      continue;
    }
    for (const scenario of scenarios) {
      for (const slug of new Set(['default', ...scenario.templates.keys()])) {
        const expects = scenario.templates.get(slug)?.spec?.outputs?.expected ?? (slug === 'default' ? scenario.document.spec.outputs?.expected : undefined);
        if (expects !== undefined)
          attempt(scenario.ref, `template ${slug}`, () => prepareJob({ scenario, name: `template ${slug}`, templateId: slug, inputs: {} }));
      }
    }
    for (const folder of packs) {
      const file = join(folder, 'cases.jsonl');
      if (existsSync(file))
        addCases(file, (one) =>
          pickScenario(
            one,
            catalog,
            scenarios.filter(({ folder: of }) => of.startsWith(folder)),
            file,
          ),
        );
    }
  }
  return { jobs, broken };
}

interface Resolved {
  readonly scenarios: readonly Scenario[];
  readonly catalog: PackCatalog;
  /** Pack folders whose cases belong to what was named. */
  readonly packs: readonly string[];
}

function resolveWord(config: Config, word: string, onBroken: (scenarioRef: string, name: string, error: unknown) => void): Resolved {
  const path = resolve(config.cwd, word);
  const catalog = openCatalog(config);
  const own = openFolder(path);
  if (isScenarioPath(word) && own === undefined) return { scenarios: [loadScenarioFile(path)], catalog, packs: [] };
  if (own !== undefined) {
    const scenarios: Scenario[] = [];
    for (const ref of listScenarioRefs(own)) {
      try {
        scenarios.push(findScenario(own, ref));
      } catch (error) {
        onBroken(ref, 'loads', error);
      }
    }
    return { scenarios, catalog: own, packs: [...own.packs.values()].map(({ folder }) => folder) };
  }
  const scenario = findScenario(catalog, word);
  const pack = catalog.packs.get(parseScenarioRef(scenario.ref).pack);
  return { scenarios: [scenario], catalog, packs: pack === undefined ? [] : [pack.folder] };
}

function pickScenario(one: Case, catalog: PackCatalog, scenarios: readonly Scenario[], file: string): Scenario {
  if (one.scenario !== undefined) return findScenario(catalog, one.scenario);
  const [only, ...others] = scenarios;
  if (only === undefined || others.length > 0) {
    throw new MacpError(
      'INVALID_OPTIONS',
      `${file}: "${one.name}" must say which scenario it is for: ${scenarios.map(({ ref }) => ref).join(', ') || 'there is none'}`,
      { context: { path: file } },
    );
  }
  return only;
}
