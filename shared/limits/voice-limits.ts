/** The bounds of the voice platform's webhooks. */
export const voiceLimits = {
  /** A call is answered within the first of these. Lookups end at the second, so that the answer can still be made and sent. */
  voiceAnswerMs: 80,
  voiceGatherMs: 50,
  /** The bodies of the two webhooks. A transcript of an hour has some 300 kB. */
  callStartBodyBytesMax: 8_192,
  endedCallBodyBytesMax: 1_048_576,
  /** The Worker's own form of the latter, for the origin. Each turn may gain its instant and the names of its members. */
  storedCallBodyBytesMax: 2_097_152,
  callTextCharactersMax: 200,
  transcriptTurnsMax: 5_000,
  /** Longer turns become several messages. */
  callMessagesMax: 6_000,
  /** The texts of the variables that a prompt contains. */
  variableCharactersMax: 8_000,
  /** How old a signature may be, as ElevenLabs' own library has it, and how far ahead the sender's clock may be. */
  signatureAgeMaxSeconds: 1_800,
  signatureSkewMaxSeconds: 60,
  /** The signatures that an isolate checks for one address in a minute, and the addresses that it counts. */
  signaturesPerMinuteMax: 6_000,
  isolateAddressesMax: 5_000,
  /** The defaults of the limits on calls, of a number and of an organization. */
  callsOfNumberDefault: 30,
  callsOfOrganizationDefault: 3_000,
} as const
