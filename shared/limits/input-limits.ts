/** Requests, bodies, and the texts of a contact: what comes in. */
export const inputLimits = {
  /** Query of a contact list (SPEC 1). */
  perPageDefault: 50,
  perPageMax: 100,
  pageMax: 1_000_000,
  searchCharactersMax: 200,
  cursorCharactersMax: 2_048,
  /** Requests. Cloudflare accepts URLs of 16 KB; nothing here needs a quarter of that. */
  urlBytesMax: 4_096,
  requestBodyBytesMax: 1_048_576,
  /** Smaller bodies: a workspace and a user, a workspace's settings, the settings of all alerts. */
  workspaceBodyBytesMax: 1_024,
  settingsBodyBytesMax: 4_096,
  alertSettingsBodyBytesMax: 16_384,
  /** The largest answer that the origin gives and the Worker accepts, in bytes. */
  answerBytesMax: 4_000_000,
  /** Objects and arrays inside each other. The row of a database webhook may contain JSON of its own. */
  jsonDepthMax: 64,
  /** Bodies that the origin reads, each large enough for its schema with every character escaped (six bytes each). */
  contactBodyBytesMax: 65_536,
  contactMoveBodyBytesMax: 2_048,
  loadBodyBytesMax: 20_480,
  /** As much as the database keeps of a workspace's settings; each resource may have a toggle and a lifetime of its own. */
  originSettingsBodyBytesMax: 4_096,
  /** The faults that an answer lists, and the characters of each parameter's name. */
  faultsMax: 20,
  faultParameterCharactersMax: 200,
  /** A request at the origin: the time its headers may take to arrive, and then its body. */
  arrivalDeadlineMs: 15_000,
  /** How long the origin goes on reading and discarding a body after it has answered early. */
  lingerMs: 500,
  tokenCharactersMax: 8_192,
  invalidationEventsMax: 500,
  eventIdCharactersMax: 200,
  /** A move: the name of a family, and a bucket or a bucket and a mask of slots. Of the older form of a tag: two identifiers. */
  moveCharactersMax: 17,
  olderTagCharactersMax: 270,
  /** A contact's texts, in characters, and its tags. The database has the same numbers (migrations, `bounds`). */
  nameCharactersMax: 200,
  emailCharactersMax: 320,
  phoneCharactersMax: 40,
  statusCharactersMax: 40,
  sourceCharactersMax: 100,
  messageCharactersMax: 4_000,
  contactTagsMax: 50,
  contactTagCharactersMax: 100,
  /** All texts of a contact together, in bytes of JSON, and the most that its ids, instants and field names add. */
  contactContentBytesMax: 32_768,
  contactFrameBytesMax: 3_072,
  /** The boards of a workspace, the columns of a board, and a board's id and name in bytes of JSON. */
  boardsMax: 1_000,
  columnsPerBoardMax: 500,
  boardBytesMax: 2_048,
  /** The assignees that an entry of counts names, and the bytes of such an entry with the longest ids. */
  countedAssigneesMax: 500,
  countsBytesMax: 163_840,
  /** Lifetimes a workspace may set, in seconds. */
  lifetimeSecondsMin: 30,
  lifetimeSecondsMax: 86_400,
} as const
