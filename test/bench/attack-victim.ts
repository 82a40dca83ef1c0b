import { z } from 'zod'
import { errorBodySchema } from '../../shared/contract/errors.ts'
import { ask } from '../support/api-client.ts'

/** One of the victim's reads. */
export interface Read {
  readonly durationMs: number
  /** Status and code of an answer that was not a page from the database, or null if it was one. */
  readonly failure: string | null
}

interface VictimOptions {
  readonly worker: string
  readonly headers: Readonly<Record<string, string>>
  readonly durationMs: number
  /** Different seeds read different pages. */
  readonly seed: number
}

/**
 * A read starts this often, whether or not the one before has been answered. A service that falls behind does not get
 * less to do.
 */
const everyMs = 100
const answerSchema = z.object({ data: z.object({ _cache: z.object({ source: z.string() }) }) })

/** Reads pages through the Worker. No two reads in flight are of the same page, so they never share a query. */
export async function readAsVictim({ worker, headers, durationMs, seed }: VictimOptions): Promise<Read[]> {
  const reads: Promise<Read>[] = []
  const startedAtMs = performance.now()
  const inAll = Math.floor(durationMs / everyMs)
  for (let number = 0; number < inAll; number += 1) {
    const dueInMs = startedAtMs + number * everyMs - performance.now()
    if (dueInMs > 0) await new Promise((resolve) => setTimeout(resolve, dueInMs))
    reads.push(readOnce(`${worker}${pathOf(seed * inAll + number)}`, headers))
  }
  return Promise.all(reads)
}

const orders = ['created_at', 'updated_at', 'name', 'last_activity_at'].flatMap((by) => [
  `sort_by=${by}&sort_order=asc`,
  `sort_by=${by}&sort_order=desc`,
])
const pages = 16
const perPageMin = 26

function pathOf(number: number): string {
  const order = orders[number % orders.length]
  const page = 1 + (Math.floor(number / orders.length) % pages)
  const perPage = perPageMin + (Math.floor(number / orders.length / pages) % (100 - perPageMin))
  return `/api/boards/board_214/contacts?${order}&page=${page}&per_page=${perPage}`
}

async function readOnce(url: string, headers: Readonly<Record<string, string>>): Promise<Read> {
  const sentAtMs = performance.now()
  try {
    const { status, text } = await ask(url, { headers })
    const durationMs = performance.now() - sentAtMs
    if (status !== 200)
      return { durationMs, failure: `${status} ${errorBodySchema.parse(JSON.parse(text)).code}` }
    const { source } = answerSchema.parse(JSON.parse(text)).data._cache
    return { durationMs, failure: source === 'database' ? null : `200 from ${source}` }
  } catch (error) {
    const failure = error instanceof Error ? error.name : 'unknown'
    return { durationMs: performance.now() - sentAtMs, failure }
  }
}
