const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Every name that code written for macp-sdk-typescript 0.6 may import from the package root. */
export const ROOT_NAMES: readonly string[] = words(`
    Auth MacpClient MacpStream agent retrySend grpcStatusName ProtoRegistry
    BaseSession DecisionSession ProposalSession TaskSession HandoffSession QuorumSession
    BaseProjection DecisionProjection ProposalProjection TaskProjection HandoffProjection QuorumProjection
    ModeRegistryWatcher RootsWatcher PolicyWatcher SessionLifecycleWatcher SignalWatcher
    TERMINAL_SESSION_LIFECYCLE_EVENT_TYPES isSessionCreated isSessionResolved isSessionExpired isSessionCancelled
    isSessionSuspended isSessionResumed isTerminalSessionLifecycleEvent
    buildDecisionPolicy buildQuorumPolicy buildProposalPolicy buildTaskPolicy buildHandoffPolicy
    MacpSdkError MacpTransportError MacpTimeoutError MacpRetryError MacpAckError MacpSessionError MacpIdentityMismatchError
    UNSUPPORTED_PROTOCOL_VERSION INVALID_ENVELOPE SESSION_ALREADY_EXISTS SESSION_NOT_FOUND SESSION_NOT_OPEN MODE_NOT_SUPPORTED
    FORBIDDEN UNAUTHENTICATED DUPLICATE_MESSAGE PAYLOAD_TOO_LARGE RATE_LIMITED INTERNAL_ERROR POLICY_DENIED
    INVALID_SESSION_ID UNKNOWN_POLICY_VERSION INVALID_POLICY_DEFINITION
    MACP_VERSION VERSION DEFAULT_MODE_VERSION DEFAULT_CONFIGURATION_VERSION DEFAULT_POLICY_VERSION STANDARD_MODES
    MODE_DECISION MODE_PROPOSAL MODE_TASK MODE_HANDOFF MODE_QUORUM MODE_MULTI_ROUND
    newSessionId newMessageId newCommitmentId nowUnixMs buildEnvelope buildSessionStartPayload buildCommitmentPayload
    buildCommitmentRef buildRoot buildSignalPayload buildProgressPayload inferOutcomePositive serializeMessage toProtoPayload
    validateSessionId validateVote validateRecommendation validateConfidence validateSeverity validateParticipantCount
    validateParticipants validateSignalType validateTtlMs validateMaxSuspendMs validateRequiredField validateSessionStart
    configureLogging logger
  `);

/** Members of the namespace `agent`. */
export const AGENT_NAMES: readonly string[] = words(`
    fromBootstrap Participant Dispatcher GrpcTransportAdapter HttpTransportAdapter startCancelCallbackServer
    evaluationHandler functionEvaluator votingHandler functionVoter majorityVoter
    commitmentHandler functionCommitter majorityCommitter
  `);

const SESSION = ['client', 'sessionId', 'modeVersion', 'configurationVersion', 'policyVersion', 'auth', 'projection'];
const SESSION_VERBS = ['start', 'commit', 'metadata', 'cancel', 'suspend', 'resume', 'openStream'];
const PROJECTION = ['transcript', 'phase', 'commitment', 'isCommitted', 'isPositiveOutcome', 'applyEnvelope'];
const WATCHER = ['changes', 'watch', 'nextChange'];

/** Members of the objects that those names make. */
export const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  MacpClient: words(`
    auth protoRegistry initialize send getSession cancelSession suspendSession resumeSession getManifest listModes
    listExtModes listRoots registerExtMode unregisterExtMode promoteMode registerPolicy unregisterPolicy getPolicy
    listPolicies listSessionsPage listSessions watchSessions watchPolicies watchModeRegistry watchRoots watchSignals
    openStream sendSignal sendProgress senderHint close
  `),
  MacpStream: ['send', 'sendSubscribe', 'responses', 'read', 'onInlineError', 'close'],
  SessionStream: ['send', 'sendSubscribe', 'responses', 'read', 'onInlineError', 'close'],
  DecisionSession: [...SESSION, ...SESSION_VERBS, 'propose', 'evaluate', 'raiseObjection', 'vote'],
  ProposalSession: [...SESSION, ...SESSION_VERBS, 'propose', 'counterPropose', 'accept', 'reject', 'withdraw'],
  TaskSession: [...SESSION, ...SESSION_VERBS, 'requestTask', 'acceptTask', 'rejectTask', 'updateTask', 'completeTask', 'failTask'],
  HandoffSession: [...SESSION, ...SESSION_VERBS, 'offer', 'addContext', 'acceptHandoff', 'decline'],
  QuorumSession: [...SESSION, ...SESSION_VERBS, 'requestApproval', 'approve', 'reject', 'abstain'],
  DecisionProjection: [
    ...PROJECTION,
    ...words(`
    proposals evaluations objections votes voteTotals majorityWinner voteRatio
    hasBlockingObjection reviewEvaluations qualifyingEvaluations
  `),
  ],
  ProposalProjection: [
    ...PROJECTION,
    ...words(`
    proposals accepts rejections activeProposals latestProposal isAccepted isTerminallyRejected
    liveProposals acceptedProposal hasTerminalRejection
  `),
  ],
  TaskProjection: [
    ...PROJECTION,
    ...words(`
    tasks updates completions failures getTask isComplete isFailed isRetryable progressOf
    activeTasks isAccepted latestProgress
  `),
  ],
  HandoffProjection: [
    ...PROJECTION,
    ...words(`
    handoffs getHandoff isAccepted isDeclined isImplicitlyAccepted pendingHandoffs
    hasAcceptedOffer activeOffer
  `),
  ],
  QuorumProjection: [
    ...PROJECTION,
    ...words(`
    requests ballots approvalCount rejectionCount abstentionCount hasQuorum threshold
    votedSenders remainingVotesNeeded commitmentReady isThresholdUnreachable
  `),
  ],
  Participant: words(`
    participantId sessionId mode client auth projection actions isStopped on onPhaseChange onTerminal
    run stop processEvent attachCancelCallbackServer
  `),
  Dispatcher: ['on', 'onPhaseChange', 'onTerminal', 'dispatch', 'dispatchPhaseChange', 'dispatchTerminal', 'hasHandlersFor', 'hasTerminalHandler'],
  ProtoRegistry: ['getKnownTypeName', 'encodeMessage', 'decodeMessage', 'encodeKnownPayload', 'decodeKnownPayload'],
  ModeRegistryWatcher: WATCHER,
  RootsWatcher: WATCHER,
  PolicyWatcher: WATCHER,
  SessionLifecycleWatcher: WATCHER,
  SignalWatcher: ['signals', 'watch', 'nextSignal'],
  MacpTransportError: ['code'],
  MacpRetryError: ['cause'],
  MacpAckError: ['ack', 'failure', 'grpcMetadata'],
  MacpIdentityMismatchError: ['expectedSender', 'actualSender'],
};

/** Names that are not here, each with what to write instead and why. The README of this package has the same table. */
export const LEFT_OUT: Readonly<Record<string, { readonly instead: string; readonly why: string }>> = {
  BaseSession: {
    instead: 'Session: extend it, or `new Session(client, mode, options, makeProjection)`',
    why: 'Session is complete for every mode, so there is nothing abstract to override',
  },
  BaseProjection: {
    instead: 'Projection: extend it and read `view`',
    why: 'projections hold no state: the fold of the session does, through the mode of @macp-agent/protocol',
  },
  toProtoPayload: { instead: 'the plain camelCase object', why: 'payloads are plain objects everywhere; encoding is done by send' },
  configureLogging: {
    instead: '`logger` of MacpClient, fromBootstrap and Participant: an object with debug, info, warn and error',
    why: 'a logger of the whole module cannot tell two clients in one process apart',
  },
  logger: { instead: 'the logger that you give to the client', why: 'as configureLogging' },
  'agent.GrpcTransportAdapter': {
    instead: '`session.openStream()`, which Participant uses by itself',
    why: 'waiting for the session, reconnecting and resuming belong together and are not replaceable piece by piece',
  },
  'agent.HttpTransportAdapter': { instead: '`session.openStream()`', why: 'no server offers the HTTP routes that it polls' },
  'SessionStream.send': {
    instead: '`session.sendEnvelope(envelope)`, or `client.openStream()` for a raw stream',
    why: 'the session writes to its open stream and waits for the echo; a raw write tells nobody whether the message was accepted',
  },
  'MacpAckError.grpcMetadata': { instead: '`error.failure.reasons`', why: 'no runtime attaches metadata to an Ack; the reasons are in its error details' },
};
