const UUID = '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

/** Accepts what isSessionId accepts: an id of the shape of a UUID must be a lower-case version 4 or 7. */
export const SESSION_ID_PATTERN = `^([0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|(?!${UUID}$)[A-Za-z0-9_-]{22,128})$`;
