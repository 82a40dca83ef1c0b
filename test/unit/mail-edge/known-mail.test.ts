import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { createRedisClient } from '../../../shared/redis/client.ts'
import { createRedisNamespace } from '../../../shared/redis/namespace.ts'
import { createKnownMail } from '../../../worker/inbound-email/known-mail.ts'
import type { MailFacts } from '../../../worker/inbound-email/mail-facts.ts'
import { settle } from '../../support/fake-clock.ts'
import { createMailWorld, facts, limited, ofWorkspace, processed, queued, taken } from './mail-world.ts'

function createWorld(options?: { hasRedis: boolean }) {
  const { parts, ...world } = createMailWorld(options)
  return { ...world, known: parts.known }
}

describe('a message that the database has committed', () => {
  it('is known as completed for 24 hours, and not longer', async () => {
    const { clock, known } = createWorld()
    await known.note(facts, taken(processed()))
    const completed = { kind: 'completed', workspaces: ['15213'], senderDomain: 'example.com' }
    expect(await known.look(facts)).toMatchObject(completed)
    await clock.advance(limits.mailCompletedSeconds * 1_000 - 1)
    expect(await known.look(facts)).toMatchObject(completed)
    await clock.advance(1)
    expect(await known.look(facts)).toBeNull()
  })

  it('has the instant that the database names, if it recognized it', async () => {
    const { known } = createWorld()
    const seen = (processedAt: string) =>
      ({ ...ofWorkspace('15213'), status: 'seen', state: 'completed', processedAt }) as const
    await known.note(facts, taken(seen('2026-01-01T10:00:00+00:00'), seen('2026-01-01T09:00:00+00:00')))
    expect(await known.look(facts)).toMatchObject({ processedAt: '2026-01-01T10:00:00.000Z' })
  })

  it('is never said to be completed while it waits in the queue of some workspace', async () => {
    const { known } = createWorld()
    for (const outcome of [
      queued(),
      { ...ofWorkspace('1'), status: 'seen', state: 'processing', processedAt: null } as const,
    ]) {
      await known.note(facts, taken(processed(), outcome))
      expect(await known.look(facts)).toBeNull()
    }
  })

  it('is another message with another id, digest or recipient', async () => {
    const { known } = createWorld()
    await known.note(facts, taken(processed()))
    const others: Partial<MailFacts>[] = [
      { messageId: 'two@example.com' },
      { digest: 'b'.repeat(64) },
      { recipients: ['sales@other.example'] },
      { recipients: [...facts.recipients, 'sales@other.example'] },
    ]
    for (const other of others) expect(await known.look({ ...facts, ...other })).toBeNull()
  })

  it('is known with its recipients in any order', async () => {
    const { known } = createWorld()
    await known.note({ ...facts, recipients: ['b@x.example', 'a@x.example'] }, taken(processed()))
    expect(await known.look({ ...facts, recipients: ['a@x.example', 'b@x.example'] })).not.toBeNull()
  })

  it('is forgotten as soon as the namespace is cleared', async () => {
    const { known, namespace } = createWorld()
    await known.note(facts, taken(processed()))
    await namespace?.clear()
    expect(await known.look(facts)).toBeNull()
  })
})

describe('a sender whom the database has refused', () => {
  it('is refused with the time that is left, for a minute at most, and then the database decides again', async () => {
    const { clock, known } = createWorld()
    const next = { ...facts, messageId: 'two@example.com' }
    await known.note(facts, taken(limited(clock.now() + 600_000)))
    expect(await known.look(next)).toMatchObject({ kind: 'refused', scope: 'sender', retryAfterSeconds: 600 })
    await clock.advance(limits.mailRefusalMemoryMs)
    expect(await known.look(next)).toBeNull()
  })

  it('is refused no longer than the limit says', async () => {
    const { clock, known } = createWorld()
    await known.note(facts, taken(limited(clock.now() + 5_000)))
    await clock.advance(5_000)
    expect(await known.look(facts)).toBeNull()
  })

  it.each([
    ['another sender of the same domain', { sender: 'bob@example.com' }],
    ['the same sender to another workspace', { recipients: ['sales@other.example'] }],
    ['a message without a sender', { sender: null }],
  ])('does not keep %s out', async (_what, other) => {
    const { clock, known } = createWorld()
    await known.note(facts, taken(limited(clock.now() + 600_000, '15213', 'domain')))
    expect(await known.look({ ...facts, messageId: 'two@example.com', ...other })).toBeNull()
  })

  it('is refused only if every workspace has refused the message', async () => {
    const { clock, known } = createWorld()
    await known.note(facts, taken(limited(clock.now() + 600_000), processed('15214')))
    expect(await known.look({ ...facts, messageId: 'two@example.com' })).toBeNull()
  })

  it('still gets the answer to a message that was taken before, completed or not', async () => {
    const { clock, known } = createWorld()
    const waiting = { ...facts, messageId: 'two@example.com' }
    await known.note(facts, taken(processed()))
    await known.note(waiting, taken(queued()))
    await known.note({ ...facts, messageId: 'three@example.com' }, taken(limited(clock.now() + 600_000)))
    expect(await known.look(facts)).toMatchObject({ kind: 'completed' })
    expect(await known.look(waiting)).toBeNull()
  })
})

describe('while Redis is away', () => {
  it('the database decides on messages, and an isolate remembers only refusals that it has seen itself', async () => {
    const { clock, known, redis } = createWorld()
    await known.note(facts, taken(processed()))
    await known.note(
      { ...facts, messageId: 'two@example.com', sender: 'eve@example.com' },
      taken(limited(clock.now() + 600_000)),
    )
    redis.isUp = false
    expect(await known.look(facts)).toBeNull()
    expect(await known.look({ ...facts, sender: 'eve@example.com' })).toMatchObject({ kind: 'refused' })
    await clock.advance(limits.mailRefusalMemoryMs)
    expect(await known.look({ ...facts, sender: 'eve@example.com' })).toBeNull()
  })

  it('it is called a few times only, and again when it is back', async () => {
    const { clock, known, redis } = createWorld()
    redis.isUp = false
    for (let time = 0; time < 50; time += 1) await known.look(facts)
    expect(redis.requests.length).toBeLessThan(10)
    redis.isUp = true
    await clock.advance(60_000)
    await known.note(facts, taken(processed()))
    expect(await known.look(facts)).not.toBeNull()
  })

  it('or switched off, nothing is asked and nothing is noted', async () => {
    const { known, redis } = createWorld({ hasRedis: false })
    await known.note(facts, taken(processed()))
    expect(await known.look(facts)).toBeNull()
    expect(redis.requests).toEqual([])
  })

  it('a Redis that hangs costs a message no more than its deadline', async () => {
    const { clock } = createMailWorld()
    const client = createRedisClient({
      transport: () => new Promise(() => undefined),
      clock,
      deadlineMs: null,
    })
    const known = createKnownMail({
      namespace: createRedisNamespace({ name: 'emailCache', client, clock }),
      clock,
    })
    const looking = known.look(facts)
    await settle()
    await clock.advance(limits.mailLookupDeadlineMs)
    expect(await looking).toBeNull()
  })
})

it('a value of another form is none', async () => {
  const { known, redis } = createWorld()
  await known.note(facts, taken(processed()))
  for (const [key, value] of redis.stored) {
    if (key.includes('mail:')) redis.stored.set(key, `${value.slice(0, 32)}{"state":"completed"}`)
  }
  expect(await known.look(facts)).toBeNull()
})

it('no key and no value has an address or an id of a message', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        messageId: fc.uuid(),
        sender: fc.emailAddress(),
        recipients: fc.array(fc.emailAddress(), { minLength: 1, maxLength: 3 }),
      }),
      async (given) => {
        const { clock, known, redis } = createWorld()
        const mail = { ...facts, ...given }
        await known.note(mail, { ...taken(processed()), senderDomain: null })
        await known.note(mail, { ...taken(limited(clock.now() + 60_000)), senderDomain: null })
        const all = JSON.stringify([...redis.stored])
        for (const secret of [mail.messageId, mail.sender, ...mail.recipients])
          expect(all).not.toContain(secret)
      },
    ),
    { numRuns: 30 },
  )
})
