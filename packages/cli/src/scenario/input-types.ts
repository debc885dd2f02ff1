import type { JsonObject, Scenario } from '@macp-agent/scenarios';

/** TypeScript for the inputs of a scenario, from its JSON Schema: what a caller gives and what an agent reads. Pure. */
export function inputTypes(scenario: Scenario): string {
  const { metadata, spec } = scenario.document;
  const name = pascal(metadata.scenario);
  const context = spec.launch.contextTemplate;
  return [
    `// Written by macp scenario types ${scenario.ref}. Write it again after a change of the scenario.`,
    '',
    `/** Inputs of ${scenario.ref}; those with a default may be left out. */`,
    `export interface ${name}Inputs ${typeOf(spec.inputs.schema, '', false)}`,
    '',
    `/** What agents of ${scenario.ref} read as \`ctx.inputs\`. */`,
    `export interface ${name}Context ${context === undefined ? typeOf(spec.inputs.schema, '', true) : contextType(context, spec.inputs.schema)}`,
  ].join('\n');
}

/** A type expression for a schema. `whole`: properties with a default are always there. */
function typeOf(schema: unknown, indent: string, whole: boolean): string {
  if (!isObject(schema)) return 'unknown';
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => JSON.stringify(value)).join(' | ') || 'never';
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  for (const key of ['anyOf', 'oneOf']) if (Array.isArray(schema[key])) return schema[key].map((one) => typeOf(one, indent, whole)).join(' | ');
  if (Array.isArray(schema['allOf'])) return schema['allOf'].map((one) => typeOf(one, indent, whole)).join(' & ');
  const { type } = schema;
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one }, indent, whole)).join(' | ');
  if (type === 'object' || (type === undefined && isObject(schema['properties']))) return objectType(schema, indent, whole);
  if (type === 'array') return `readonly (${typeOf(schema['items'], indent, whole)})[]`;
  return typeof type === 'string' && Object.hasOwn(SCALARS, type) ? (SCALARS[type] ?? 'unknown') : 'unknown';
}

const SCALARS: Readonly<Record<string, string>> = { string: 'string', number: 'number', integer: 'number', boolean: 'boolean', null: 'null' };

function objectType(schema: JsonObject, indent: string, whole: boolean): string {
  const properties = isObject(schema['properties']) ? Object.entries(schema['properties']) : [];
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const inner = `${indent}  `;
  const lines = properties.flatMap(([name, property]) => {
    const hasDefault = isObject(property) && property['default'] !== undefined;
    const sure = whole ? required.has(name) || hasDefault : required.has(name) && !hasDefault;
    return [...remark(property, inner), `${inner}readonly ${key(name)}${sure ? '' : '?'}: ${typeOf(property, inner, whole)};`];
  });
  // Of other members nothing is known, and an index signature would have to allow every type.
  if (schema['additionalProperties'] !== false) lines.push(`${inner}readonly [name: string]: unknown;`);
  return lines.length === 0 ? 'Record<string, never>' : `{\n${lines.join('\n')}\n${indent}}`;
}

/** What a schema says besides its type, as a doc comment. */
function remark(property: unknown, indent: string): string[] {
  if (!isObject(property)) return [];
  const { title, description, minimum, maximum, default: preset } = property;
  const parts = [
    ...[title, description].filter((text) => typeof text === 'string'),
    ...(minimum === undefined && maximum === undefined ? [] : [`${minimum ?? '…'} to ${maximum ?? '…'}`]),
    ...(property['type'] === 'integer' ? ['a whole number'] : []),
    ...(preset === undefined ? [] : [`default ${JSON.stringify(preset)}`]),
  ];
  return parts.length === 0
    ? []
    : [
        `${indent}/** ${parts
          .join('; ')
          .replaceAll('*/', '* /')
          .replaceAll(/\s*\n\s*/g, ' ')} */`,
      ];
}

/** The context of agents: a placeholder that is the whole text keeps the type of its input, other text is text. */
function contextType(template: unknown, schema: unknown, indent = ''): string {
  if (isObject(template)) {
    const inner = `${indent}  `;
    const lines = Object.entries(template).map(([name, value]) => `${inner}readonly ${key(name)}: ${contextType(value, schema, inner)};`);
    return lines.length === 0 ? 'Record<string, never>' : `{\n${lines.join('\n')}\n${indent}}`;
  }
  if (Array.isArray(template)) return `readonly [${template.map((one) => contextType(one, schema, indent)).join(', ')}]`;
  if (typeof template !== 'string') return template === null ? 'null' : typeof template;
  const path = /^\{\{\s*inputs\.([\w.-]+)\s*\}\}$/.exec(template)?.[1];
  return path === undefined ? 'string' : typeOf(schemaAt(schema, path.split('.')), indent, true);
}

function schemaAt(schema: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined) return schema;
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) && Object.hasOwn(properties, first) ? schemaAt(properties[first], rest) : undefined;
}

const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
const pascal = (slug: string): string =>
  slug
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .replace(/^(?=\d)/, '_') || 'Scenario';
const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
