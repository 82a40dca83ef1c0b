import { dirname } from 'node:path'
import { createFileLinks } from '../../origin/files/file-links.ts'
import { readStackFile } from '../../origin/local/stack-file.ts'
import { startTestStack, type TestStack, type TestStackOptions } from '../support/local-stack.ts'
import type { Place } from './fuzz-malformed.ts'
import { LogWatch } from './logs.ts'
import { senderDomain } from './mail-requests.ts'
import { mark } from './malformed-requests.ts'
import { fileOfLink } from './targets.ts'
import { secretsOf } from './tokens.ts'

export interface FuzzStack {
  readonly stack: TestStack
  readonly place: Place
  readonly logs: LogWatch
  stop(): Promise<void>
}

/** The cookie of a session on the board of the queues. */
async function signInToBoard({ origin, queues: { username, password } }: TestStack): Promise<string> {
  const answer = await fetch(`${origin}/admin/queues/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ username, password }).toString(),
  })
  const cookie = answer.headers.get('Set-Cookie')?.split(';')[0]
  if (cookie === undefined) throw new Error(`the board answers its own login with ${answer.status}`)
  return cookie
}

function linkSignatureOf(internalAuthKey: string): string {
  const { folder, file, savedAs, expiresAtMs } = fileOfLink
  const path = createFileLinks(internalAuthKey).pathOf(`${folder}/${file}`, { savedAs, expiresAtMs })
  return new URLSearchParams(path.split('?')[1]).get('signature') ?? ''
}

/** Rows whose ids the product chooses, under ids that cases know. Nothing is sent to an endpoint that is off. */
async function makeKnownRows({ sql }: TestStack): Promise<void> {
  const secret = `whsec_${'A'.repeat(43)}=`
  await sql`
    insert into private.webhook_endpoints (workspace_id, id, url, event_types, is_enabled, secret)
    select '15213', id, 'https://127.0.0.1:9/', array['*'], false, ${secret}
    from unnest(array['endpoint_1', 'endpoint_2']) given (id)`
}

const portOf = (url: string) => Number(new URL(url).port)

/** A real local stack with few contacts, and what a fuzzer must know about it. */
export async function startFuzzStack(options: TestStackOptions = {}): Promise<FuzzStack> {
  const stack = await startTestStack({ contacts: 500, ...options })
  const file = await readStackFile(dirname(stack.logs))
  await makeKnownRows(stack)
  const secrets = {
    ...(await secretsOf(file)),
    board: await signInToBoard(stack),
    boardToEnd: await signInToBoard(stack),
    linkSignature: linkSignatureOf(file.internalAuthKey),
  }
  const signatureOf = (token: string) => token.split('.')[2] ?? token
  return {
    stack,
    place: {
      ports: {
        worker: portOf(file.worker),
        origin: portOf(file.origin),
        supabase: portOf(file.supabase.url),
      },
      secrets,
    },
    logs: new LogWatch(stack.logs, [
      mark,
      signatureOf(file.tokens.admin),
      signatureOf(file.tokens.member),
      file.internalAuthKey,
      file.emailWebhookSecret,
      senderDomain,
    ]),
    stop: () => stack.stop(),
  }
}
