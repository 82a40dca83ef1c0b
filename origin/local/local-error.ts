/** Something the person at the keyboard can mend: told in one sentence, without a stack trace. */
export class LocalError extends Error {}
