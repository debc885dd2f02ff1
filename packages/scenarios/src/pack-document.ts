import { documentCheck } from './check-document.js';
import { API_VERSION } from './scenario-document.js';

/** `<pack>/pack.yaml`. */
export interface PackDocument {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'ScenarioPack';
  readonly metadata: { readonly slug: string; readonly name: string; readonly description?: string; readonly tags?: readonly string[] };
}

const packSchema = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata'],
  properties: {
    apiVersion: { const: API_VERSION },
    kind: { const: 'ScenarioPack' },
    metadata: {
      type: 'object',
      required: ['slug', 'name'],
      properties: {
        slug: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]*$' },
        name: { type: 'string', minLength: 1 },
        description: { type: 'string' },
        tags: { type: 'array', items: { type: 'string' } },
      },
    },
  },
};

/** Checks the structure of a pack file. Throws INVALID_PACK_DATA with every problem. */
export const checkPackDocument = documentCheck<PackDocument>(packSchema, 'ScenarioPack');
