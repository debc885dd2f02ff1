import { MemoryLog } from './memory-log.js';
import { sessionLogContract } from './session-log.contract.js';

sessionLogContract('memory log', () => Promise.resolve(new MemoryLog()));
