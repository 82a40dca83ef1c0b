import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { resources } from '../../shared/resources/index.ts'
import type { Boardcache } from '../../worker/client/types.ts'
import type { Place, ResourceCase } from '../resources/cases/case.ts'
import { cases } from '../resources/cases/index.ts'
import { fillPlaces, placesAt, type Told, tell } from '../resources/story.ts'
import { ask, createApiClient, invalidate } from '../support/api-client.ts'
import { hasEarlierRelease, takeEarlierRelease } from '../support/earlier-release.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { shapesIn, unversionedChanges } from '../support/resource-shapes.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { type ServedClient, servedClient } from '../support/served-client.ts'
import {
  type ReleaseName,
  releaseNames,
  startTwoReleases,
  type TwoReleases,
} from '../support/two-releases.ts'

/*
 * One stack through a deployment and back: the Worker of the earlier release and that of this one run side by side all the time. First the
 * Durable Objects run the earlier release, then this one, then the earlier one again; at the end the earlier origin answers both.
 */

const now = new Date().toISOString()
const { here } = placesAt(now)
const nearTiersOff = { MEMORY_CACHE_BYTES: '0', EDGE_CACHE_ENABLED: 'false' }
/** Far more than the staleness bound, for a machine that is busy. */
const patient = { deadlineMs: 20_000 }
const writtenSchema = z.object({
  data: z.object({ contact: z.object({ id: z.string() }), version: z.int() }),
})
type Declared = (typeof resources)[number]
const otherOf = (name: ReleaseName): ReleaseName => (name === 'earlier' ? 'present' : 'earlier')

describe.skipIf(!hasEarlierRelease())('two releases at once', () => {
  let folder: string
  let stack: TestStack
  let releases: TwoReleases
  let earlierFiles: string
  let clients: Readonly<Record<ReleaseName, ServedClient>>

  beforeAll(async () => {
    folder = await makeDataDirectory()
    const [files, started] = await Promise.all([
      takeEarlierRelease(folder),
      startTestStack({ contacts: 500 }),
    ])
    earlierFiles = files
    stack = started
    await fillPlaces(stack, Object.values(cases), now)
    releases = await startTwoReleases(stack, folder, earlierFiles)
    const clientOf = async (name: ReleaseName) => {
      const own = join(folder, `client-${name}`)
      await mkdir(own)
      return servedClient(releases.urls[name], own)
    }
    clients = { earlier: await clientOf('earlier'), present: await clientOf('present') }
  })
  afterAll(async () => {
    await releases?.stop()
    await stack?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  const tellBy = (name: ReleaseName, resource: Declared, path: string) =>
    tell({ ...stack, worker: releases.urls[name] }, resource, here, path)
  const apiOf = (name: ReleaseName) =>
    createApiClient(releases.urls[name], { token: stack.tokens.admin, workspaceId: here.workspaceId })

  /** Puts each question to one release and then to the other, which must answer from what the first one stored. */
  async function shareEntries(pathOf: (it: ResourceCase) => (place: Place) => string, firstAt: 0 | 1) {
    const held = new Map<Declared, Told>()
    for (const [index, resource] of resources.entries()) {
      const writer = releaseNames[(index + firstAt) % 2] ?? 'present'
      const path = pathOf(cases[resource.name])(here)
      const first = await tellBy(writer, resource, path)
      expect([resource.name, writer, first.status]).toEqual([
        resource.name,
        writer,
        first.status < 500 ? first.status : 200,
      ])
      const hit = await eventually(async () => {
        const told = await tellBy(otherOf(writer), resource, path)
        return told.isHit && told
      }, patient)
      expect([resource.name, hit.status, hit.data]).toEqual([resource.name, first.status, first.data])
      held.set(resource, first)
    }
    return held
  }

  /** Waits until both releases answer each question otherwise than before, and alike. */
  async function seeMoved(
    held: ReadonlyMap<Declared, Told>,
    pathOf: (it: ResourceCase) => (place: Place) => string,
  ) {
    for (const [resource, old] of held) {
      const path = pathOf(cases[resource.name])(here)
      const told = () => Promise.all(releaseNames.map((name) => tellBy(name, resource, path)))
      const both = await eventually(async () => {
        const [one, other] = await told()
        expect([resource.name, one?.data]).toEqual([resource.name, other?.data])
        expect([resource.name, one?.data]).not.toEqual([resource.name, old.data])
        return [one, other].flatMap((each) => each ?? [])
      }, patient)
      for (const { status } of both) expect([resource.name, status < 500]).toEqual([resource.name, true])
    }
  }
  const writtenAll = (sqlOf: (it: ResourceCase) => (place: Place) => string) =>
    stack.sql.unsafe(
      Object.values(cases)
        .map((it) => sqlOf(it)(here))
        .join('\n'),
    )

  /** Writes through each release; the other one reads it with the version of the write, and both without it soon after. */
  async function readWrites(mark: string) {
    for (const writer of releaseNames) {
      const { contacts } = await apiOf(writer).page('case-board')
      const id = contacts[0]?.id ?? ''
      const name = `${mark} by ${writer}`
      const answer = await fetch(`${releases.urls[writer]}/api/contacts/${id}`, {
        method: 'PATCH',
        headers: { ...apiOf(writer).headers, 'Content-Type': 'application/json' },
        body: JSON.stringify({ name }),
      })
      expect([writer, answer.status]).toEqual([writer, 200])
      const { version } = writtenSchema.parse(await answer.json()).data
      for (const reader of releaseNames) {
        const page = await apiOf(reader).page('case-board', '', { 'X-Min-Version': `${version}` })
        expect([reader, page.contacts.find((contact) => contact.id === id)?.name]).toEqual([reader, name])
      }
      const event = { workspaceId: here.workspaceId, action: 'board_updated', boardId: 'case-board' }
      const told = await invalidate(releases.urls[otherOf(writer)], stack.internalAuthKey, event)
      expect(told.version).toBeGreaterThan(version)
    }
  }

  /** The client of each release at the Worker of each release: all of them are live, and show a change by itself. */
  async function watchLive(mark: string) {
    const opened: { readonly name: string; readonly client: Boardcache }[] = []
    try {
      for (const of of releaseNames)
        for (const at of releaseNames) {
          const options = {
            url: releases.urls[at],
            workspaceId: here.workspaceId,
            token: stack.tokens.member,
          }
          opened.push({ name: `${of} client at ${at} Worker`, client: clients[of].createBoardcache(options) })
        }
      const pages = opened.map(({ name, client }) => ({
        name,
        client,
        page: client.board('case-board').page(1),
      }))
      for (const { page } of pages) page.subscribe(() => undefined)
      for (const { name, client, page } of pages)
        await eventually(() => {
          expect([name, client.status().mode, page.peek().status]).toEqual([name, 'live', 'current'])
        }, patient)
      const id = pages[0]?.page.peek().data?.contacts[0]?.id ?? ''
      await stack.sql`update contacts set name = ${mark} where workspace_id = ${here.workspaceId} and id = ${id}`
      for (const { name, client, page } of pages)
        await eventually(() => {
          expect([name, client.status().mode, page.peek().data?.contacts[0]?.name]).toEqual([
            name,
            'live',
            mark,
          ])
        }, patient)
    } finally {
      for (const { client } of opened) client.close()
    }
  }

  it('no resource has another shape than in the earlier release under the same version, and one that had would be found', async () => {
    const [earlier, present] = [await shapesIn(earlierFiles), await shapesIn(process.cwd())]
    expect(unversionedChanges(earlier, present)).toEqual([])
    const { thread } = present
    if (thread === undefined) throw new Error('there is no such resource')
    const planted = { ...thread, shape: thread.shape.replace('"subject"', '"topic"') }
    expect(unversionedChanges(earlier, { ...present, thread: planted })).toEqual(['thread'])
    const versioned = { ...planted, version: planted.version + 1 }
    expect(unversionedChanges(earlier, { ...present, thread: versioned })).toEqual([])
  })

  it('a Worker of this release beside the earlier one, whose Durable Objects still run: each serves what the other stored, in KV and in Redis; writes move it for both; and clients of both are live', async () => {
    await releases.run('earlier', nearTiersOff)
    const held = await shareEntries((it) => it.notThere, 0)
    await writtenAll((it) => it.creation)
    await seeMoved(held, (it) => it.notThere)
    for (const writer of releaseNames) {
      const page = () =>
        apiOf(otherOf(writer)).page('case-board', `per_page=${writer === 'earlier' ? 11 : 12}`)
      await apiOf(writer).page('case-board', `per_page=${writer === 'earlier' ? 11 : 12}`)
      await eventually(async () => (await page())._cache.source === 'cloudflare_kv', patient)
      await releases.emptyKv()
      expect((await page())._cache.source).toBe('redis_cache')
    }
    await readWrites('Zqfirst')
    await watchLive('Zqlive first')
  })

  it('the Durable Objects of this release go on with what those of the earlier one stored, and answer Workers of both', async () => {
    const { total } = await apiOf('earlier').counts()
    await releases.run('present')
    expect((await apiOf('present').counts()).total).toBe(total)
    const held = await shareEntries((it) => it.there, 1)
    await writtenAll((it) => it.write)
    // The workspace's region was changed with the rest, so a number in another form now leads nowhere.
    await seeMoved(new Map([...held].filter(([, { status }]) => status === 200)), (it) => it.there)
    await readWrites('Zqsecond')
    await watchLive('Zqlive second')
  })

  it('after a rollback the earlier Durable Objects and the earlier origin go on with what this release stored, with its migrations', async () => {
    const origin = stack.pieces.origin.ofRelease(earlierFiles)
    await stack.pieces.origin.stop()
    try {
      await origin.start()
      await releases.run('earlier')
      await shareEntries((it) => it.there, 0)
      await readWrites('Zqthird')
      await watchLive('Zqlive third')
    } finally {
      await origin.stop()
      await stack.pieces.origin.start()
    }
    expect(releases.failures).toEqual([])
  })

  it('an origin that is newer than its database answers 503 where it lacks a function, and says so in its log and in health until the migrations are there', async () => {
    await releases.run('present')
    const health = async () => JSON.parse((await ask(`${stack.origin}/health`)).text)
    const answer = () => apiOf('present').get('/api/threads/zqlater')
    await stack.sql`alter function public.thread(text, text) rename to thread_of_later`
    try {
      expect((await answer()).status).toBe(503)
      await eventually(
        async () => expect(await health()).toMatchObject({ database: { isOlder: true } }),
        patient,
      )
      expect((await health()).status).toBe('degraded')
      const log = () => readFile(join(stack.logs, 'origin.log'), 'utf8')
      await eventually(async () => (await log()).includes('"functionName":"thread"'), patient)
      // Everything else is answered as ever.
      expect((await apiOf('present').get('/api/webhook-sources')).status).toBe(200)
    } finally {
      await stack.sql`alter function public.thread_of_later(text, text) rename to thread`
    }
    await eventually(async () => expect((await answer()).status).toBe(404), patient)
    await eventually(
      async () => expect(await health()).toMatchObject({ database: { isOlder: false } }),
      patient,
    )
  })
})
