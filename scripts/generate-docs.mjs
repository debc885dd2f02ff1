// Rewrites what reference pages take from the code: whole pages, and sections between `<!-- generated: name -->` and
// `<!-- end of generated -->`. Needs a build. `--check` fails when a page differs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiPages, undocumented } from './api-pages.mjs';

const root = new URL('..', import.meta.url);
const load = (path) => import(new URL(path, root).href);
const { BUILT_IN_MODES, ERROR_CODES, GrpcStatus } = await load('packages/protocol/dist/index.js');

const pages = {
  'docs/reference/errors.md': errorsPage(),
  'docs/reference/cli.md': withSection('docs/reference/cli.md', 'commands', await commandsSection()),
  'docs/reference/bootstrap.md': withSection('docs/reference/bootstrap.md', 'fields', await fieldsSection()),
  'docs/reference/http-api.md': await httpApiPage('docs/reference/http-api.md'),
  'docs/concepts/modes.md': withSection('docs/concepts/modes.md', 'modes', modesSection()),
  ...apiPages(),
};

let stale = false;
for (const one of undocumented()) {
  stale = true;
  console.error(`${one} says nothing about itself; write a comment above it`);
}
for (const [name, text] of Object.entries(pages)) {
  const target = fileURLToPath(new URL(name, root));
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  else if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
    stale = true;
    console.error(`${name} is not what the code says; run: node scripts/generate-docs.mjs`);
  }
}
process.exitCode = stale ? 1 : 0;

function withSection(name, section, text, page = readFileSync(new URL(name, root), 'utf8')) {
  const begin = `<!-- generated: ${section} -->\n`;
  const from = page.indexOf(begin);
  const to = page.indexOf('<!-- end of generated -->', from);
  if (from < 0 || to < 0) throw new Error(`${name} has no section ${begin.trim()} … <!-- end of generated -->`);
  return `${page.slice(0, from)}${begin}\n${text}\n\n${page.slice(to)}`;
}

/** `--help` of macp and of each command below it, as the command prints it. */
async function commandsSection() {
  const { runCli } = await load('packages/cli/dist/index.js');
  const help = async (words) => {
    let text = '';
    const io = {
      stdout: { write: (part) => (text += part) },
      stderr: { write: (part) => (text += part) },
      // A default that depends on the machine has no place in a page.
      env: {},
      cwd: '/',
      signal: new AbortController().signal,
      forceSignal: new AbortController().signal,
    };
    const code = await runCli([...words, '--help'], io);
    if (code !== 0) throw new Error(`macp ${words.join(' ')} --help exits ${code}: ${text}`);
    return text.trimEnd();
  };
  const sections = [];
  const visit = async (words) => {
    const text = await help(words);
    sections.push(
      `### macp${words.map((word) => ` ${word}`).join('')}\n\n\`\`\`text\n${text.replace(/(  runs at a time \(default:\s+)\d+\)/, '$1half of the processors, at least 2)')}\n\`\`\``,
    );
    const list = text.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
    const names = [...list.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name).filter((name) => name !== 'help');
    for (const name of names) await visit([...words, name]);
  };
  await visit([]);
  return sections.join('\n\n');
}

/** Routes from the OpenAPI that the server serves, events from the table that types them. */
async function httpApiPage(name) {
  const { buildApp } = await load('packages/control-plane/dist/index.js');
  const { EVENT_TYPES } = await load('packages/control-plane/dist/model/canonical-event.js');
  const nothing = () => undefined;
  const app = await buildApp({
    services: { metrics: { gauge: nothing, count: nothing, observe: nothing } },
    guard: { allowedHosts: ['*'], allowedOrigins: [] },
  });
  const { paths, components } = (await app.inject('/openapi.json')).json();
  await app.close();
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ ...operation, path, route: `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}` })),
  );
  const row = ({ route, summary, parameters = [], requestBody, responses }) => {
    const query = parameters
      .filter((parameter) => parameter.in === 'query')
      .map(({ name: of, schema }) => `\`${of}\`${schema.default === undefined ? '' : ` (${schema.default})`}`);
    const { schema: given } = requestBody?.content['application/json'] ?? {};
    const schema = given?.$ref === undefined ? given : components.schemas[given.$ref.split('/').at(-1)];
    const body =
      schema === undefined ? [] : [schema.title === undefined ? `body {${Object.keys(schema.properties ?? {}).join(', ')}}` : `body: ${schema.title}`];
    return `| \`${route}\` | ${[...query, ...body].join(', ')} | ${Object.keys(responses)
      .filter((status) => status !== 'default')
      .join(', ')} | ${summary ?? ''} |`;
  };
  const table = (own) => ['| route | query (default) or body | status | answer |', '|---|---|---|---|', ...own.map(row)].join('\n');
  const ofRuns = ({ path }) => path === '/runs' || path.startsWith('/runs/');
  const events = Object.entries(EVENT_TYPES).map(([type, { subject, data, when }]) => `| \`${type}\` | ${subject} | ${data} | ${when} |`);
  let page = withSection(name, 'runs', table(routes.filter(ofRuns)));
  page = withSection(name, 'others', table(routes.filter((route) => !ofRuns(route))), page);
  return withSection(name, 'events', ['| type | subject | data | when |', '|---|---|---|---|', ...events].join('\n'), page);
}

async function fieldsSection() {
  const { FIELDS } = await load('packages/core/dist/agent/bootstrap-fields.js');
  const code = (names) => names.map((name) => `\`${name}\``).join(', ');
  const rows = Object.values(FIELDS).map(({ path, from, env }) => {
    const others = from.filter((name) => name !== path && !name.startsWith('initiator.sessionStartPayload.') && !name.startsWith('initiator.session_start.'));
    return `| \`${path}\` | ${code(others)} | ${env === undefined ? '' : `\`${env}\``} |`;
  });
  return ['| field | also read as | variable when the document lacks it |', '|---|---|---|', ...rows].join('\n');
}

function modesSection() {
  const rows = BUILT_IN_MODES.map(
    ({ descriptor: { mode, modeVersion, messageTypes, participantModel, determinismClass } }) =>
      `| \`${mode}\` | ${modeVersion} | ${messageTypes.filter((type) => type !== 'SessionStart').join(', ')} | ${participantModel} | ${determinismClass} |`,
  );
  return ['| mode | version | messages after SessionStart | participants | determinism |', '|---|---|---|---|---|', ...rows].join('\n');
}
function errorsPage() {
  const families = [
    [
      'wire',
      'From a peer',
      'A runtime answers with these, in an Ack, in a stream or as a gRPC status. Other runtimes may use codes that are not here; treat those as failures of that implementation.',
    ],
    ['local', 'From this process', 'The packages raise these themselves, before a message leaves or when no answer comes.'],
    ['scenario', 'From scenarios', 'Loading, compiling and running scenario packs.'],
  ];
  const intro = `<!-- Generated by scripts/generate-docs.mjs from packages/protocol/src/error-codes.ts. Do not edit. -->

# Errors

Everything that fails here fails with a \`MacpError\`. Branch on \`error.code\`; \`error.message\` is for people and may change.
\`error.retryable\` is true when the same message, with the same id, may be sent again.
`;
  const sections = families.map(([family, title, text]) => {
    const rows = Object.entries(ERROR_CODES).filter(([, row]) => row.family === family);
    return [`## ${title}`, text, ...rows.map(entry)].join('\n\n');
  });
  return `${[intro.trimEnd(), ...sections].join('\n\n')}\n`;
}

function entry([code, row]) {
  const status = Object.entries(GrpcStatus).find(([, number]) => number === row.grpcStatus)?.[0];
  return `### \`${code}\`

${row.meaning}

- Do: ${row.fix}
- gRPC ${status} (${row.grpcStatus}), HTTP ${row.httpStatus}, ${row.retryable ? 'may be sent again' : 'not to be sent again as it is'}`;
}
