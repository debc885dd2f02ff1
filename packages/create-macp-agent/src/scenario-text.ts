/** A participant that runs `entry`, to be put into scenario.yaml. */
export interface NewParticipant {
  readonly id: string;
  readonly role: string;
  readonly entry: string;
}

/**
 * Adds an agent and a participant to the text of a scenario: one line at the end of the first `agents:` block and one at the end of the
 * first `participants:` list; every other byte stays. Undefined when the text does not have that shape.
 */
export function addToScenario(text: string, { id, role, entry }: NewParticipant): string | undefined {
  const lines = text.split('\n');
  // The later place first, so that the earlier one does not move.
  const places = [
    { block: findBlock(lines, 'agents'), line: `${id}: { entry: ${entry}, framework: custom }` },
    { block: findBlock(lines, 'participants'), line: `- { id: ${id}, role: ${role}, agentRef: ${id} }` },
  ];
  for (const { block, line } of places.toSorted((a, b) => (b.block?.end ?? 0) - (a.block?.end ?? 0))) {
    if (block === undefined) return undefined;
    lines.splice(block.end, 0, `${block.indent}${line}`);
  }
  return lines.join('\n');
}

/** The ids a scenario already uses, for agents and participants, as far as they can be seen in its text. */
export function usedIds(text: string): Set<string> {
  const ids = [...text.matchAll(/\bid: *["']?([\w.-]+)/g), ...text.matchAll(/^ +["']?([\w.-]+)["']?: *\{ *entry:/gm)];
  return new Set(ids.map((match) => match[1] ?? ''));
}

/** The first block under a key: the indent of its entries and the line after its last one. */
function findBlock(lines: readonly string[], key: string): { indent: string; end: number } | undefined {
  const head = lines.findIndex((line) => new RegExp(`^ *${key}: *(?:#.*)?$`).test(line));
  if (head === -1) return undefined;
  const outer = indentOf(lines[head] ?? '');
  let indent: string | undefined;
  let end = head + 1;
  for (let index = head + 1; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const own = indentOf(line);
    // The items of a list may stand under their key.
    const belongs = own.length > outer.length || (own.length === outer.length && line.trimStart().startsWith('- '));
    if (!belongs) break;
    indent ??= own;
    end = index + 1;
  }
  return indent === undefined ? undefined : { indent, end };
}

function indentOf(line: string): string {
  return /^ */.exec(line)?.[0] ?? '';
}
