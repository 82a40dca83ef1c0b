/** An error that the user can fix. The message says how, and is printed without a stack trace. */
export class LocalError extends Error {}
