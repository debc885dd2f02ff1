import type { ModeDescriptor } from '../wire/discovery.js';

/** Version of all shipped modes. */
export const MODE_VERSION = '1.0.0';

const REPOSITORY = 'buf.build/multiagentcoordinationprotocol/macp';

/** A shipped mode's descriptor: SessionStart, its own types, and Commitment as the one terminal type. */
export function describeMode(
  mode: Pick<ModeDescriptor, 'mode' | 'title' | 'description' | 'determinismClass' | 'participantModel' | 'messageTypes'>,
): ModeDescriptor {
  return {
    ...mode,
    modeVersion: MODE_VERSION,
    messageTypes: ['SessionStart', ...mode.messageTypes, 'Commitment'],
    terminalMessageTypes: ['Commitment'],
    // Both spellings: the RFC's key and the one that the reference runtime sends (DIFF-11).
    schemaUris: { proto: REPOSITORY, protobuf: REPOSITORY },
  };
}
