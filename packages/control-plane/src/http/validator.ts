import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';

/** Queries are text, so their numbers and booleans are converted; bodies must be right as they are. */
export function makeValidatorCompiler(): FastifySchemaCompiler<object> {
  const strict = new Ajv2020({ allErrors: true, strict: false });
  const lenient = new Ajv2020({ allErrors: true, strict: false, coerceTypes: true, useDefaults: true });
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

/** One sentence per problem: where, what rule, and the offending key where there is one. */
export function describeProblems(errors: readonly Partial<ErrorObject>[], part: string): string[] {
  return errors.map((error) => {
    const where = `${part}${(error.instancePath ?? '').replaceAll('/', '.')}`;
    const extra = (error.params as { additionalProperty?: string } | undefined)?.additionalProperty;
    return extra === undefined ? `${where} ${error.message ?? 'is not valid'}` : `${where} has the unknown key "${extra}"`;
  });
}
