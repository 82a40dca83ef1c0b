import { dirname } from 'node:path'
import { readStackFile } from '../../origin/local/stack-file.ts'
import { startTestStack, type TestStack, type TestStackOptions } from '../support/local-stack.ts'
import type { Place } from './fuzz-malformed.ts'
import { LogWatch } from './logs.ts'
import { mark } from './malformed-requests.ts'
import { secretsOf } from './tokens.ts'

export interface FuzzStack {
  readonly stack: TestStack
  readonly place: Place
  readonly logs: LogWatch
  stop(): Promise<void>
}

const portOf = (url: string) => Number(new URL(url).port)

/** A real local stack with few contacts, and what a fuzzer must know about it. */
export async function startFuzzStack(options: TestStackOptions = {}): Promise<FuzzStack> {
  const stack = await startTestStack({ contacts: 500, ...options })
  const file = await readStackFile(dirname(stack.logs))
  const secrets = await secretsOf(file)
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
    ]),
    stop: () => stack.stop(),
  }
}
