import type { AgentManifest, ModeDescriptor, Root } from '@macp-agent/protocol';
import { chain } from '../../maybe-promise.js';
import { requireManager, type ServiceContext } from '../context.js';
import { CallRefused } from '../status.js';
import type { UnaryHandler } from '../unary.js';
import { RUNTIME_NAME } from './initialize.js';

const CONTENT_TYPES = ['application/macp-envelope+proto'];

/** GetManifest: the runtime's own, and no other (RFC-MACP-0005). */
export function getManifest({ modes }: ServiceContext): UnaryHandler<{ agentId: string }, { manifest: AgentManifest }> {
  return ({ agentId }) => {
    if (agentId !== '' && agentId !== RUNTIME_NAME)
      throw new CallRefused('NOT_FOUND', `no manifest of ${agentId} here; this runtime has that of ${RUNTIME_NAME} only`);
    return {
      manifest: {
        agentId: RUNTIME_NAME,
        title: 'MACP Agent Runtime',
        description: 'Accepts, orders and stores the messages of coordination sessions.',
        supportedModes: modes.ids(),
        inputContentTypes: CONTENT_TYPES,
        outputContentTypes: CONTENT_TYPES,
        metadata: {},
        transportEndpoints: [],
      },
    };
  };
}

export function listModes({ modes }: ServiceContext): UnaryHandler<object, { modes: ModeDescriptor[] }> {
  return () => ({ modes: modes.standard() });
}

export function listExtModes({ modes }: ServiceContext): UnaryHandler<object, { modes: ModeDescriptor[] }> {
  return () => ({ modes: modes.extensions() });
}

/** ListRoots: this runtime offers none. */
export function listRoots(): UnaryHandler<object, { roots: Root[] }> {
  return () => ({ roots: [] });
}

/** RegisterExtMode (runtime.md §13). */
export function registerExtMode(context: ServiceContext): UnaryHandler<{ modeDescriptor?: ModeDescriptor | undefined }, { ok: boolean; error: string }> {
  return ({ modeDescriptor }, headers) =>
    chain(requireManager(context, headers), () => {
      if (modeDescriptor === undefined) throw new CallRefused('INVALID_ARGUMENT', 'INVALID_REQUEST: mode_descriptor is missing');
      return answer(context.modes.register(modeDescriptor));
    });
}

export function unregisterExtMode(context: ServiceContext): UnaryHandler<{ mode: string }, { ok: boolean; error: string }> {
  return ({ mode }, headers) => chain(requireManager(context, headers), () => answer(context.modes.unregister(mode)));
}

/** PromoteMode: an empty new name keeps the old one. */
export function promoteMode(context: ServiceContext): UnaryHandler<{ mode: string; promotedModeName: string }, { ok: boolean; error: string; mode: string }> {
  return ({ mode, promotedModeName }, headers) =>
    chain(requireManager(context, headers), () => {
      const result = context.modes.promote(mode, promotedModeName === '' ? undefined : promotedModeName);
      return 'refused' in result ? { ok: false, error: result.refused, mode: '' } : { ok: true, error: '', mode: result.mode };
    });
}

/** What registry RPCs say: done, or why not. */
export function answer(refused: string | undefined): { ok: boolean; error: string } {
  return { ok: refused === undefined, error: refused ?? '' };
}
