import { cpus } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { z } from 'zod'
import { launchBrowser, openDashboard, operator } from '../browser/dashboard-page.ts'
import { type Hand, handOn, hasHalfDays } from '../browser/hand.ts'
import {
  beginTask,
  findMisses,
  findStaleness,
  makeMisses,
  makeStale,
  moveContact,
  type Way,
  ways,
} from '../browser/tasks.ts'
import { ask } from '../support/api-client.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { median } from './median.ts'

/**
 * `npm run bench:tasks` does three tasks at the dashboard in Chromium, on the local stack with the reference data: with the mouse, and with keys
 * alone. It counts clicks and keys, and takes the time from the page at which the task begins to the answer. Nobody thinks or reads in
 * between, so this is what the page itself makes one wait. Each round has a browser window that has loaded no view before.
 */
const { rounds } = z
  .object({ rounds: z.coerce.number().int().min(1).max(50) })
  .parse(parseArgs({ options: { rounds: { type: 'string', default: '5' } } }).values)

const member = 'member@boardcache.example'
const minuteMs = 60_000
/** The invalidations between the fault and the question, so that the answer is many pages back. */
const movesSince = 600
const movesPerBatch = 200
const misses = 60

interface Task {
  readonly question: string
  /** Answers in words, so that a wrong answer is seen. */
  run(hands: Hands, way: Way): Promise<string>
}

interface Hands {
  readonly own: Hand
  readonly other: Hand
}

async function moveMuch({ worker, internalAuthKey }: TestStack): Promise<void> {
  for (let sent = 0; sent < movesSince; sent += movesPerBatch) {
    const events = Array.from({ length: movesPerBatch }, (_, number) => ({
      ...{ workspaceId: '15213', boardId: 'board_123', action: 'contact_updated' },
      contactId: `contact_${sent + number}`,
    }))
    const { status, text } = await ask(`${worker}/api/cache/invalidate`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${internalAuthKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ events }),
    })
    if (status !== 200) throw new Error(text)
  }
}

/** The tasks, on a stack on which there is something to find. */
async function prepare(stack: TestStack, isHalfDay: boolean): Promise<readonly Task[]> {
  const staleAtMs = await makeStale(stack)
  // The question names a minute, so what moves afterwards comes after that.
  await setTimeout(minuteMs - (Date.now() % minuteMs))
  await moveMuch(stack)
  await makeMisses(stack, misses)
  return [
    {
      question: 'Why was this board stale at 10:02?',
      run: ({ own }, way) => findStaleness(own, way, staleAtMs, isHalfDay),
    },
    { question: 'Which workspace causes the misses?', run: ({ own }, way) => findMisses(own, way) },
    {
      question: 'Move this contact, and prove that others see it.',
      async run({ own, other }, way) {
        const [mine, theirs] = await moveContact(own, other, way)
        const isProved = mine.version === theirs.version && mine.column === theirs.column
        if (!isProved) throw new Error('the windows do not show the same')
        return `both windows show ${mine.column} under version ${mine.version}`
      },
    },
  ]
}

interface Run {
  readonly answer: string
  readonly clicks: number
  readonly keys: number
  readonly seconds: number
}

/** Two users with windows of their own: an operator at the live figures, and a member at the board. */
async function runOnce(browser: Browser, stack: TestStack, task: Task, way: Way): Promise<Run> {
  const windows = [await openDashboard(browser, stack.worker), await openDashboard(browser, stack.worker)]
  try {
    const [own, other] = windows
    if (own === undefined || other === undefined) throw new Error('there are two windows')
    await own.signIn(operator, stack.password)
    await other.signIn(member, stack.password)
    await beginTask(own.page, 'live')
    await beginTask(other.page, 'board')
    const hands = { own: handOn(own.page), other: handOn(other.page) }
    const startedAtMs = performance.now()
    const answer = await task.run(hands, way)
    return {
      answer: answer.replaceAll(/\s+/g, ' '),
      clicks: hands.own.clicks + hands.other.clicks,
      keys: hands.own.keys + hands.other.keys,
      seconds: (performance.now() - startedAtMs) / 1_000,
    }
  } finally {
    for (const each of windows) await each.close()
  }
}

const [cpu] = cpus()
console.log(`${cpus().length} cores, ${cpu?.model ?? 'unknown'}; Node ${process.version}; ${rounds} rounds\n`)
const stack = await startTestStack()
const browser = await launchBrowser()
try {
  const probe = await openDashboard(browser, stack.worker)
  const tasks = await prepare(stack, await hasHalfDays(probe.page))
  await probe.close()
  const answers: string[] = []
  console.log(
    '| task | with | clicks | keys | seconds, median | slowest |\n| --- | --- | --- | --- | --- | --- |',
  )
  for (const task of tasks) {
    for (const way of ways) {
      const runs: Run[] = []
      for (let round = 0; round < rounds; round += 1) runs.push(await runOnce(browser, stack, task, way))
      const last = runs.at(-1)
      const seconds = runs.map((run) => run.seconds)
      const figures = [median(seconds), Math.max(...seconds)].map((each) => each.toFixed(2))
      console.log(`| ${[task.question, way, last?.clicks, last?.keys, ...figures].join(' | ')} |`)
      answers.push(`${task.question} (${way}) ${last?.answer}`)
    }
  }
  console.log(`\n${answers.join('\n')}`)
} finally {
  await browser.close()
  await stack.stop()
}
