import { z } from 'zod'
import { cacheSettingsSchema, defaultCacheSettings } from '../../shared/contract/settings.ts'
import { type CanaryRows, fillCanary } from './canary-rows.ts'
import { Unmet } from './check-endings.ts'
import type { Ask } from './deployment.ts'
import type { Given } from './given.ts'
import { createProbeContact, describeAnswer, nameOfRound, parseJson } from './probe-contact.ts'
import type { Canary, ProbeContact, Run } from './run.ts'
import { askUntilHit, awaitSighting, questionsWithin } from './sightings.ts'

const settingsSchema = z.object({ data: cacheSettingsSchema })

/**
 * Makes the canary ready: its cache is on for every resource, its database has the rows of every case, and there is a contact to change. All of
 * that is restored at the end of the run, in the opposite order.
 */
export async function prepareCanary(run: Omit<Run, 'canary'>): Promise<Canary> {
  await switchEverythingOn(run)
  const { databaseUrl, place } = run.given
  const rows = databaseUrl === null ? null : await fillCanary(run.given, databaseUrl)
  if (rows !== null) {
    run.atTheEnd('the rows of the canary are removed', async () => {
      const left = await rows.remove()
      await rows.end()
      if (left.length > 0) throw new Error(`rows remain in ${left.join(', ')}`)
    })
  }
  const board = rows?.board ?? place
  if (board === null) return { rows, contact: null }
  const contact = await createProbeContact(run.ask, board)
  if ('refusal' in contact) throw new Unmet('an admin makes a contact', contact.refusal)
  if (rows === null) {
    run.atTheEnd(`the contact ${contact.id} is deleted`, async (ask) => {
      const answer = await ask(contact.path, { method: 'DELETE' })
      if (answer.status !== 200) throw new Error(describeAnswer(answer))
    })
  }
  if (rows !== null) await awaitRelay(run, rows, contact)
  return { rows, contact }
}

/** The most requests of the preparation. */
export const preparationRequestsMax = ({ rowBoundMs }: Given) => 10 + 2 * questionsWithin(rowBoundMs)

/**
 * Waits until a row that is changed now is seen, since by then the ledgers know of the rows that were made before, and of those that the last
 * run removed. Whether that takes too long is judged by the checks.
 */
async function awaitRelay(run: Omit<Run, 'canary'>, rows: CanaryRows, contact: ProbeContact): Promise<void> {
  const read = () => run.ask(contact.path)
  await askUntilHit(run, read)
  const name = nameOfRound('prepared', 0)
  await rows.rename(contact.id, name)
  const until = { sinceMs: performance.now(), boundMs: run.given.rowBoundMs }
  await awaitSighting(run, until, read, ({ text }) => text.includes(name))
}

async function switchEverythingOn(run: Omit<Run, 'canary'>): Promise<void> {
  const path = `/api/cache-settings/workspace/${run.given.workspaceId}/settings`
  const answer = await run.ask(path)
  const parsed = settingsSchema.safeParse(parseJson(answer.text))
  if (answer.status !== 200 || !parsed.success)
    throw new Unmet("the admin's token reads the canary's settings", describeAnswer(answer))
  const { cacheEnabled, features } = parsed.data.data
  run.atTheEnd('the settings of the canary are restored', (ask) =>
    save(ask, path, { cacheEnabled, features }),
  )
  const everything = Object.fromEntries(
    Object.keys(defaultCacheSettings.features).map((name) => [name, true]),
  )
  await save(run.ask, path, { cacheEnabled: true, features: everything })
}

async function save(ask: Ask, path: string, change: unknown): Promise<void> {
  const headers = { 'Content-Type': 'application/json' }
  const answer = await ask(path, { method: 'POST', headers, body: JSON.stringify(change) })
  if (answer.status !== 200) throw new Unmet('an admin changes the settings', describeAnswer(answer))
}
