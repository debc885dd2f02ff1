/** Version of this package, in Initialize and in the start line. */
export const RUNTIME_VERSION = '0.1.0';
