import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { launchBrowser } from '../browser/dashboard-page.ts'
import { serveExampleApp } from '../browser/example-app.ts'
import { type CuttableNetwork, startCuttableNetwork } from '../support/cuttable-network.ts'
import { createDice, type Dice } from '../support/dice.ts'
import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { createRandom } from '../support/random.ts'
import { LiveTab } from './live-tab.ts'

/**
 * The fault model: while contacts of a board are inserted, changed, moved and deleted in Postgres directly, and two browsers show the
 * board, one fault after the other happens at random points, and ends after up to three seconds. Worker, origin or Postgres are killed
 * (SIGKILL) and started again; the network of both browsers is cut, or becomes silent; the machine of one of them is offline; a tab is frozen.
 * While it goes on, no browser may show a row twice. Once everything has been back for a while, each must show the list of the database,
 * row by row, from the first to the last.
 */
export interface LiveCrashOptions {
  readonly minutes: number
  readonly changes: number
  readonly seed: number
  readonly isDeaf: boolean
  onFault(text: string): void
}

export interface LiveCrashResult {
  readonly changes: number
  readonly failed: number
  readonly rows: number
  readonly faults: readonly string[]
}

const boardId = 'board_123'
/** With `--deaf` the changes after this share of them are not heard of. */
const heardShare = 0.8
const recoveryDeadlineMs = 60_000
const deafDeadlineMs = 5_000

interface World {
  readonly stack: TestStack
  readonly network: CuttableNetwork
  readonly tabs: readonly LiveTab[]
  readonly dice: Dice
}

export async function runLiveCrash(options: LiveCrashOptions): Promise<LiveCrashResult> {
  const app = await serveExampleApp()
  const stack = await startTestStack({ contacts: 500, workerVariables: { ALLOWED_ORIGINS: app.origin } })
  const network = await startCuttableNetwork(stack.worker)
  const browser = await launchBrowser()
  try {
    const tabs: LiveTab[] = []
    for (const token of [stack.tokens.admin, stack.tokens.member])
      tabs.push(await LiveTab.open(browser, app.origin, { url: network.url, token, boardId }))
    const dice = createDice(createRandom(options.seed))
    const world: World = { stack, network, tabs, dice }
    const over = new AbortController()
    const failing = breakThings(world, over.signal, options.onFault)
    const written = await writeChanges(stack, createDice(createRandom(options.seed + 1)), options)
    over.abort()
    await failing
    const list = await settledList(stack)
    const withinMs = options.isDeaf ? deafDeadlineMs : recoveryDeadlineMs
    const found = await Promise.all(tabs.map((tab) => tab.faults(list, withinMs)))
    return { ...written, rows: list.length, faults: found.flat() }
  } finally {
    await browser.close()
    await network.stop()
    await stack.stop()
    await app.stop()
  }
}

/** From now on the outbox forgets everything, so that nobody hears of the changes that follow. */
async function plantDeafness(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create or replace function private.forget() returns trigger language plpgsql as $$ begin return null; end $$;
    create or replace trigger forget before insert on private.outbox for each row execute function private.forget();`)
}

/** Makes the changes, evenly over the time, and each again until it is made. */
async function writeChanges(stack: TestStack, dice: Dice, { minutes, changes, isDeaf }: LiveCrashOptions) {
  const startMs = performance.now()
  const everyMs = (minutes * 60_000) / changes
  let failed = 0
  let sql = stack.connect()
  for (let change = 1; change <= changes; ) {
    try {
      if (isDeaf && change > heardShare * changes) await plantDeafness(sql)
      await deadline(makeChange(sql, dice, change), 5_000)
      change += 1
    } catch {
      failed += 1
      void sql.end({ timeout: 0.2 }).catch(() => undefined)
      sql = stack.connect()
      await pause(200)
    }
    await pause(Math.max(0, startMs + change * everyMs - performance.now()))
  }
  await sql.end({ timeout: 1 })
  return { changes, failed }
}

/** A change with a number is made once: repeating it finds that it was made, or does no harm. */
async function makeChange(sql: Sql, dice: Dice, change: number): Promise<void> {
  const kind = dice.between(1, 4)
  const any = sql`
    (select id from contacts where workspace_id = '15213' and board_id = ${boardId}
      order by md5(id || ${change}) limit 1)`
  if (kind === 1)
    await sql`
      insert into contacts (workspace_id, id, board_id, board_column_id, name, created_at)
      select workspace_id, ${`made_${change}`}, board_id, board_column_id, ${`Made ${change}`}, created_at
      from contacts where workspace_id = '15213' and id = ${any} on conflict do nothing`
  else if (kind === 2)
    await sql`update contacts set name = ${`Changed ${change}`} where workspace_id = '15213' and id = ${any}`
  else if (kind === 3)
    await sql`
      update contacts set created_at = now() - random() * interval '300 days'
      where workspace_id = '15213' and id = ${any}`
  else await sql`delete from contacts where workspace_id = '15213' and id = ${any}`
}

async function deadline<Value>(work: Promise<Value>, ms: number): Promise<Value> {
  const late = new AbortController()
  try {
    return await Promise.race([
      work,
      pause(ms, undefined, { signal: late.signal }).then(() => Promise.reject(new Error('too late'))),
    ])
  } finally {
    late.abort()
  }
}

async function breakThings(world: World, over: AbortSignal, say: (text: string) => void): Promise<void> {
  while (!over.aborted) {
    await pause(world.dice.between(300, 1_500))
    if (over.aborted) return
    const kind = world.dice.pick(Object.keys(faultKinds))
    const ms = world.dice.between(100, 3_000)
    say(`${kind} for ${ms} ms`)
    await faultKinds[kind]?.(world, ms)
  }
}

const faultKinds: Readonly<Record<string, (world: World, ms: number) => Promise<void>>> = {
  async 'worker killed'({ stack }, ms) {
    await stack.pieces.worker.kill()
    await pause(ms)
    await stack.pieces.worker.start()
  },
  async 'origin killed'({ stack }, ms) {
    await stack.pieces.origin.kill()
    await pause(ms)
    await stack.pieces.origin.start()
  },
  async 'postgres killed'({ stack }, ms) {
    await stack.pieces.postgres.kill()
    await pause(ms)
    await stack.pieces.postgres.start()
    // Supabase Lite does not survive the loss of its connections.
    await stack.pieces.supabase.kill()
    await stack.pieces.supabase.start()
  },
  async 'network cut'({ network }, ms) {
    network.cut()
    await pause(ms)
    network.mend()
  },
  async 'network silent'({ network }, ms) {
    network.silence()
    await pause(ms)
    network.mend()
  },
  async 'machine offline'({ tabs, dice }, ms) {
    const tab = dice.pick(tabs)
    await tab.setOffline(true)
    await pause(ms)
    await tab.setOffline(false)
  },
  async 'tab frozen'({ tabs, dice }, ms) {
    const tab = dice.pick(tabs)
    await tab.setFrozen(true)
    await pause(ms)
    await tab.setFrozen(false)
  },
}

/** The board's contacts in the order of the list, once the outbox is empty. */
async function settledList(stack: TestStack) {
  const sql = stack.connect()
  await eventually(
    async () => {
      const [row] = await sql`select exists (select from private.outbox) as is_waiting`
      return row?.['is_waiting'] === false
    },
    { deadlineMs: recoveryDeadlineMs },
  )
  const list = await sql<{ id: string; name: string }[]>`
    select id, name from contacts where workspace_id = '15213' and board_id = ${boardId}
    order by created_at desc, id desc`
  await sql.end({ timeout: 1 })
  return list.map(({ id, name }) => ({ id, name }))
}
