import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';

/** Queries are text, so their numbers and booleans are converted; bodies must be right as they are. */
export function makeValidatorCompiler(): FastifySchemaCompiler<object> {
  const strict = new Ajv2020({ allErrors: true, strict: false, verbose: true });
  const lenient = new Ajv2020({ allErrors: true, strict: false, verbose: true, coerceTypes: true, useDefaults: true });
  for (const ajv of [strict, lenient]) formats.default(ajv);
  return ({ schema, httpPart }) => {
    const ajv = httpPart === 'body' ? strict : lenient;
    return compileOnce(ajv, schema);
  };
}

/** A schema with an id may be used by several routes, but is compiled once. */
function compileOnce(ajv: Ajv2020, schema: object): ValidateFunction {
  const id = '$id' in schema && typeof schema.$id === 'string' ? schema.$id : undefined;
  return (id === undefined ? undefined : ajv.getSchema(id)) ?? ajv.compile(schema);
}

/** One sentence per problem: where, what rule, and the offending key or the allowed words where there are some. */
export function describeProblems(errors: readonly Partial<ErrorObject>[], part: string): string[] {
  return [...new Set(errors.map((error) => `${part}${(error.instancePath ?? '').replaceAll('/', '.')} ${describeProblem(error)}`))];
}

function describeProblem({ keyword, params, parentSchema, message }: Partial<ErrorObject>): string {
  const { additionalProperty, allowedValues } = (params ?? {}) as { additionalProperty?: string; allowedValues?: readonly unknown[] };
  if (additionalProperty !== undefined) return `has the unknown key "${additionalProperty}"`;
  if (allowedValues !== undefined) return `must be one of ${allowedValues.join(', ')}`;
  const { description } = (parentSchema ?? {}) as { description?: string };
  // A pattern is for machines; what it stands for is in the schema.
  if ((keyword === 'pattern' || keyword === 'format') && description !== undefined) return `must be ${description}`;
  return message ?? 'is not valid';
}
