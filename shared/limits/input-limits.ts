/** The bounds of input: requests, bodies, and the texts of a contact. */
export const inputLimits = {
  /** The query of a contact list (SPEC 1). */
  perPageDefault: 50,
  perPageMax: 100,
  pageMax: 1_000_000,
  searchCharactersMax: 200,
  cursorCharactersMax: 2_048,
  /** URLs and bodies of requests. Cloudflare accepts URLs of 16 KB; a quarter of that is enough for every route. */
  urlBytesMax: 4_096,
  requestBodyBytesMax: 1_048_576,
  /** Smaller bodies: the names of a workspace and a user, a workspace's settings, the settings of all alerts. */
  workspaceBodyBytesMax: 1_024,
  settingsBodyBytesMax: 4_096,
  alertSettingsBodyBytesMax: 16_384,
  /** The largest answer that the origin gives and the Worker accepts, in bytes. */
  answerBytesMax: 4_000_000,
  /** The nesting of objects and arrays. The row of a database webhook may contain JSON of its own. */
  jsonDepthMax: 64,
  /** Bodies that the origin reads, each large enough for its schema with every character escaped (six bytes each). */
  contactBodyBytesMax: 65_536,
  contactMoveBodyBytesMax: 2_048,
  loadBodyBytesMax: 20_480,
  /** The same bound as the database has for a workspace's settings. Each resource may have its own toggle and lifetime. */
  originSettingsBodyBytesMax: 4_096,
  /** The number of faults in an answer, and the characters of each parameter's name. */
  faultsMax: 20,
  faultParameterCharactersMax: 200,
  /** The time that the headers of a request may take to arrive at the origin, and the same again for its body. */
  arrivalDeadlineMs: 15_000,
  /** How long the origin goes on reading and discarding a body after it has answered early. */
  lingerMs: 500,
  tokenCharactersMax: 8_192,
  invalidationEventsMax: 500,
  eventIdCharactersMax: 200,
  /** A move has the name of a family, a bucket and a mask of slots. A tag of the older form has two identifiers. */
  moveCharactersMax: 17,
  olderTagCharactersMax: 270,
  /** A contact's texts, in characters, and its tags. The database has the same numbers (migrations, `bounds`). */
  nameCharactersMax: 200,
  emailCharactersMax: 320,
  phoneCharactersMax: 40,
  /** RFC 1035 section 2.3.4, without the dot at the end. */
  domainCharactersMax: 253,
  /** A BCP 47 tag (RFC 5646 section 4.4.1). */
  languageCharactersMax: 35,
  /** An address and a number as people type them into a lookup. */
  typedEmailCharactersMax: 400,
  typedPhoneCharactersMax: 100,
  /** A local number that only the workspace's region completes. */
  localDigitsMin: 4,
  localDigitsMax: 17,
  statusCharactersMax: 40,
  sourceCharactersMax: 100,
  messageCharactersMax: 4_000,
  contactTagsMax: 50,
  contactTagCharactersMax: 100,
  /** All texts of a contact together, in bytes of JSON; and the bytes that its ids, instants and field names may add. */
  contactContentBytesMax: 32_768,
  contactFrameBytesMax: 3_072,
  /** The id and the name of the company of a lead, in bytes of JSON. */
  companyReferenceBytesMax: 2_048,
  /** The number of boards of a workspace and of columns of a board, and the bytes of a board's id and name in JSON. */
  boardsMax: 1_000,
  columnsPerBoardMax: 500,
  boardBytesMax: 2_048,
  /** The number of assignees in an entry of counts, and the bytes of an entry with the longest ids. */
  countedAssigneesMax: 500,
  countsBytesMax: 163_840,
  /** The length of a time zone's name, as in the database; the zones whose formatter a process keeps; and the spans of a working day. */
  timeZoneCharactersMax: 64,
  timeZonesKeptMax: 200,
  workingSpansPerDayMax: 12,
  /** The lifetimes that a workspace may set. */
  lifetimeSecondsMin: 30,
  lifetimeSecondsMax: 86_400,
} as const
