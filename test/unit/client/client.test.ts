import { describe, expect, it } from 'vitest'
import { liveLimits } from '../../../shared/limits/live-limits.ts'
import type { Answer } from '../../../worker/client/answer.ts'
import type { Platform } from '../../../worker/client/platform.ts'
import type { Boardcache, Query } from '../../../worker/client/types.ts'
import { type ClientWorld, createClientWorld, tokenOf } from './client-world.ts'
import { perPage } from './fake-api.ts'

const firstPage = (client: Boardcache) => client.board('board_1').page(1, { perPage })

/** Shows a query, and lets it become live. */
async function shown<Data>({ clock }: ClientWorld, query: Query<Data>): Promise<Answer<Data>[]> {
  const answers: Answer<Data>[] = []
  query.subscribe((answer) => answers.push(answer))
  await clock.advance(1_500)
  return answers
}

/** An API that answers when the test says so, or when the request is ended. */
function holding({ api }: ClientWorld) {
  const signals: AbortSignal[] = []
  const answers: (() => void)[] = []
  const send: Platform['send'] = async (url, request) => {
    signals.push(request.signal)
    await new Promise<void>((answer, end) => {
      answers.push(answer)
      request.signal.addEventListener('abort', () => end(request.signal.reason))
    })
    return api.send(url, request)
  }
  return { platform: { send }, signals, answers }
}

const namesIn = ({ data }: Answer<{ readonly contacts: readonly { readonly name: string }[] }>) =>
  data?.contacts.map(({ name }) => name)

describe('a query that is shown', () => {
  it('changes by the difference that the hub tells, without a request', async () => {
    const world = createClientWorld()
    const query = firstPage(world.client())
    await shown(world, query)
    const before = world.api.requests.length
    const [, second, third] = query.peek().data?.contacts ?? []
    const id = query.peek().data?.contacts[0]?.id ?? ''
    world.api.change(id, { name: 'Changed' })
    await world.clock.advance(300)
    expect(namesIn(query.peek())?.[0]).toBe('Changed')
    expect(query.peek()).toMatchObject({ status: 'current', version: 2, isPending: false })
    // Rows that did not change are the same objects.
    expect(query.peek().data?.contacts[1]).toBe(second)
    expect(query.peek().data?.contacts[2]).toBe(third)
    expect(world.api.requests).toHaveLength(before)
  })

  it('asks for the version of `moved`, with the ETag of what it holds', async () => {
    const world = createClientWorld()
    const query = firstPage(world.client())
    await shown(world, query)
    world.hub.faults.isVague = true
    world.api.change(query.peek().data?.contacts[0]?.id ?? '', { name: 'Changed' })
    await world.clock.advance(800)
    expect(namesIn(query.peek())?.[0]).toBe('Changed')
    const { headers } = world.api.requests.at(-1) ?? {}
    expect(headers).toMatchObject({ 'X-Min-Version': '2', 'Cache-Control': 'no-transform' })
    expect(headers?.['If-None-Match']).toMatch(/^W\/"e\d+\.user_1"$/)
  })

  it('asks nothing while nothing changes', async () => {
    const world = createClientWorld()
    const client = world.client()
    await shown(world, firstPage(client))
    const before = world.api.requests.length
    await world.clock.advance(600_000)
    expect(world.api.requests).toHaveLength(before)
    expect(client.status()).toMatchObject({ mode: 'live', ledger: 'ledger-1' })
  })

  it('is polled with its ETag without WebSockets, and the status says so', async () => {
    const world = createClientWorld()
    const client = world.client({}, { openSocket: null })
    const query = firstPage(client)
    await shown(world, query)
    expect(client.status().mode).toBe('polling')
    world.api.change(query.peek().data?.contacts[0]?.id ?? '', { name: 'Changed' })
    await world.clock.advance(12_000)
    expect(namesIn(query.peek())?.[0]).toBe('Changed')
    await world.clock.advance(60_000)
    expect(client.stats().notModified).toBeGreaterThan(3)
  })

  it('ends its request when nobody waits for the answer any more, and is asked again when it is shown again', async () => {
    const world = createClientWorld()
    const { platform, signals, answers } = holding(world)
    const query = firstPage(world.client({ live: false }, platform))
    query.subscribe(() => {})()
    await world.clock.advance(1_000)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(query.peek()).toMatchObject({ status: 'loading', error: null })
    query.subscribe(() => {})
    await world.clock.advance(100)
    expect(signals).toHaveLength(2)
    for (const answer of answers) answer()
    await world.clock.advance(1_000)
    expect(query.peek().status).toBe('current')
  })

  it('does not end a request that a read waits for', async () => {
    const world = createClientWorld()
    const { platform, signals, answers } = holding(world)
    const query = firstPage(world.client({ live: false }, platform))
    const reading = query.read()
    query.subscribe(() => {})()
    await world.clock.advance(1_000)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    for (const answer of answers) answer()
    await world.clock.advance(1_000)
    expect((await reading).status).toBe('current')
  })

  it('is not asked again once nobody listens', async () => {
    const world = createClientWorld()
    const client = world.client({ live: false })
    const stop = firstPage(client).subscribe(() => {})
    await world.clock.advance(1_000)
    stop()
    await world.clock.advance(1_000)
    const before = world.api.requests.length
    await world.clock.advance(60_000)
    expect(world.api.requests).toHaveLength(before)
  })
})

describe('a write', () => {
  it('shows at once, and is the database’s in the end', async () => {
    const world = createClientWorld()
    const client = world.client()
    const query = firstPage(client)
    await shown(world, query)
    const id = query.peek().data?.contacts[0]?.id ?? ''
    const writing = client.contacts.change(id, { name: 'Mine' })
    await world.clock.advance(0)
    expect(namesIn(query.peek())?.[0]).toBe('Mine')
    expect(query.peek().isPending).toBe(true)
    await world.clock.advance(3_000)
    expect(await writing).toMatchObject({ version: 2, invalidation: 'done' })
    expect(query.peek()).toMatchObject({ isPending: false, status: 'current' })
    expect(namesIn(query.peek())?.[0]).toBe('Mine')
  })

  it('is taken back with the reason if it is refused', async () => {
    const world = createClientWorld()
    const client = world.client()
    const query = firstPage(client)
    await shown(world, query)
    const before = namesIn(query.peek())
    const id = query.peek().data?.contacts[0]?.id ?? ''
    world.api.commit((rows) => rows.filter((row) => row['id'] !== id))
    const refused = expect(client.contacts.change(id, { name: 'Mine' })).rejects.toMatchObject({
      code: 'contact_not_found',
    })
    await world.clock.advance(2_000)
    await refused
    expect(namesIn(query.peek())).not.toContain('Mine')
    expect(namesIn(query.peek())).not.toContain(before?.[0])
  })

  it('ends at the database’s truth when two write one contact', async () => {
    const world = createClientWorld(7)
    const [one, other] = [world.client(), world.client({ userId: 'user_1' })]
    const queries = [firstPage(one), firstPage(other)]
    for (const query of queries) await shown(world, query)
    const id = queries[0]?.peek().data?.contacts[0]?.id ?? ''
    const writes = [one.contacts.change(id, { name: 'One' }), other.contacts.change(id, { name: 'Other' })]
    await world.clock.advance(5_000)
    await Promise.all(writes)
    const truth = world.api.now.rows.find((row) => row['id'] === id)?.['name']
    for (const query of queries) {
      expect(namesIn(query.peek())?.[0]).toBe(truth)
      expect(query.peek()).toMatchObject({ status: 'current', isPending: false })
    }
  })

  it('stays shown while its invalidation is pending, until an answer has it', async () => {
    const world = createClientWorld()
    const client = world.client()
    const query = firstPage(client)
    await shown(world, query)
    world.api.faults.pendingMs = 5_000
    const id = query.peek().data?.contacts[0]?.id ?? ''
    const writing = client.contacts.change(id, { name: 'Mine' })
    await world.clock.advance(1_000)
    expect(await writing).toMatchObject({ version: null, invalidation: 'pending' })
    await world.clock.advance(2_500)
    expect(namesIn(query.peek())?.[0]).toBe('Mine')
    expect(query.peek().isPending).toBe(true)
    await world.clock.advance(10_000)
    expect(namesIn(query.peek())?.[0]).toBe('Mine')
    expect(query.peek().isPending).toBe(false)
  })

  it('is read by every later read of the client', async () => {
    const world = createClientWorld()
    const client = world.client({ live: false })
    const reading = firstPage(client).read()
    await world.clock.advance(500)
    const id = (await reading).data?.contacts[0]?.id ?? ''
    const writing = client.contacts.change(id, { name: 'Mine' })
    await world.clock.advance(500)
    await writing
    const again = firstPage(client).read()
    await world.clock.advance(500)
    expect(namesIn(await again)?.[0]).toBe('Mine')
    expect(world.api.requests.at(-1)?.headers['X-Min-Version']).toBe('2')
  })

  it('is refused offline, and nothing is sent later', async () => {
    const world = createClientWorld()
    const client = world.client()
    await shown(world, firstPage(client))
    world.machine.set({ isOnline: false })
    await expect(client.contacts.remove('contact_1')).rejects.toMatchObject({ code: 'offline' })
    world.machine.set({ isOnline: true })
    await world.clock.advance(60_000)
    expect(world.api.requests.filter(({ method }) => method !== 'GET')).toEqual([])
  })

  it('puts a moved contact into the column that shows it, and out of the other', async () => {
    const world = createClientWorld()
    const client = world.client()
    const columns = ['col_1', 'col_2'].map((columnId) =>
      client.board('board_1').page(1, { perPage, columnId }),
    )
    for (const query of columns) await shown(world, query)
    const id = columns[0]?.peek().data?.contacts[0]?.id ?? ''
    const moving = client.contacts.move(id, { board_column_id: 'col_2' })
    await world.clock.advance(0)
    const idsIn = (query: (typeof columns)[number] | undefined) =>
      query?.peek().data?.contacts.map((row) => row.id)
    expect(idsIn(columns[0])).not.toContain(id)
    expect(idsIn(columns[1])).toEqual([id])
    await world.clock.advance(3_000)
    await moving
    expect(idsIn(columns[1])).toEqual([id])
  })
})

describe('requests', () => {
  it('renew the token once when it is refused, however many they are', async () => {
    const world = createClientWorld()
    const client = world.client({ live: false, storage: false })
    world.api.refusedTokens.add(tokenOf('user_1', 1))
    const reading = Promise.all([
      firstPage(client).read(),
      client.counts().read(),
      client.contact('contact_1').read(),
    ])
    await world.clock.advance(2_000)
    await reading
    expect(world.tokensAsked).toEqual([null, tokenOf('user_1', 1)])
  })

  it('wait as `Retry-After` asks, then try again', async () => {
    const world = createClientWorld()
    const client = world.client({ live: false })
    world.api.faults.isBusy = true
    const reading = firstPage(client).read()
    await world.clock.advance(900)
    world.api.faults.isBusy = false
    expect(world.api.requests).toHaveLength(1)
    await world.clock.advance(2_000)
    expect((await reading).status).toBe('current')
    expect(world.api.requests).toHaveLength(2)
  })

  it('refuse the token of another user', async () => {
    const world = createClientWorld()
    const client = world.client({ live: false, userId: 'user_2' })
    const refused = expect(firstPage(client).read()).rejects.toMatchObject({ code: 'token_unavailable' })
    await world.clock.advance(1_000)
    await refused
  })
})

describe('the tab and the network', () => {
  it('close the socket of a tab that was hidden for a minute, and resume when it is shown', async () => {
    const world = createClientWorld()
    const client = world.client()
    const query = firstPage(client)
    await shown(world, query)
    world.machine.set({ isHidden: true })
    await world.clock.advance(liveLimits.liveHiddenMs + 100)
    expect([client.status().mode, world.hub.sockets.size]).toEqual(['paused', 0])
    world.api.change(query.peek().data?.contacts[0]?.id ?? '', { name: 'Changed' })
    const before = world.api.requests.length
    await world.clock.advance(3_600_000)
    expect(world.api.requests).toHaveLength(before)
    world.machine.set({ isHidden: false })
    await world.clock.advance(1_000)
    expect(namesIn(query.peek())?.[0]).toBe('Changed')
    expect(query.peek().status).toBe('current')
  })

  it('leave what is known to be read offline, marked with its age', async () => {
    const world = createClientWorld()
    const client = world.client()
    const query = firstPage(client)
    await shown(world, query)
    world.machine.set({ isOnline: false })
    await world.clock.advance(60_000)
    const answer = await query.read()
    expect(answer).toMatchObject({ status: 'stale', error: { code: 'offline' } })
    expect(answer.data?.contacts).toHaveLength(perPage)
    expect(world.clock.now() - (answer.asOfMs ?? 0)).toBeGreaterThanOrEqual(60_000)
    await expect(client.contact('contact_5').read()).rejects.toMatchObject({ code: 'offline' })
  })
})

describe('the disk', () => {
  it('gives what was shown before at once, marked until it is proved', async () => {
    const world = createClientWorld()
    const evening = world.client()
    await shown(world, firstPage(evening))
    await world.clock.advance(5_000)
    evening.close()
    await world.clock.advance(12 * 3_600_000)
    const before = world.api.requests.length
    const query = firstPage(world.client())
    query.subscribe(() => {})
    await world.clock.advance(0)
    expect(query.peek().status).toBe('unproved')
    expect(query.peek().data?.contacts).toHaveLength(perPage)
    await world.clock.advance(1_000)
    expect(query.peek().status).toBe('current')
    // The hub has proved it, and nothing was requested.
    expect(world.api.requests).toHaveLength(before)
  })

  it('has nothing of a user who has signed out', async () => {
    const world = createClientWorld()
    const client = world.client()
    await shown(world, firstPage(client))
    await world.clock.advance(5_000)
    expect(world.shelves.bodies.kept.size).toBeGreaterThan(0)
    await client.signOut()
    await world.clock.advance(5_000)
    expect([world.shelves.bodies.kept.size, world.shelves.facts.kept.size]).toEqual([0, 0])
    expect(() => firstPage(client).peek()).toThrow('closed')
  })

  it.each(['full', 'broken'] as const)('changes no answer if it is %s', async (fault) => {
    const world = createClientWorld()
    world.shelves.bodies.fault = fault
    world.shelves.facts.fault = fault
    const query = firstPage(world.client())
    await shown(world, query)
    await world.clock.advance(5_000)
    expect(query.peek().status).toBe('current')
  })
})

describe('debug: true', () => {
  it('gives the console explanations, figures and a way to clear', async () => {
    const world = createClientWorld()
    const client = world.client({ debug: true })
    const query = firstPage(client)
    await shown(world, query)
    const tools = world.machine.exposed['boardcache']
    expect(Object.keys(tools ?? {})).toEqual(['explain', 'stats', 'clear', 'status'])
    const explaining = client.explain(query)
    await world.clock.advance(1_000)
    expect(await explaining).toMatchObject({
      isShown: true,
      isTold: true,
      api: { _cache: { status: 'HIT' } },
    })
    await client.clear()
    await world.clock.advance(1_500)
    expect(query.peek().status).toBe('current')
  })
})
