import { fileURLToPath } from 'node:url'
import { createDashboardBuilder } from './dashboard-build.ts'
import type { Piece } from './processes.ts'
import { watchFiles } from './project-files.ts'
import type { Stack } from './stack.ts'

interface WatchOptions {
  readonly stack: Pick<Stack, 'origin' | 'worker'>
  /** Receives one sentence or more for each change that was brought in or could not be. */
  onNotice(text: string): void
}

const project = fileURLToPath(new URL('../../', import.meta.url))

/** The programs and advice that a changed file concerns. A file below `shared/` concerns all three programs. */
const concerns = {
  worker: /^(worker\/(?!dashboard\/)|shared\/).*\.ts$|^wrangler\.toml$/,
  origin: /^(origin\/(?!local\/)|shared\/).*\.ts$/,
  dashboard: /^(worker\/dashboard|shared)\/.*\.(tsx?|css|html|svg)$/,
  migrations: /^origin\/supabase\/migrations\/.*\.sql$/,
  localStack: /^origin\/local\/.*\.(ts|sql)$/,
} as const
type Concern = keyof typeof concerns

/** A checkout of another branch changes hundreds of files. */
const namedMax = 5

/**
 * Brings changed files of the project into a running stack, which keeps its data: Postgres, Redis and what the Worker has
 * stored are not touched. Code that does not build or does not start is reported, and the version before it stays.
 */
export async function watchProject(options: WatchOptions): Promise<{ stop(): Promise<void> }> {
  const { stack, onNotice } = options
  const origin = createLane(async (paths) => {
    await bringIn(paths, stack.origin, onNotice, async () => {
      await stack.origin.replace()
      return 'the origin runs it'
    })
  })
  const builder = createDashboardBuilder()
  const edge = createLane(async (paths) => {
    const worker = touches(paths, 'worker')
      ? bringIn(paths, stack.worker, onNotice, async () => {
          return (await stack.worker.update('code')) ? 'the Worker runs it' : null
        })
      : null
    const dashboard = touches(paths, 'dashboard')
      ? bringIn(paths, stack.worker, onNotice, async () => {
          await builder.build()
          // The Worker serves the dashboard, so it takes one after the other.
          await worker
          return (await stack.worker.update('dashboard')) ? 'the dashboard has it' : null
        })
      : null
    await Promise.all([worker, dashboard])
  })
  const files = await watchFiles({
    root: project,
    paths: ['worker', 'origin', 'shared', 'wrangler.toml'],
    ignored: new Set(['dist', 'screenshots', 'node_modules']),
    onChange(paths) {
      adviseOn(paths, onNotice)
      if (touches(paths, 'origin')) origin.add(paths)
      if (touches(paths, 'worker') || touches(paths, 'dashboard')) edge.add(paths)
    },
    onFailure: ({ message }) => onNotice(message),
  })
  return {
    async stop() {
      files.stop()
      await Promise.all([origin.stop(), edge.stop()])
      builder.stop()
    },
  }
}

function touches(paths: readonly string[], concern: Concern): boolean {
  return paths.some((path) => concerns[concern].test(path))
}

function sentenceStart(paths: readonly string[]): string {
  const named = paths.slice(0, namedMax).join(', ')
  return `${named}${paths.length > namedMax ? ` and ${paths.length - namedMax} more` : ''} changed`
}

/** Says what to do about changes that no running program can take in. */
function adviseOn(paths: readonly string[], onNotice: WatchOptions['onNotice']): void {
  const what = sentenceStart(paths)
  if (touches(paths, 'localStack')) {
    onNotice(`${what}: files of the local stack take effect when you stop it with Ctrl-C and start it again.`)
  }
  if (touches(paths, 'migrations')) {
    onNotice(
      `${what}: "npm run -s migrate" applies new migrations to the running database. A migration that was applied before must stay as it is: add another file, or start with --fresh.`,
    )
  }
}

/** Does the work for changed files, once at a time. Files that change meanwhile are collected for the next time. */
function createLane(work: (paths: readonly string[]) => Promise<void>) {
  const pending = new Set<string>()
  let isStopped = false
  let working: Promise<void> | null = null
  const workAll = async () => {
    while (pending.size > 0 && !isStopped) {
      const paths = [...pending]
      pending.clear()
      await work(paths)
    }
    working = null
  }
  return {
    add(paths: readonly string[]): void {
      for (const path of paths) pending.add(path)
      working ??= workAll()
    },
    async stop(): Promise<void> {
      isStopped = true
      await working
    },
  }
}

/** Reports how a change was brought into a piece, and how long that took. `bring` answers null if nothing differed. */
async function bringIn(
  paths: readonly string[],
  piece: Piece,
  onNotice: WatchOptions['onNotice'],
  bring: () => Promise<string | null>,
): Promise<void> {
  const what = sentenceStart(paths)
  const startedAtMs = performance.now()
  try {
    const done = await bring()
    const tookSeconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1)
    if (done !== null) onNotice(`${what}: ${done} after ${tookSeconds} s.`)
  } catch (error) {
    const state =
      piece.pid === null ? 'and it is down until you save one that works' : 'but the running version stays'
    onNotice(`${what}, ${state}. ${error instanceof Error ? error.message : error}`)
  }
}
