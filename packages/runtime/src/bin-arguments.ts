/** What a command line asks of `macp-runtime`. */
export type RuntimeRequest = { readonly do: 'run' | 'help' | 'version' } | { readonly do: 'refuse'; readonly problem: string };

/** Text of `--help`; every variable is in the reference. */
export const HELP = `Usage: macp-runtime

Starts a MACP runtime and serves until SIGINT or SIGTERM. It has no options but
-h, --help and -V, --version: everything is configured by the environment.

  MACP_BIND_ADDR         ip:port to listen on (default 127.0.0.1:50051)
  MACP_AUTH_TOKENS_FILE  JSON file with tokens and their identities; read again
                         on SIGHUP. MACP_AUTH_TOKENS_JSON holds the same inline
  MACP_AUTH_ISSUER       accept JWTs of this issuer, with MACP_AUTH_JWKS_URL
  MACP_TLS_CERT_PATH     PEM certificate, with MACP_TLS_KEY_PATH
  MACP_ALLOW_INSECURE    1 = plaintext and no tokens, for development
  MACP_DATA_DIR          folder of the durable log (default .macp-data)
  MACP_MEMORY_ONLY       1 = keep nothing on disk
  MACP_POLICIES_DIR      folder of policy files
  MACP_METRICS_ADDR      ip:port of the metrics
  RUST_LOG               error, warn, info, debug, trace or off (default info)

For a first look: MACP_ALLOW_INSECURE=1 MACP_MEMORY_ONLY=1 macp-runtime
All variables, limits and defaults: docs/reference/runtime.md#variables

Exit codes: 0 stopped, 1 cannot start, 2 usage
`;

/** Reads the words after the name of the command. Pure. */
export function readArguments(words: readonly string[]): RuntimeRequest {
  if (words.some((word) => word === '--help' || word === '-h')) return { do: 'help' };
  const [first] = words;
  if (first === undefined) return { do: 'run' };
  if (words.length === 1 && (first === '--version' || first === '-V')) return { do: 'version' };
  return { do: 'refuse', problem: `unknown argument ${words.join(' ')}; it is configured by the environment, macp-runtime --help lists the variables` };
}
