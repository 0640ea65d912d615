/** What was said of callers */
export default {
  interpreters: 'Interpreter joins',
  interpreterRings: 'Ringing {name}, who joins when answering.',
  title: 'Caller marks',
  kind: { nuisance: 'Nuisance', wrong_number: 'Wrong number', silent: 'Silent' },
  isBlocked: 'Blocked',
  marked: 'Marked: {kind}.',
  blockedNow: 'Marked as a nuisance; this number is refused from now on.',
  blockQuestion: 'Mark as a nuisance and block the number? Number and recording are kept; further calls are refused.',
  markQuestion: 'Mark this call as a nuisance?',
  unblock: 'Unblock',
  unblockQuestion: 'Let this number ring again?',
  unblocked: 'Unblocked.',
};
