export type { TokenIdentity } from './auth/authenticator.js';
export type { Identity } from './auth/identity.js';
export type { JwtAlgorithm, JwtOptions, KeySource } from './auth/jwt.js';
export { systemClock, type Clock } from './clock.js';
export type { TlsFiles } from './grpc/server.js';
export { silentLogger, type LogFields, type Logger } from './logger.js';
export type { RetentionOptions, RuntimeLimits, RuntimeOptions } from './runtime-options.js';
export { startRuntime, type Runtime } from './start-runtime.js';
export { RUNTIME_VERSION } from './version.js';
