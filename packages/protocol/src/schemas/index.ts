export { agentBootstrapSchema } from './agent-bootstrap.js';
export { runDescriptorSchema } from './run-descriptor.js';
export { sessionMetadataSchema } from './session-metadata.js';
