import { documentCheck } from '../check-document.js';
import type { JsonObject } from '../json-value.js';

/**
 * What a pack says about one agent: a manifest (`agents/<agentRef>/agent.json`), a catalog entry as the onboarding guide writes
 * it (`entrypoint` at top level, only `strategy` in `bootstrap`), or both in one. Unknown members are kept and ignored.
 */
export interface AgentEntry {
  readonly agentRef?: string;
  readonly id?: string;
  readonly name?: string;
  readonly role?: string;
  readonly description?: string;
  readonly framework: string;
  readonly version?: string;
  readonly entrypoint?: string | { readonly type: EntrypointType; readonly value: string };
  readonly supportedScenarioRefs?: readonly string[];
  readonly bootstrap?: {
    readonly strategy?: 'in-process' | 'external' | 'container' | 'manifest-only';
    readonly mode?: string;
    readonly entrypoint?: string;
    readonly launcher?: 'node' | 'python';
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  };
  readonly host?: {
    readonly python?: string;
    readonly node?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly args?: readonly string[];
    readonly cwd?: string;
    readonly startupTimeoutMs?: number;
  };
  readonly macp?: { readonly role?: string; readonly supportedMessageTypes?: readonly string[]; readonly capabilities?: readonly string[] };
  readonly frameworkConfig?: JsonObject;
  readonly manifest?: JsonObject;
  readonly tags?: readonly string[];
}

export type EntrypointType = 'python_module' | 'python_file' | 'node_file' | 'container';

export const FRAMEWORKS = ['langgraph', 'langchain', 'crewai', 'custom', 'mock', 'python', 'node'];

const text = { type: 'string', minLength: 1 };
const texts = { type: 'array', items: { type: 'string' } };
const env = { type: 'object', additionalProperties: { type: 'string' } };

/** Checks one entry; throws INVALID_PACK_DATA with every problem. */
export const checkAgentEntry = documentCheck<AgentEntry>(
  {
    type: 'object',
    required: ['framework'],
    anyOf: [{ required: ['agentRef'] }, { required: ['id'] }],
    properties: {
      agentRef: text,
      id: text,
      name: text,
      role: text,
      description: { type: 'string' },
      framework: { enum: FRAMEWORKS },
      version: text,
      entrypoint: {
        anyOf: [
          text,
          {
            type: 'object',
            required: ['type', 'value'],
            properties: { type: { enum: ['python_module', 'python_file', 'node_file', 'container'] }, value: text },
          },
        ],
      },
      supportedScenarioRefs: texts,
      bootstrap: {
        type: 'object',
        properties: {
          strategy: { enum: ['in-process', 'external', 'container', 'manifest-only'] },
          mode: text,
          entrypoint: text,
          launcher: { enum: ['node', 'python'] },
          args: texts,
          env,
        },
      },
      host: {
        type: 'object',
        properties: { python: text, node: text, env, args: texts, cwd: text, startupTimeoutMs: { type: 'integer', minimum: 1, maximum: 600_000 } },
      },
      macp: { type: 'object' },
      frameworkConfig: { type: 'object', additionalProperties: { type: 'string' } },
      tags: texts,
    },
  },
  'agent entry',
);
