import { versionSchema } from '../../shared/ids.ts'
import type { Result } from '../../shared/result.ts'
import type { Entry } from '../../worker/entry/entry.ts'
import type { CacheKey } from '../../worker/entry/key.ts'
import type { Isolate } from './isolate.ts'
import { during } from './life.ts'
import { clearingHeardMs } from './operator.ts'
import { workspaceIds } from './questions.ts'
import { BrokenPromise } from './records.ts'
import { replicaLagMaxMs } from './redis.ts'
import type { World } from './world.ts'

type Own = NonNullable<Isolate['redis']>

const keyOf = (name: string) => `calm:${name}` as CacheKey
const lifetimeMs = 600_000

/**
 * After the faults, Redis must be of use again, whatever generation each isolate had seen: every isolate writes an entry that every
 * other one finds, and counts on where the others stopped. Then each namespace is cleared: it forgets everything, and the other nothing.
 */
export async function expectUsefulRedis(world: World): Promise<void> {
  const { operator, pass } = world
  if (operator === null) return
  const clear = async (database: 'cache' | 'rateLimit') => {
    const cleared = operator.clear(database)
    await pass(clearingHeardMs)
    if (!(await cleared))
      throw new BrokenPromise(`converges: clearing ${database} is refused after the faults`)
    await pass(replicaLagMaxMs)
  }
  const before = await counted(world)
  await written(world, 'first')
  await expectFound(world, 'first', true)
  await clear('cache')
  await expectFound(world, 'first', false)
  await written(world, 'second')
  await expectFound(world, 'second', true)
  const after = await counted(world)
  if (Math.min(...after) <= Math.max(...before))
    throw new BrokenPromise('clearing: the cache was cleared, and a limit forgot what it had counted')
  await clear('rateLimit')
  const released = await counted(world)
  if (Math.max(...released) !== released.length)
    throw new BrokenPromise('clearing: the limits were cleared, and one has not let go')
  await expectFound(world, 'second', true)
}

/** Lets every isolate use Redis at the same time, and answers their results. */
async function everywhere<Value>(
  { population, pass }: World,
  act: (redis: Own, isolate: Isolate) => Promise<Result<Value, unknown>>,
): Promise<Value[]> {
  const results: Result<Value, unknown>[] = []
  const isolates = population.all()
  for (const isolate of isolates) {
    const { redis } = isolate
    if (redis === null) continue
    void during(population.beginLife(isolate), () => act(redis, isolate)).then((result) =>
      results.push(result),
    )
  }
  await pass(1)
  const values = results.flatMap((result) => (result.ok ? [result.value] : []))
  if (values.length < isolates.length)
    throw new BrokenPromise('converges: Redis did not answer after the faults')
  return values
}

function counted(world: World): Promise<number[]> {
  return everywhere(world, ({ limits }) => limits.count('caller', 1, lifetimeMs))
}

async function written(world: World, what: string): Promise<void> {
  await everywhere(world, (redis, isolate) =>
    redis.tier.put(keyOf(`${what}:${isolate.name}`), entryOf(isolate)),
  )
  await world.pass(replicaLagMaxMs)
}

async function expectFound(world: World, what: string, isThere: boolean): Promise<void> {
  for (const writer of world.population.all()) {
    const found = await everywhere(world, async ({ tier }) => tier.get(keyOf(`${what}:${writer.name}`)))
    const wrong = found.filter((entry) => (entry !== null) !== isThere).length
    if (wrong === 0) continue
    const said = isThere ? 'do not find' : 'still find'
    throw new BrokenPromise(`converges: ${wrong} isolates ${said} in Redis what ${writer.name} stored`)
  }
}

function entryOf({ clock }: Isolate): Entry {
  const createdAtMs = clock.now()
  return {
    workspaceId: workspaceIds[0],
    found: false,
    stamp: { ledgerId: 'calm', version: versionSchema.parse(1) },
    tags: [],
    ...{ createdAtMs, loadMs: 1, deleteAtMs: createdAtMs + lifetimeMs },
    etag: 'calm',
    body: new Uint8Array(),
  }
}
