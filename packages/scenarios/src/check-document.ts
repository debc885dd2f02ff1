import { MacpError } from '@macp-agent/protocol';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true });

/** Compiles the schema of one kind of pack file; the guard throws INVALID_PACK_DATA with every problem and its path. */
export function documentCheck<T>(schema: object, kind: string): (value: unknown, path: string) => T {
  let validate: ValidateFunction | undefined;
  return (value, path) => {
    // Compiled at the first file of its kind, so that importing this package costs nothing.
    validate ??= ajv.compile(schema);
    if (validate(value)) return value as T;
    const problems = describeProblems(validate.errors ?? []);
    throw new MacpError('INVALID_PACK_DATA', `${path} is not a valid ${kind}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`, {
      context: { path },
    });
  };
}

function describeProblems(errors: readonly ErrorObject[]): string[] {
  return [...new Set(errors.map((error) => `${dotted(error.instancePath)} ${rule(error)}`))];
}

/** `/spec/launch/ttlMs` as `spec.launch.ttlMs`; the document itself as `the document`. */
export function dotted(pointer: string): string {
  if (pointer === '') return 'the document';
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}

function rule(error: ErrorObject): string {
  const { keyword, params, message } = error;
  if (keyword === 'required') return `needs the member ${String(params['missingProperty'])}`;
  if (keyword === 'const') return `must be ${String(params['allowedValue'])}`;
  if (keyword === 'enum') return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
  return message ?? keyword;
}
