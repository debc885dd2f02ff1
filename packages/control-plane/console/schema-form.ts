/** One input of a form, as its JSON Schema describes it. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly required: boolean;
  readonly kind: 'text' | 'number' | 'boolean' | 'choice' | 'json';
  readonly choices: readonly string[];
  readonly initial: string;
  readonly step: string | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

type Schema = Readonly<Record<string, unknown>>;

/** Fields of an object schema in its order; what has no simple control is edited as JSON. */
export function fieldsOf(schema: Schema, defaults: Readonly<Record<string, unknown>> = {}): FormField[] {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  return Object.entries(properties).map(([name, item]) => {
    const kind = kindOf(item);
    const value = defaults[name] ?? item['default'];
    const isRequired = required.includes(name);
    const choices = kind === 'boolean' ? ['true', 'false'] : Array.isArray(item['enum']) ? item['enum'].map(String) : [];
    return {
      name,
      label: typeof item['title'] === 'string' ? item['title'] : words(name),
      hint: typeof item['description'] === 'string' ? item['description'] : '',
      required: isRequired,
      kind,
      choices,
      initial: value === undefined ? (isRequired ? (choices[0] ?? '') : '') : typeof value === 'string' ? value : JSON.stringify(value),
      step: item['type'] === 'integer' ? '1' : kind === 'number' ? 'any' : undefined,
      min: typeof item['minimum'] === 'number' ? item['minimum'] : undefined,
      max: typeof item['maximum'] === 'number' ? item['maximum'] : undefined,
    };
  });
}

/** The value that a field's text stands for; undefined for an empty optional one. Throws for JSON that is none. */
function readField(field: FormField, text: string): unknown {
  if (text.trim() === '') return undefined;
  switch (field.kind) {
    case 'number':
      return Number(text);
    case 'boolean':
      return text === 'true';
    case 'json':
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw new Error(`${field.label} is not JSON`);
      }
    default:
      return text;
  }
}

/** What the fields stand for together; empty optional ones are left out. Throws for JSON that is none. */
export function readFields(fields: readonly FormField[], texts: Readonly<Record<string, string>>): Record<string, unknown> {
  const entries = fields.map((field) => [field.name, readField(field, texts[field.name] ?? field.initial)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The other way round: what each field shows for these inputs. Throws for inputs that have no field. */
export function textsOf(fields: readonly FormField[], inputs: unknown): Record<string, string> {
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) throw new Error('The inputs are not a JSON object');
  const values = inputs as Record<string, unknown>;
  const stray = Object.keys(values).find((name) => !fields.some((field) => field.name === name));
  if (stray !== undefined) throw new Error(`The scenario has no input "${stray}"`);
  return Object.fromEntries(
    fields.map(({ name }) => [name, values[name] === undefined ? '' : typeof values[name] === 'string' ? values[name] : JSON.stringify(values[name])]),
  );
}

function kindOf(schema: Schema): FormField['kind'] {
  if (Array.isArray(schema['enum'])) return 'choice';
  switch (schema['type']) {
    case 'string':
      return 'text';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return 'json';
  }
}

/** `transactionAmount` → `Transaction amount`. */
function words(name: string): string {
  const spaced = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]/g, ' ')
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
