import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeWhole } from './data-folder.ts'
import { LocalError } from './local-error.ts'

const stateSchema = z.object({
  jwtSecret: z.string(),
  publishableKey: z.string(),
  secretKey: z.string(),
  internalAuthKey: z.string(),
  redisToken: z.string(),
  voiceWebhookSecret: z.string().default(() => secret(24)),
  emailWebhookSecret: z.string().default(webhookSecret),
  /** The password of all local users. */
  password: z.string().default(() => secret(9)),
  /** The password of the board of the queues. */
  boardPassword: z.string().default(() => secret(18)),
  /** The ports of the last start. They are used again if they are free, so that addresses and issuer stay the same. */
  ports: z.object({
    postgres: z.int(),
    supabase: z.int(),
    redis: z.int(),
    bridge: z.int(),
    origin: z.int(),
  }),
})
export type LocalState = z.output<typeof stateSchema>

const path = (dataDirectory: string) => join(dataDirectory, 'local.json')

/** The secrets and ports of a data folder, created on its first start. */
export async function readLocalState(dataDirectory: string): Promise<LocalState> {
  const text = await readFile(path(dataDirectory), 'utf8').catch(() => null)
  if (text === null) return newState()
  try {
    return stateSchema.parse(JSON.parse(text))
  } catch {
    throw new LocalError(
      `${path(dataDirectory)} cannot be read. Start again with --fresh, which creates the data again.`,
    )
  }
}

export async function writeLocalState(dataDirectory: string, state: LocalState): Promise<void> {
  await writeWhole(path(dataDirectory), state)
}

function secret(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

/** A secret in the notation of Standard Webhooks, so that requests can be signed with it too. */
function webhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

function newState(): LocalState {
  return {
    jwtSecret: secret(48),
    publishableKey: `sb_publishable_${secret(24)}`,
    secretKey: `sb_secret_${secret(24)}`,
    internalAuthKey: secret(32),
    redisToken: secret(32),
    voiceWebhookSecret: secret(24),
    emailWebhookSecret: webhookSecret(),
    password: secret(9),
    boardPassword: secret(18),
    ports: { postgres: 0, supabase: 0, redis: 0, bridge: 0, origin: 0 },
  }
}
