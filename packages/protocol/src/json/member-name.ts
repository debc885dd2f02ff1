/** The member of a field: the name that the .proto files have, `sessionId` → `session_id`. */
export function memberName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
