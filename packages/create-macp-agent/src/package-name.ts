import { builtinModules } from 'node:module';

const MAX_LENGTH = 214;
const FALLBACK = 'my-agent';

/** Every npm rule for new packages that the name breaks; empty when npm accepts it. */
export function packageNameProblems(name: string): string[] {
  const problems: string[] = [];
  if (name.length === 0) return ['it is empty'];
  if (name.length > MAX_LENGTH) problems.push(`it is longer than ${MAX_LENGTH} characters`);
  if (name.trim() !== name) problems.push('it starts or ends with a space');
  if (/^[._-]/.test(name)) problems.push(`it starts with "${name[0]}"`);
  if (name.toLowerCase() !== name) problems.push('it holds capital letters');
  if (/[~'!()*]/.test(name.split('/').at(-1) ?? '')) problems.push("it holds one of ~ ' ! ( ) *");
  if (!isUrlSafe(name)) problems.push('it holds characters that need escaping in a URL (spaces, @, /, …)');
  const lower = name.toLowerCase();
  if (lower === 'node_modules' || lower === 'favicon.ico') problems.push(`"${lower}" is reserved`);
  if (builtinModules.includes(lower)) problems.push(`"${lower}" is a module of Node itself`);
  return problems;
}

/** A name npm accepts that resembles the wanted one; a scope stays a scope. */
export function suggestPackageName(wanted: string): string {
  const scoped = /^@([^/]+)\/([^/]+)$/.exec(wanted);
  return scoped === null ? suggestWords(wanted) : `@${suggestWords(scoped[1] ?? '')}/${suggestWords(scoped[2] ?? '')}`;
}

function suggestWords(wanted: string): string {
  const words = wanted
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '-')
    .slice(0, MAX_LENGTH)
    .replaceAll(/^-+|-+$/g, '');
  if (words === '') return FALLBACK;
  return packageNameProblems(words).length === 0 ? words : `${words}-agent`;
}

function isUrlSafe(name: string): boolean {
  const scoped = /^@([^/]+)\/([^/]+)$/.exec(name);
  const parts = scoped === null ? [name] : [scoped[1] ?? '', scoped[2] ?? ''];
  return parts.every((part) => encodeURIComponent(part) === part);
}
