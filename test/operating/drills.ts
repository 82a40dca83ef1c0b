import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readLocalState, writeLocalState } from '../../origin/local/local-state.ts'
import { ask } from '../support/api-client.ts'
import { type Ground, holds, rename, warm } from './ground.ts'
import { drillRegion } from './region-drill.ts'
import { restoreDatabase } from './restored-database.ts'

/*
 * The drills of a loss (worker/runbook.md, "After a loss"), on a local stack: a part loses everything that it keeps, a contact is
 * changed while it is away, and what the page says is done. A drill holds if readers see the change afterwards, and later writes too, and
 * the deployment says that it is healthy. A database that was restored from a copy of its disk is proved by marks.test.ts.
 */

type Drill = (ground: Ground) => Promise<void>

export const drillNames = ['kv', 'ledgers', 'redis', 'keys', 'database', 'region'] as const
export type DrillName = (typeof drillNames)[number]

export const drills: Readonly<Record<DrillName, Drill>> = {
  kv: (ground) => loseOfWorker(ground, ['kv']),
  ledgers: (ground) => loseOfWorker(ground, ['do']),
  // On a stack of its own, with two regions.
  region: () => drillRegion(),

  async redis(ground) {
    const { redis } = ground.stack()
    if (redis === null) throw new Error('the stack has no Redis')
    const id = await warm(ground)
    await redis.store.kill()
    const kept = join(ground.folder, 'redis')
    await rm(kept, { recursive: true, force: true })
    await mkdir(kept)
    await rename(ground, id, 'Renamed without Redis')
    await redis.store.start()
    await holds(ground, id, 'Renamed without Redis')
  },

  async keys(ground) {
    const id = await warm(ground)
    const before = ground.stack().file.internalAuthKey
    const state = await readLocalState(ground.folder)
    await rename(ground, id, 'Renamed before the keys')
    const internalAuthKey = `${before.split('').toReversed().join('')}-new`
    await writeLocalState(ground.folder, { ...state, internalAuthKey })
    await ground.restart()
    const { worker } = ground.stack().file
    const statusWith = async (key: string) =>
      (await ask(`${worker}/api/admin/redis`, { headers: { Authorization: `Bearer ${key}` } })).status
    const statuses = [await statusWith(before), await statusWith(internalAuthKey)]
    if (statuses.join() !== '401,200') throw new Error(`the old key and the new one are answered ${statuses}`)
    await holds(ground, id, 'Renamed before the keys')
  },

  database: restoreDatabase,
}

/** Removes what the Worker keeps in folders of these names while it is stopped, and a contact changes meanwhile. */
async function loseOfWorker(ground: Ground, names: readonly string[]): Promise<void> {
  const id = await warm(ground)
  const { worker } = ground.stack()
  await worker.stop()
  const kept = join(ground.folder, 'worker')
  const there = await readdir(kept)
  for (const name of names) {
    if (!there.includes(name)) throw new Error(`there is no ${name} to lose in ${there}`)
    await rm(join(kept, name), { recursive: true })
  }
  await rename(ground, id, `Renamed without ${names}`)
  await worker.start()
  await holds(ground, id, `Renamed without ${names}`)
}
