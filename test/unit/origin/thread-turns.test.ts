import { Hono } from 'hono'
import { expect, test } from 'vitest'
import type { OriginEnv } from '../../../origin/http/respond.ts'
import { takeTurns } from '../../../origin/http/thread-turns.ts'

test('a load that arrives with a crowd of writers begins before most of them', async () => {
  const begun: string[] = []
  const app = new Hono<OriginEnv>()
  app.use('/contacts/*', takeTurns())
  app.all('*', (context) => {
    begun.push(context.req.path)
    return context.text('done')
  })
  const crowd = Array.from({ length: 300 }, (_, number) => app.request(`/contacts/${number}`))
  // The load arrives with the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve))
  await app.request('/load/contact-list')
  expect(begun.indexOf('/load/contact-list')).toBeLessThan(20)
  await Promise.all(crowd)
  expect(begun.filter((path) => path.startsWith('/contacts/'))).toEqual(
    Array.from({ length: 300 }, (_, number) => `/contacts/${number}`),
  )
})
