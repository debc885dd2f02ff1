import { EXTENSION_MODES, MODE_VERSION, passThroughMode, STANDARD_MODES, type Mode, type ModeDescriptor } from '@macp-agent/protocol';

interface Entry {
  readonly mode: Mode;
  readonly standard: boolean;
  readonly builtIn: boolean;
}

/** What a registry RPC answers: undefined, or why not. */
export type RegistryRefusal = string | undefined;

/** The modes that sessions may use; extension modes come and go, for this process only (runtime.md §13). */
export class ModeRegistry {
  readonly #entries = new Map<string, Entry>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
    for (const mode of STANDARD_MODES) this.#entries.set(mode.descriptor.mode, { mode, standard: true, builtIn: true });
    for (const mode of EXTENSION_MODES) this.#entries.set(mode.descriptor.mode, { mode, standard: false, builtIn: true });
  }

  get(id: string): Mode | undefined {
    return this.#entries.get(id)?.mode;
  }

  /** All ids, sorted. */
  ids(): string[] {
    return [...this.#entries.keys()].toSorted();
  }

  /** Standards-track: the shipped ones in their own order, then promoted ones by name. */
  standard(): ModeDescriptor[] {
    const entries = [...this.#entries.values()].filter(({ standard }) => standard);
    const promoted = entries.filter(({ mode }) => !STANDARD_MODES.includes(mode));
    return [...STANDARD_MODES, ...promoted.map(({ mode }) => mode).toSorted(byName)].map(({ descriptor }) => descriptor);
  }

  /** Extensions by name. */
  extensions(): ModeDescriptor[] {
    const entries = [...this.#entries.values()].filter(({ standard }) => !standard);
    return entries
      .map(({ mode }) => mode)
      .toSorted(byName)
      .map(({ descriptor }) => descriptor);
  }

  register(descriptor: ModeDescriptor): RegistryRefusal {
    const { mode, modeVersion, messageTypes, terminalMessageTypes } = descriptor;
    if (mode.trim() === '') return 'mode must not be blank';
    if (mode.startsWith('macp.mode.')) return `${mode}: the names under macp.mode. are reserved`;
    if (messageTypes.length === 0) return `${mode}: message_types must not be empty`;
    if (modeVersion.trim() === '') return `${mode}: mode_version must not be blank, for example ${MODE_VERSION}`;
    if (terminalMessageTypes.length === 0) return `${mode}: terminal_message_types must not be empty`;
    if (terminalMessageTypes.some((type) => type !== 'Commitment')) return `${mode}: Commitment is the only terminal message type`;
    if (!messageTypes.includes('Commitment')) return `${mode}: message_types must hold Commitment`;
    if (this.#entries.has(mode)) return `${mode} is already registered`;
    this.#entries.set(mode, { mode: passThroughMode(descriptor) as Mode, standard: false, builtIn: false });
    this.#changed();
    return undefined;
  }

  unregister(id: string): RegistryRefusal {
    const entry = this.#entries.get(id);
    if (entry === undefined) return `${id} is not registered`;
    if (entry.standard) return `${id} is standards-track and stays`;
    if (entry.builtIn) return `${id} is built in and stays`;
    this.#entries.delete(id);
    this.#changed();
    return undefined;
  }

  /** Makes an extension standards-track, under a new name if one is given. */
  promote(id: string, newName: string | undefined): { readonly mode: string } | { readonly refused: string } {
    const entry = this.#entries.get(id);
    if (entry === undefined) return { refused: `${id} is not registered` };
    if (entry.standard) return { refused: `${id} is already standards-track` };
    const renamed = newName !== undefined && newName !== id;
    if (renamed) {
      if (newName.trim() === '') return { refused: 'the new name must not be blank' };
      if (newName.startsWith('macp.mode.')) return { refused: `${newName}: the names under macp.mode. are reserved` };
      if (this.#entries.has(newName)) return { refused: `${newName} is already registered` };
    }
    const target = renamed ? newName : id;
    // The code of a shipped extension is bound to its id, as its payloads are; under another name the mode is generic.
    const keepsCode = entry.builtIn && !renamed;
    const mode = keepsCode ? entry.mode : (passThroughMode({ ...entry.mode.descriptor, mode: target }, { strict: true }) as Mode);
    this.#entries.delete(id);
    this.#entries.set(target, { mode, standard: true, builtIn: entry.builtIn });
    this.#changed();
    return { mode: target };
  }
}

function byName(a: Mode, b: Mode): number {
  return a.descriptor.mode < b.descriptor.mode ? -1 : 1;
}
