import { expect, it } from 'vitest'
import type { RolloutState } from '../../../shared/contract/rollout-state.ts'
import { contactCounts } from '../../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../../shared/resources/contacts/contact-list.ts'
import { entryOf } from '../../support/entries.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { answerOf } from '../../support/inquiries.ts'
import { createResourceDoor } from '../../support/resource-door.ts'

/** Sends a request for a page or for counts to a Worker whose read path has answered in this state. */
async function send(
  rollout: RolloutState,
  resource: typeof contactList | typeof contactCounts,
  path: string,
) {
  const clock = createFakeClock()
  const body = new TextEncoder().encode(JSON.stringify(resource.example.data))
  const isOn = rollout === 'on'
  const answered = answerOf({
    ...{ entry: entryOf({ body, createdAtMs: clock.now() }), rollout, isCacheEnabled: isOn },
    ...(isOn ? {} : { status: 'BYPASS', source: 'database' }),
  })
  const response = await createResourceDoor(resource, clock, answered)(path)
  const { data } = (await response.json()) as { data: Record<string, unknown> }
  return { data, cacheStatus: response.headers.get('Cache-Status') ?? '' }
}

it.each(['off', 'shadow'] as const)(
  'an answer of the mode %s says so in `_cache` and in its headers',
  async (mode) => {
    const { data, cacheStatus } = await send(mode, contactList, '/api/boards/board_1/contacts')
    expect(data['_cache']).toMatchObject({ status: 'BYPASS', source: 'database', rollout: mode })
    expect(cacheStatus).toBe(`Boardcache; fwd=bypass; detail=rollout-${mode}`)
    const counts = await send(mode, contactCounts, '/api/cache-settings/workspace/15213/counts')
    expect(counts.data).toMatchObject({ _cached: false, _cacheEnabled: false, _source: 'database' })
  },
)

it('an answer of the tiers says nothing of the rollout', async () => {
  const { data, cacheStatus } = await send('on', contactList, '/api/boards/board_1/contacts')
  expect(Object.keys(data['_cache'] as object)).not.toContain('rollout')
  expect(cacheStatus).not.toContain('rollout')
})
