import { pause, systemClock } from '../../../shared/clock.ts'
import { versionSchema, workspaceIdSchema } from '../../../shared/ids.ts'
import { createSingleFlight } from '../../../shared/single-flight.ts'
import type { LedgerChanges } from '../../../worker/ledger/ledger-messages.ts'
import { createViews } from '../../../worker/ledger/view.ts'

const workspaceId = workspaceIdSchema.parse('15213')
const patienceMs = 10_000
const always = () => true
const keepAlive = (_work: Promise<unknown>) => undefined

/** Milliseconds that shared work takes. Other requests join it meanwhile. */
let workMs = 0

async function work(): Promise<number> {
  if (workMs > 0) await pause(systemClock, workMs)
  return workMs
}

async function since(): Promise<{ readonly ok: true; readonly value: LedgerChanges }> {
  await work()
  const version = versionSchema.parse(1)
  const moved = { tags: new Uint16Array(), distances: new Uint32Array() }
  return { ok: true, value: { ledgerId: 'ledger', birth: version, version, moved } }
}

const flights = createSingleFlight<null, number>({ clock: systemClock, patienceMs })
const ledger = { since, advance: () => Promise.reject(new Error('nothing is written here')) }
const views = createViews({ ledger, clock: systemClock, boundMs: 1_000, shared: null })

/** The waits of a request for work that another request may have begun. */
const waits: Readonly<Record<string, () => PromiseLike<unknown>>> = {
  flight: () => flights.share('key', null, always, work, keepAlive),
  view: async () => views.current(workspaceId, { kind: 'now' }, keepAlive),
}

/**
 * `?wait=NAME&warm=TIMES` runs a wait so often that the engine optimizes it. `?wait=NAME` answers the request's own body, which it reads
 * after the wait.
 */
export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url)
    const wait = waits[searchParams.get('wait') ?? '']
    if (wait === undefined) return new Response(null, { status: 404 })
    const times = Number(searchParams.get('warm') ?? 0)
    for (let time = 0; time < times; time += 1) {
      // The engine drops optimized code when it gets to a branch that it has never seen.
      workMs = time % 100 === 0 ? 1 : 0
      await Promise.all([wait(), wait()])
    }
    workMs = 20
    if (times === 0) await wait()
    return new Response(await request.text())
  },
} satisfies ExportedHandler
