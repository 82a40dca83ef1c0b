import { expect, it } from 'vitest'
import { deploymentId } from '../../../shared/ids.ts'
import { organizationByPhone } from '../../../shared/resources/workspace/organization-by-phone.ts'
import { ok } from '../../../shared/result.ts'
import { bucketMove } from '../../../shared/tags/moves.ts'
import { createReadPath } from '../../../worker/cache/read-path.ts'
import { plainWish } from '../../../worker/cache/wish.ts'
import { etagOf } from '../../../worker/entry/entry.ts'
import type { LoadTarget } from '../../../worker/outbound/origin-client.ts'
import { createBook } from '../../support/book-storage.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeTier } from '../../support/fake-tier.ts'

const parsed = organizationByPhone.parse({}, { phone: '+1 (555) 010-0123' })
if (!parsed.ok) throw new Error('the question is valid')
const question = parsed.value
const { data } = organizationByPhone.example

/** The production read path over the ledger of the deployment. Every other ledger, and every settings, is an error. */
function createPath() {
  const clock = createFakeClock()
  const book = createBook()
  const kv = createFakeTier('kv', clock)
  const loads: LoadTarget[] = []
  const background: Promise<unknown>[] = []
  const only = (id: string) => expect(id).toBe(deploymentId)
  const { answer } = createReadPath({
    ...{ clock, etagOf, stalenessBoundMs: 1_000, staleIfErrorSeconds: 86_400, consistencySampleRate: 0 },
    random: () => 0,
    recorder: { record: () => undefined },
    sharedViews: null,
    slots: [{ tier: kv, source: 'cloudflare_kv', isNear: false, admits: 'every-fill' }],
    ledger: {
      async advance(id, events) {
        only(id)
        return ok(book.advance(events))
      },
      async since(id, ledgerId, after) {
        only(id)
        return ok(book.since(ledgerId, after))
      },
    },
    origin: {
      async load(_question, target) {
        loads.push(target)
        return ok(new TextEncoder().encode(JSON.stringify(data)))
      },
      settings: () => Promise.reject(new Error('the deployment has no settings')),
    },
    report: () => undefined,
    instant: async () => null,
    heal: async () => false,
    noteViolation: async () => undefined,
  })
  async function read() {
    const caller = { kind: 'service', userId: null, requestId: 'r' } as const
    const keepAlive = (work: Promise<unknown>) => void background.push(work)
    const inquiry = { question, workspaceId: deploymentId, caller: { ...caller, keepAlive }, wish: plainWish }
    const answered = await answer(inquiry)
    for (const work of background.splice(0)) await work
    if (!answered.ok) throw new Error(answered.error.code)
    return answered.value
  }
  return { clock, book, kv, loads, read }
}

it('a question of the deployment is answered from its own ledger and keys, with the default settings', async () => {
  const { kv, loads, read } = createPath()
  expect(await read()).toMatchObject({ status: 'MISS', lifetimeSeconds: 1_800, isCacheEnabled: true })
  expect(await read()).toMatchObject({ status: 'HIT', source: 'cloudflare_kv' })
  expect(loads).toMatchObject([{ workspaceId: deploymentId, userId: null }])
  const [key = ''] = [...kv.stored.keys()]
  expect(key).toMatch(/^bc3:%3Adeployment:organization-by-phone@1:#[0-9a-f]+$/)
})

it('its entry moves with its number and with the workspace that it shows, and with no other', async () => {
  const { clock, book, loads, read } = createPath()
  await read()
  const [id, phone] = [data.organization.workspace_id, '+15550100123']
  const moved = [bucketMove('company', id), bucketMove('phone', phone)]
  const others = [
    bucketMove('company', `${id}0`),
    bucketMove('phone', '+4930123456'),
    bucketMove('contact', id),
  ]
  for (const move of [...moved, ...others]) {
    const before = loads.length
    book.advance([{ moves: [move] }])
    await clock.advance(1_001)
    await read()
    expect([move, loads.length - before]).toEqual([move, moved.includes(move) ? 1 : 0])
  }
})
