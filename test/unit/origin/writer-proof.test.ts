import { describe, expect, test } from 'vitest'
import type { Database } from '../../../origin/database/database.ts'
import { withWriterProof, writerProofHeader } from '../../../origin/outbox/writer-proof.ts'
import { err, ok } from '../../../shared/result.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

type Proof = ReturnType<Database['callRpc']>

/** A database that answers with the proofs in `answers`, one after the other, and records the proof of each call. */
function createScene(...answers: readonly (() => Proof)[]) {
  const clock = createFakeClock()
  const pending = [...answers]
  const calls: {
    readonly name: string
    readonly token: string | null
    readonly proof: string | undefined
  }[] = []
  const database = withWriterProof(
    {
      async callRpc(name, _args, token, _signal, headers) {
        if (name === 'outbox_writer_proof') {
          expect(token).toBeNull()
          return pending.shift()?.() ?? err({ kind: 'unavailable' })
        }
        calls.push({ name, token, proof: headers?.[writerProofHeader] })
        return ok({ outcome: 'ok' })
      },
      probe: async () => true,
    },
    clock,
  )
  const never = new AbortController().signal
  return {
    clock,
    calls,
    fetchesLeft: () => pending.length,
    call: (name: string, token: string | null = 'a.b.c') => database.callRpc(name, {}, token, never),
  }
}

const proof = (text: string) => async () => ok({ outcome: 'ok', proof: text })
const failure = async () => err({ kind: 'unavailable' } as const)

describe('the origin’s proof', () => {
  test('is sent with every function whose rows the origin delivers, and with no other', async () => {
    const { call, calls } = createScene(proof('secret'))
    const writes = [
      ...['contact_create', 'contact_update', 'contact_delete', 'contacts_import'],
      ...['mailbox_put', 'mailbox_delete', 'lead_control_write', 'lead_message_create'],
      ...['call_session_put', 'call_session_patch', 'call_session_delete'],
    ]
    for (const name of writes) for (const token of ['a.b.c', null]) await call(name, token)
    expect(calls.map((each) => each.proof)).toEqual(Array(2 * writes.length).fill('secret'))
    for (const name of ['cache_settings_write', 'contacts_page', 'outbox_claim', 'fold_counts'])
      await call(name)
    expect(calls.slice(2 * writes.length).map((each) => each.proof)).toEqual(Array(4).fill(undefined))
  })

  test('is fetched once for all simultaneous writes', async () => {
    const scene = createScene(proof('first'), proof('second'))
    await Promise.all(Array.from({ length: 5 }, () => scene.call('contact_update')))
    expect(scene.calls.map((each) => each.proof)).toEqual(Array(5).fill('first'))
    expect(scene.fetchesLeft()).toBe(1)
  })

  test('is fetched again after ten minutes, beside the writes', async () => {
    const { clock, call, calls } = createScene(proof('old'), proof('new'))
    await call('contact_update')
    await clock.advance(600_000)
    await call('contact_update')
    await clock.advance(0)
    await call('contact_update')
    expect(calls.map((each) => each.proof)).toEqual(['old', 'old', 'new'])
  })

  test('is not required: without it a write is made all the same, and it is fetched again later', async () => {
    const { clock, call, calls, fetchesLeft } = createScene(failure, proof('secret'))
    expect(await call('contact_update')).toEqual(ok({ outcome: 'ok' }))
    await call('contact_update')
    expect(fetchesLeft()).toBe(1)
    await clock.advance(10_000)
    await call('contact_update')
    expect(calls.map((each) => each.proof)).toEqual([undefined, undefined, 'secret'])
  })

  test('delays no write for longer than a second', async () => {
    const { clock, call, calls } = createScene(() => new Promise(() => undefined))
    const written = call('contact_update')
    await clock.advance(1_000)
    expect(await written).toEqual(ok({ outcome: 'ok' }))
    expect(calls.map((each) => each.proof)).toEqual([undefined])
  })

  test('may be missing in an older database', async () => {
    const { call, calls } = createScene(async () => err({ kind: 'invalid', code: 'PGRST202' }))
    await call('contact_update')
    expect(calls.map((each) => each.proof)).toEqual([undefined])
  })
})
