import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { JwtVerifier } from './authenticator.js';
import type { JwtOptions } from './jwt-options.js';

/** The verifier. Its code, and jose with it, is loaded with the first token. */
export function jwtVerifier(options: JwtOptions, clock: Clock, logger: Logger): JwtVerifier {
  let loaded: Promise<JwtVerifier> | undefined;
  return {
    async verify(token) {
      loaded ??= import('./jose-verifier.js').then(({ createJoseVerifier }) => createJoseVerifier(options, clock, logger));
      return (await loaded).verify(token);
    },
  };
}
