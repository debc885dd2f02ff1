import { MACP_VERSION, type InitializeRequest, type InitializeResponse } from '@macp-agent/protocol';
import { RUNTIME_VERSION } from '../../version.js';
import type { ServiceContext } from '../context.js';
import { CallRefused } from '../status.js';
import type { UnaryHandler } from '../unary.js';

/** Name of this runtime, in Initialize and as the id of its manifest. */
export const RUNTIME_NAME = 'macp-runtime';

const INSTRUCTIONS = 'Send authorization: Bearer <token> with every call but Initialize and discovery; the token decides Envelope.sender.';

/** Initialize: no credential, no state; the one version and what this runtime has (runtime.md §2). */
export function initialize(context: ServiceContext): UnaryHandler<InitializeRequest, InitializeResponse> {
  return ({ supportedProtocolVersions: offered }) => {
    if (offered.length === 0) throw new CallRefused('INVALID_ARGUMENT', 'INVALID_REQUEST: supported_protocol_versions is empty');
    if (!offered.includes(MACP_VERSION)) throw new CallRefused('FAILED_PRECONDITION', `UNSUPPORTED_PROTOCOL_VERSION: this runtime speaks ${MACP_VERSION}`);
    return {
      selectedProtocolVersion: MACP_VERSION,
      runtimeInfo: {
        name: RUNTIME_NAME,
        title: 'MACP Agent Runtime',
        version: RUNTIME_VERSION,
        description: 'Coordination runtime of the Multi-Agent Coordination Protocol for Node.js.',
        websiteUrl: '',
      },
      capabilities: {
        sessions: { stream: true, listSessions: true, watchSessions: true },
        cancellation: { cancelSession: true },
        progress: { progress: true },
        manifest: { getManifest: true },
        modeRegistry: { listModes: true, listChanged: true },
        roots: { listRoots: true, listChanged: false },
        policyRegistry: { registerPolicy: !context.policies.readOnly, listPolicies: true, listChanged: true },
        experimental: { features: { ext_mode_lifecycle: 'true', in_stream_refusals: 'true', streamed_control_records: 'true' } },
      },
      supportedModes: context.modes.ids(),
      instructions: INSTRUCTIONS,
    };
  };
}
