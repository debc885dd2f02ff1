/** Who a credential stands for, and what it may do (runtime.md §3.1). */
export interface Identity {
  /** Becomes `Envelope.sender`. */
  readonly sender: string;
  /** Mode ids that this identity may use; absent or `[]` means all. */
  readonly allowedModes?: readonly string[] | undefined;
  /** Default true. */
  readonly canStartSessions?: boolean | undefined;
  /** How many sessions of its own may be OPEN at one time; absent: no limit, 0: none. */
  readonly maxOpenSessions?: number | undefined;
  /** May register extension modes and policies; default false. */
  readonly canManageModeRegistry?: boolean | undefined;
  /** May read every session; default false. */
  readonly isObserver?: boolean | undefined;
}

/** An identity with its defaults resolved: the caller of one request or stream. */
export interface Caller {
  readonly sender: string;
  /** Undefined: all modes. Empty: none, which only a JWT can say. */
  readonly allowedModes: ReadonlySet<string> | undefined;
  readonly canStartSessions: boolean;
  readonly maxOpenSessions: number | undefined;
  readonly canManageModeRegistry: boolean;
  readonly isObserver: boolean;
}

/** The caller of a static token. */
export function toCaller(identity: Identity): Caller {
  const { allowedModes = [] } = identity;
  return {
    sender: identity.sender,
    allowedModes: allowedModes.length === 0 ? undefined : new Set(allowedModes),
    canStartSessions: identity.canStartSessions ?? true,
    maxOpenSessions: identity.maxOpenSessions,
    canManageModeRegistry: identity.canManageModeRegistry ?? false,
    isObserver: identity.isObserver ?? false,
  };
}
