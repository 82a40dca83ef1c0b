import { expect } from 'vitest'
import { users } from '../../origin/local/tokens.ts'
import type { CallerKind, Resource } from '../../shared/resources/question.ts'
import { ask } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { lastingPart } from '../support/lasting-part.ts'
import type { TestStack } from '../support/local-stack.ts'
import { type Place, type ResourceCase, sharedContent } from './cases/case.ts'

/** From the committed row to the moment at which everybody must see it, including the relay's call to the ledger. */
const withinTwoSeconds = { deadlineMs: 2_000 }

/** The two workspaces of the proof. They have the same ids, and other texts and figures. */
export function placesAt(now: string): { readonly here: Place; readonly elsewhere: Place } {
  return {
    here: { workspaceId: '15213', userId: users.member, mark: 'zqhere', size: 2, now },
    elsewhere: { workspaceId: '15214', userId: users.otherAdmin, mark: 'zqelsewhere', size: 3, now },
  }
}

/** Fills both workspaces with the rows of all cases, and switches caching of everything on. */
export async function fillPlaces(stack: TestStack, cases: readonly ResourceCase[], now: string) {
  for (const place of Object.values(placesAt(now))) {
    const contents = [sharedContent(place), ...cases.map(({ content }) => content(place))]
    await stack.sql.unsafe(contents.join('\n'))
    const token = place.workspaceId === '15213' ? stack.tokens.admin : stack.tokens.otherAdmin
    const features = { contactCounts: true, contactLists: true, search: true, messageHistory: true }
    await stack.api({ token, workspaceId: place.workspaceId }).changeSettings({ features })
  }
}

/** An answer without what differs from one answer to the next. */
export interface Told {
  readonly status: number
  readonly data: unknown
  readonly isHit: boolean
  readonly text: string
}

/** Puts a question in a workspace, as its member or as the CRM's backend. */
export async function tell(
  stack: TestStack,
  resource: Resource,
  place: Place,
  path: string,
  caller: CallerKind = resource.callers.includes('member') ? 'member' : 'service',
): Promise<Told> {
  const member = place.workspaceId === '15213' ? stack.tokens.member : stack.tokens.otherAdmin
  const isOfWorkspace = resource.callers.includes('member')
  const { status, headers, text } = await ask(`${stack.worker}${path}`, {
    headers: {
      Authorization: `Bearer ${caller === 'member' ? member : stack.internalAuthKey}`,
      ...(isOfWorkspace ? { 'X-Workspace-ID': place.workspaceId } : {}),
      ...(caller === 'service' && isOfWorkspace ? { 'X-User-ID': place.userId } : {}),
    },
  })
  const isHit = headers.get('Cache-Status')?.includes('; hit') === true
  return { status, data: lastingPart(JSON.parse(text)), isHit, text }
}

/**
 * Lives through everything that the cache promises of a resource, and answers what was told on the way, which must be the same
 * without Redis.
 */
export async function liveThrough(stack: TestStack, resource: Resource, it: ResourceCase, now: string) {
  const { here, elsewhere } = placesAt(now)
  const told = (path: (place: Place) => string, place = here, caller?: CallerKind) =>
    tell(stack, resource, place, path(place), caller)
  /** The first answer that is not the old one. */
  const changed = async (path: (place: Place) => string, old: Told, sql: string) => {
    await stack.sql.unsafe(sql)
    const isOther = ({ data }: Told) => JSON.stringify(data) !== JSON.stringify(old.data)
    return eventually(async () => {
      const answer = await told(path)
      return isOther(answer) && answer
    }, withinTwoSeconds)
  }

  const first = await told(it.there)
  expect([first.status, first.isHit]).toEqual([200, false])
  const hit = await eventually(async () => {
    const answer = await told(it.there)
    return answer.isHit && answer
  })
  expect(hit.data).toEqual(first.data)
  // A hub reads nothing over the Worker's routes.
  for (const caller of resource.callers.filter((each) => each !== 'hub')) {
    const same = await told(it.there, here, caller)
    expect([caller, same.data, same.isHit]).toEqual([caller, first.data, true])
  }

  const others = await told(it.there, elsewhere)
  expect(others.status).toBe(200)
  expect(others.data).not.toEqual(first.data)
  expect(first.text).not.toContain(elsewhere.mark)
  expect(others.text).not.toContain(here.mark)

  const absent = await told(it.notThere)
  await eventually(async () => {
    const loads = await stack.queriesOf(resource.name)
    const again = await told(it.notThere)
    expect([again.status, again.data]).toEqual([absent.status, absent.data])
    return (await stack.queriesOf(resource.name)) === loads
  })
  const created = await changed(it.notThere, absent, it.creation(here))
  const before = await told(it.there)
  const written = await changed(it.there, before, it.write(here))
  const gone = await changed(it.there, written, it.deletion(here))
  // No write here has changed anything there.
  expect((await told(it.there, elsewhere)).data).toEqual(others.data)
  return [first, others, absent, created, written, gone].map(({ status, data }) => ({ status, data }))
}
