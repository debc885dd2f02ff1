import { MacpError } from '@macp-agent/protocol';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formatsPlugin from 'ajv-formats';
import { dotted } from './check-document.js';
import { isJsonObject, type JsonObject } from './json-value.js';
import { didYouMean } from './suggest.js';

/** One thing that is wrong with the inputs. */
export interface InputProblem {
  /** Dotted path of the input; the inputs as a whole are `inputs`. */
  readonly path: string;
  /** What must hold, as a phrase after the path: `must be <= 1`. */
  readonly rule: string;
  /** `key=value` that would do, as text after `--set`; undefined when none is known. */
  readonly example: string | undefined;
}

/** A problem as one line of text. */
export const describeInputProblem = ({ path, rule, example }: InputProblem): string =>
  `${path} ${rule}${example === undefined ? '' : `, for example --set ${example}`}`;

/** Code VALIDATION_ERROR: `problems` lists everything that is wrong with the inputs at once. */
export class InvalidInputsError extends MacpError {
  readonly problems: readonly InputProblem[];

  constructor(ref: string, problems: readonly InputProblem[]) {
    const lines = problems.map((problem) => `  - ${describeInputProblem(problem)}`);
    super('VALIDATION_ERROR', `the inputs do not fit ${ref}:\n${lines.join('\n')}`, { context: { path: ref } });
    this.problems = problems;
  }
}

/** The `default` values of the schema's properties, top level only. */
export function inputDefaults(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(propertiesOf(schema)).flatMap(([key, property]) =>
      isJsonObject(property) && property['default'] !== undefined ? [[key, property['default']]] : [],
    ),
  );
}

/**
 * Judges inputs by the schema of a scenario (JSON Schema draft-07, formats on, nothing converted). `given` are the keys a
 * caller named: one that the schema does not know is refused, because it can only be a typing error.
 * Throws InvalidInputsError, or INVALID_PACK_DATA when the schema itself is not valid.
 */
export function checkInputs(ref: string, schema: JsonObject, inputs: JsonObject, given: Iterable<string> = []): void {
  const properties = propertiesOf(schema);
  const known = Object.keys(properties);
  const problems = new Map<string, InputProblem>();
  for (const key of given) {
    // Only a schema that says `additionalProperties: true` asks for keys that it does not name.
    if (known.length === 0 || known.includes(key) || schema['additionalProperties'] === true || isJsonObject(schema['patternProperties'])) continue;
    problems.set(key, { path: key, rule: `is not an input of this scenario.${didYouMean(key, known)} It has: ${known.join(', ')}`, example: undefined });
  }
  const validate = compiledSchema(ref, schema);
  if (!validate(inputs)) {
    for (const error of validate.errors ?? []) {
      const problem = describe(error, properties);
      const key = error.keyword === 'additionalProperties' ? problem.path : `${problem.path} ${problem.rule}`;
      if (!problems.has(key)) problems.set(key, problem);
    }
  }
  if (problems.size > 0) throw new InvalidInputsError(ref, [...problems.values()]);
}

/** More schemas than this are not used at a time. */
const MAX_COMPILED = 64;
/** By the text of the schema: a batch checks many inputs by the same one, and compiling it takes a hundred times as long as using it. */
const compiledSchemas = new Map<string, ValidateFunction>();

function compiledSchema(ref: string, schema: JsonObject): ValidateFunction {
  const key = JSON.stringify(schema);
  const known = compiledSchemas.get(key);
  if (known !== undefined) return known;
  const validate = compileSchema(ref, schema);
  if (compiledSchemas.size >= MAX_COMPILED) compiledSchemas.clear();
  compiledSchemas.set(key, validate);
  return validate;
}

function compileSchema(ref: string, schema: JsonObject): ValidateFunction {
  // An own instance each time: schemas of different scenarios may share an $id.
  // `strict: false` alone would let 1e999 through, which JSON reads as Infinity.
  const ajv = new Ajv({ allErrors: true, strict: false, strictNumbers: true, coerceTypes: false });
  formatsPlugin.default(ajv);
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new MacpError(
      'INVALID_PACK_DATA',
      `spec.inputs.schema of ${ref} is not a valid JSON Schema: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error, context: { path: ref } },
    );
  }
}

function describe(error: ErrorObject, properties: JsonObject): InputProblem {
  const params = error.params as Record<string, unknown>;
  const at = error.instancePath === '' ? '' : dotted(error.instancePath);
  if (error.keyword === 'required') {
    const path = join(at, String(params['missingProperty']));
    return { path, rule: 'is required', example: exampleInput(path, properties) };
  }
  if (error.keyword === 'additionalProperties') {
    const path = join(at, String(params['additionalProperty']));
    return {
      path,
      rule: `is not an input of this scenario.${didYouMean(path, Object.keys(properties))} It has: ${Object.keys(properties).join(', ')}`,
      example: undefined,
    };
  }
  const path = at === '' ? 'inputs' : at;
  const rule = error.keyword === 'enum' ? `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}` : (error.message ?? error.keyword);
  return { path, rule, example: exampleInput(path, properties) };
}

const join = (parent: string, key: string): string => (parent === '' ? key : `${parent}.${key}`);

/** `key=value` from the schema of a top-level input: its example, default, first allowed value, bound, or something of its type. */
export function exampleInput(path: string, properties: JsonObject): string | undefined {
  const schema = Object.hasOwn(properties, path) ? properties[path] : undefined;
  if (!isJsonObject(schema)) return undefined;
  const value = exampleValue(schema);
  return value === undefined ? undefined : `${path}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
}

const BY_TYPE: Readonly<Record<string, unknown>> = { string: 'text', integer: 1, number: 1, boolean: true, array: [], object: {} };

function exampleValue(schema: JsonObject): unknown {
  const { examples, default: fallback, enum: allowed, minimum, maximum, type } = schema;
  if (Array.isArray(examples) && examples.length > 0) return examples[0];
  if (fallback !== undefined) return fallback;
  if (Array.isArray(allowed) && allowed.length > 0) return allowed[0];
  if (typeof minimum === 'number') return minimum;
  if (typeof maximum === 'number') return maximum;
  return typeof type === 'string' ? BY_TYPE[type] : undefined;
}

/** Schemas of the inputs by name. */
export const propertiesOf = (schema: JsonObject): JsonObject => (isJsonObject(schema['properties']) ? schema['properties'] : {});
