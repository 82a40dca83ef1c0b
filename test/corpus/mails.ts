import { bodies } from './bodies.ts'
import { bombs } from './bombs.ts'
import { conversations } from './conversations.ts'
import { headers } from './headers.ts'
import type { MailCase } from './mail-case.ts'

/** Every message of the corpus. */
export const mails: readonly MailCase[] = [...bodies, ...headers, ...conversations, ...bombs]
