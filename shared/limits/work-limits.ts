/** The bounds of imports, exports, notifications and snapshots, which are made in the background. */
export const workLimits = {
  /** A request for an export, or one that marks notifications as read. */
  exportBodyBytesMax: 2_048,
  notificationsReadBodyBytesMax: 32_768,
  /** The exports and the imports of a workspace that are not finished. */
  unfinishedExportsMax: 10,
  unfinishedImportsMax: 10,
  /** The exports and imports that a list names, newest first. */
  exportsListedMax: 50,
  importsListedMax: 50,
  /** How long a link to an export works, and how long its file is kept. */
  exportLinkMs: 86_400_000,
  /** How long a file of an import is kept, if the import does not end before. */
  importFileMs: 86_400_000,
  /** How long exports, imports and notifications are remembered. */
  workKeptMs: 2_592_000_000,
  notificationsKeptMs: 7_776_000_000,
  /** The contacts that an export holds in memory: those of one fetch from its cursor. */
  exportFetchRows: 500,
  /** The largest file that an import takes. */
  importFileBytesMax: 1_073_741_824,
  /** The refused lines that an import names, all of which are counted, and the bytes that the database keeps of them. */
  importReportsMax: 100,
  importReportsBytesMax: 1_048_576,
  /** The notifications of a page, and those that one request marks as read by their ids. */
  notificationsPerPage: 50,
  notificationsReadMax: 100,
  notificationTitleCharactersMax: 200,
  notificationBodyCharactersMax: 2_000,
  notificationKindCharactersMax: 64,
  /** The snapshots of a page, the values of each figure that a snapshot tells apart (the rest is one number), and its bytes in JSON. */
  snapshotsDefault: 30,
  snapshotsMax: 31,
  snapshotValuesMax: 50,
  snapshotColumnsMax: 100,
  snapshotBytesMax: 126_976,
  /** How many rows one run removes of what has expired, and how many snapshots one run adds jobs for. */
  expiredRowsMax: 1_000,
  dueSnapshotsMax: 2_000,
} as const
