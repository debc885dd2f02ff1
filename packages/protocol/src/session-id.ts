const UUID_SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const UUID_4_OR_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Ids become directory names, so ours have an upper length; the reference runtime has none. */
const BASE64URL = /^[A-Za-z0-9_-]{22,128}$/;

/** True for an id that SessionStart accepts: lower-case UUID version 4 or 7, or 22 to 128 base64url characters (runtime.md §5.1). */
export function isSessionId(id: string): boolean {
  return UUID_SHAPE.test(id) ? UUID_4_OR_7.test(id) : BASE64URL.test(id);
}
