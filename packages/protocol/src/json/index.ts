export { fromJson, toJson } from './codec.js';
export { fromTimestamp, toTimestamp } from './timestamp.js';
export { JsonValueError, type JsonObject, type JsonValue } from './values.js';
