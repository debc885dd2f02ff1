import { documentCheck } from './check-document.js';
import type { ExecutionSection, LaunchSection, OutputsSection, RuntimeSection } from './scenario-document.js';
import { executionSchema, launchProperties, outputsSchema, runtimeSchema } from './scenario-document.js';
import { isJsonObject, type JsonObject } from './json-value.js';

/** A named variation of a scenario: `templates/*.yaml` beside it. */
export interface TemplateDocument {
  readonly kind: 'ScenarioTemplate';
  readonly metadata: { readonly slug: string; readonly name?: string; readonly scenarioVersion?: string };
  readonly spec?: {
    /** Input values that win over the defaults of the schema and lose against the caller's. */
    readonly defaults?: JsonObject;
    readonly overrides?: {
      readonly runtime?: RuntimeSection;
      readonly launch?: Partial<LaunchSection>;
      readonly execution?: Partial<ExecutionSection>;
    };
    /** `expected` replaces the one of the scenario, because it belongs to these defaults and overrides. */
    readonly outputs?: OutputsSection;
  };
}

const templateSchema = {
  type: 'object',
  required: ['kind', 'metadata'],
  properties: {
    kind: { const: 'ScenarioTemplate' },
    metadata: {
      type: 'object',
      required: ['slug'],
      properties: { slug: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]*$' }, name: { type: 'string' }, scenarioVersion: { type: 'string' } },
    },
    spec: {
      type: ['object', 'null'],
      properties: {
        defaults: { type: 'object' },
        overrides: {
          type: 'object',
          properties: { runtime: runtimeSchema, launch: { type: 'object', properties: launchProperties }, execution: executionSchema },
        },
        outputs: outputsSchema,
      },
    },
  },
};

/** Checks the structure of a template file. Throws INVALID_PACK_DATA with every problem. */
export const checkTemplateDocument = documentCheck<TemplateDocument>(templateSchema, 'ScenarioTemplate');

/** Files of other kinds may lie in a templates folder and are ignored. */
export const isTemplateDocument = (value: unknown): boolean => isJsonObject(value) && value['kind'] === 'ScenarioTemplate';
