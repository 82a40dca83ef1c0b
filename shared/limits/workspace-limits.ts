/** The bounds of a workspace's configuration, sources, permissions and mailboxes, and of what the CRM's backend writes about them. */
export const workspaceLimits = {
  /** A JSON text of 8,192 bytes in the database, of which each character may become an escape in an answer. */
  configurationBytesMax: 65_536,
  /** The webhook sources that an answer names, and the bytes of one in JSON: its 50 types of events may be escaped throughout. */
  webhookSourcesMax: 100,
  webhookSourceBytesMax: 36_864,
  webhookSourceNameCharactersMax: 200,
  webhookSourceKindCharactersMax: 40,
  webhookEventTypesMax: 50,
  webhookEventTypeCharactersMax: 100,
  /** The changes of what each role allows. Denials come first, so that none of them is left out. */
  permissionChangesMax: 1_000,
  permissionCharactersMax: 98,
  /** A folder of a mailbox: the messages of a page, the pages that can be read, and the messages that one write puts into it. */
  mailboxPerPage: 50,
  mailboxPageMax: 200,
  mailboxMessagesMax: 200,
  mailboxBodyBytesMax: 4_194_304,
  mailboxSubjectCharactersMax: 500,
  mailboxPreviewCharactersMax: 500,
  /** The bytes of a message in JSON with every character escaped: 1,648 characters of at most two escapes each. */
  mailboxMessageBytesMax: 20_480,
  /** The body that sets the state of a call, with every character escaped. */
  callSessionBodyBytesMax: 131_072,
  leadControlBodyBytesMax: 2_048,
  /** A page of the list of all workspaces, for operators. */
  workspacesPerPage: 500,
  /** The deeds of operators on workspaces that are remembered, and those that one answer has. */
  deedsKeptMax: 2_000,
  deedsShownMax: 100,
  leadMessageBodyBytesMax: 65_536,
} as const
