import { fileURLToPath } from 'node:url'
import { rebuildDashboard } from './dashboard-build.ts'
import type { Piece } from './processes.ts'
import { watchFiles } from './project-files.ts'
import type { Stack } from './stack.ts'

interface WatchOptions {
  readonly stack: Pick<Stack, 'origin' | 'worker'>
  /** Receives one sentence or more for each change that was brought in or could not be. */
  onNotice(text: string): void
}

const project = fileURLToPath(new URL('../../', import.meta.url))

/** What a changed file concerns. A file below `shared/` concerns all three programs. */
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
 * stored are not touched. Code that does not build or does not start is reported, and the version before it goes on.
 */
export async function watchProject(options: WatchOptions): Promise<{ stop(): Promise<void> }> {
  const { onNotice } = options
  const changed = new Set<string>()
  let isStopped = false
  let working: Promise<void> | null = null

  const work = async () => {
    while (changed.size > 0 && !isStopped) {
      const paths = [...changed]
      changed.clear()
      await bringIn(paths, options)
    }
  }
  const files = await watchFiles({
    root: project,
    paths: ['worker', 'origin', 'shared', 'wrangler.toml'],
    ignored: new Set(['dist', 'screenshots', 'node_modules']),
    onChange(paths) {
      for (const path of paths) changed.add(path)
      working ??= work().finally(() => {
        working = null
      })
    },
    onFailure: ({ message }) => onNotice(message),
  })
  return {
    async stop() {
      isStopped = true
      files.stop()
      await working
    },
  }
}

async function bringIn(paths: readonly string[], { stack, onNotice }: WatchOptions): Promise<void> {
  const startedAtMs = performance.now()
  const touches = (concern: Concern) => paths.some((path) => concerns[concern].test(path))
  const named = paths.slice(0, namedMax).join(', ')
  const what = `${named}${paths.length > namedMax ? ` and ${paths.length - namedMax} more` : ''} changed`
  const report = (done: string) => {
    const tookSeconds = ((performance.now() - startedAtMs) / 1000).toFixed(1)
    onNotice(`${what}: ${done} after ${tookSeconds} s.`)
  }
  const attempt = async (piece: Piece, bring: () => Promise<void>) => {
    try {
      await bring()
    } catch (error) {
      const state =
        piece.pid === null ? 'and it is down until you save one that works' : 'but the running version stays'
      onNotice(`${what}, ${state}. ${error instanceof Error ? error.message : error}`)
    }
  }

  if (touches('localStack')) {
    onNotice(`${what}: files of the local stack take effect when you stop it with Ctrl-C and start it again.`)
  }
  if (touches('migrations')) {
    onNotice(
      `${what}: "npm run -s migrate" applies new migrations to the running database. A migration that was applied before must stay as it is: add another file, or start with --fresh.`,
    )
  }
  const replaceOrigin = async () => {
    await stack.origin.replace()
    report('the origin runs it')
  }
  const updateWorker = async () => {
    if (await stack.worker.update('code')) report('the Worker runs it')
  }
  const updateDashboard = async () => {
    await rebuildDashboard()
    if (await stack.worker.update('dashboard')) report('the dashboard has it')
  }
  await Promise.all([
    touches('origin') ? attempt(stack.origin, replaceOrigin) : null,
    (async () => {
      if (touches('worker')) await attempt(stack.worker, updateWorker)
      if (touches('dashboard')) await attempt(stack.worker, updateDashboard)
    })(),
  ])
}
