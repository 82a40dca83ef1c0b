import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeWhole } from './data-folder.ts'
import { LocalError } from './local-error.ts'

/** The addresses and keys of a running stack, for scripts; null for a part that is switched off or was not started here. */
export const stackFileSchema = z.object({
  worker: z.string(),
  origin: z.string(),
  supabase: z.object({
    url: z.string(),
    publishableKey: z.string(),
    secretKey: z.string(),
    jwtSecret: z.string(),
  }),
  redis: z
    .object({
      url: z.string(),
      token: z.string(),
      tcp: z.string().nullable(),
      kind: z.enum(['redis-server', 'embedded', 'external']),
    })
    .nullable(),
  postgres: z.string().nullable(),
  internalAuthKey: z.string(),
  /** With which the voice platform's webhooks are verified. */
  voiceWebhookSecret: z.string(),
  /** With which the webhook of inbound e-mail is called: as a bearer token, or to sign after Standard Webhooks. */
  emailWebhookSecret: z.string(),
  /** An address whose mail belongs to workspace 15213. */
  emailAddress: z.string(),
  /** The board of the queues and its login; null if there are none here. */
  queues: z.object({ board: z.string(), username: z.string(), password: z.string() }).nullable(),
  pids: z.object({
    origin: z.int().nullable(),
    postgres: z.int().nullable(),
    redis: z.int().nullable(),
    redisBridge: z.int().nullable(),
    supabase: z.int().nullable(),
    worker: z.int().nullable(),
  }),
  /** The users who can sign in to the dashboard; null if Supabase's interface was not started here. */
  signIns: z.object({ emails: z.array(z.string()), password: z.string() }).nullable(),
  tokens: z.object({ admin: z.string(), member: z.string(), stranger: z.string(), expired: z.string() }),
  /** The ports where debuggers attach; null without --inspect. */
  inspectors: z.object({ worker: z.int(), origin: z.int() }).nullable(),
})
export type StackFile = z.output<typeof stackFileSchema>

const path = (dataDirectory: string) => join(dataDirectory, 'stack.json')

/** It holds keys, so only its owner can read it. */
async function writeStackFile(dataDirectory: string, content: StackFile): Promise<void> {
  await writeWhole(path(dataDirectory), content)
}

export async function readStackFile(dataDirectory: string): Promise<StackFile> {
  const text = await readFile(path(dataDirectory), 'utf8').catch(() => {
    throw new LocalError(`No stack is running on ${dataDirectory}. Start one with "npm start".`)
  })
  return stackFileSchema.parse(JSON.parse(text))
}

async function removeStackFile(dataDirectory: string): Promise<void> {
  await rm(path(dataDirectory), { force: true })
}

/** Keeps stack.json up to date while a stack runs. */
export interface StackRecord {
  /** Writes it for the first time. `describe` is called again for each later write. */
  publish(describe: () => StackFile): Promise<void>
  /** Writes it again if it has been published. */
  refresh(): void
  /** Removes it. A refresh after that writes nothing. */
  remove(): Promise<void>
}

export function createStackRecord(dataDirectory: string): StackRecord {
  let described: (() => StackFile) | null = null
  // One write at a time, so that the last write has the latest state.
  let written: Promise<void> = Promise.resolve()
  const write = async () => {
    if (described !== null) await writeStackFile(dataDirectory, described())
  }
  return {
    publish(describe) {
      described = describe
      written = write()
      return written
    },
    refresh() {
      written = written.then(write).catch((error: Error) => {
        console.error(`${path(dataDirectory)} cannot be written: ${error.message}`)
      })
    },
    async remove() {
      described = null
      await written.catch(() => undefined)
      await removeStackFile(dataDirectory)
    },
  }
}
