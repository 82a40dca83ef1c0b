import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import {
  performanceAnswerSchema,
  warmUpSchema,
  workspaceInvalidatedSchema,
} from '../../../../shared/contract/management.ts'
import { type DeedName, deedsSchema, workspacePageSchema } from '../../../../shared/contract/workspaces.ts'
import type { ApiClient } from '../api/api-client.ts'
import { ApiFailure, sentenceOf } from '../api/failure.ts'
import { formatMs, formatThings, unknown, versionText } from '../parts/format.ts'
import { usePlace } from '../place.ts'
import { type RunResult, runOver } from './workspace-run.ts'

/** The pages of the list that are read: 5,000 workspaces. */
const pagesMax = 10

interface ListedWorkspace {
  readonly id: string
  readonly name: string
}

/** All workspaces of the deployment. */
export function useAllWorkspaces() {
  const { api } = usePlace()
  return useQuery({
    queryKey: ['deployment', 'workspaces'],
    queryFn: async ({ signal }): Promise<ListedWorkspace[]> => {
      const all: ListedWorkspace[] = []
      let after: string | null = null
      for (let pages = 0; pages < pagesMax; pages += 1) {
        const query: string = after === null ? '' : `?after=${encodeURIComponent(after)}`
        const { data } = await api.fetch(workspacePageSchema, {
          path: `/api/admin/workspaces${query}`,
          signal,
        })
        all.push(...data.workspaces)
        after = data.nextAfter
        if (after === null) break
      }
      return all
    },
    staleTime: 300_000,
  })
}

/** The last deeds of operators. */
export function useDeeds() {
  const { api } = usePlace()
  return useQuery({
    queryKey: ['deployment', 'deeds'],
    queryFn: async ({ signal }) =>
      (await api.fetch(deedsSchema, { path: '/api/admin/deeds', signal })).data.deeds,
  })
}

/** Does a deed for one workspace, and says in a few words what came of it. */
async function act(api: ApiClient, deed: DeedName, workspaceId: string): Promise<string> {
  const request = {
    path: `/api/admin/workspaces/${encodeURIComponent(workspaceId)}/${deed}`,
    method: 'POST',
  } as const
  if (deed === 'invalidate') {
    const { deletedEntries, version } = (await api.fetch(workspaceInvalidatedSchema, request)).data
    return `${formatThings(deletedEntries, 'tag')} moved, version ${versionText(version, null)}`
  }
  if (deed === 'warm-cache') {
    const { entriesWarmed, boardsWarmed } = (await api.fetch(warmUpSchema, request)).data
    return `${formatThings(entriesWarmed, 'entry', 'entries')} and ${formatThings(boardsWarmed, 'board')} are warm`
  }
  const { standard, redisWarm, edge } = (await api.fetch(performanceAnswerSchema, request)).data.performance
  const of = (measured: { timeMs: number } | null) =>
    measured === null ? unknown : formatMs(measured.timeMs)
  return `database ${of(standard)}, Redis ${of(redisWarm)}, KV ${of(edge)}`
}

/** A run over workspaces that is under way, paused, or over. */
export interface Run {
  readonly deed: DeedName
  readonly total: number
  readonly results: readonly RunResult[]
  readonly state: 'going' | 'paused' | 'stopped' | 'done'
  /** The seconds for which it waits because the API asked for it; 0 if it does not wait. */
  readonly waitSeconds: number
}

/** The hand on a run. Its page may be left: then the run ends. */
class Reins {
  isStopped = false
  #going: Promise<void> | null = null
  #go: () => void = () => undefined
  #end: () => void = () => undefined
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve
  })

  pause(): void {
    this.#going ??= new Promise((resolve) => {
      this.#go = resolve
    })
  }

  resume(): void {
    this.#go()
    this.#going = null
  }

  stop(): void {
    this.isStopped = true
    this.resume()
    this.#end()
  }

  /** Waits, but not longer than until the run is stopped. */
  wait(seconds: number): Promise<void> {
    const over = new Promise<void>((resolve) => setTimeout(resolve, seconds * 1_000))
    return Promise.race([over, this.#ended])
  }

  whenGoing(): Promise<void> {
    return this.#going ?? Promise.resolve()
  }
}

export function useRun() {
  const { api } = usePlace()
  const queries = useQueryClient()
  const [run, setRun] = useState<Run | null>(null)
  const reins = useRef<Reins | null>(null)
  useEffect(() => () => reins.current?.stop(), [])

  const change = (part: Partial<Run>) => setRun((before) => (before === null ? null : { ...before, ...part }))

  async function start(deed: DeedName, workspaceIds: readonly string[]): Promise<void> {
    const held = new Reins()
    reins.current = held
    setRun({ deed, total: workspaceIds.length, results: [], state: 'going', waitSeconds: 0 })
    await runOver(workspaceIds, {
      act: (workspaceId) => act(api, deed, workspaceId),
      refusalOf: (error) => ({
        reason: sentenceOf(error),
        retryAfterSeconds: error instanceof ApiFailure ? error.retryAfterSeconds : null,
      }),
      nowMs: () => performance.now(),
      wait: (seconds) => held.wait(seconds),
      whenGoing: () => held.whenGoing(),
      isStopped: () => held.isStopped,
      onResult: (result) =>
        setRun((before) => (before === null ? null : { ...before, results: [...before.results, result] })),
      onWait: (waitSeconds) => change({ waitSeconds }),
    })
    change({ state: held.isStopped ? 'stopped' : 'done', waitSeconds: 0 })
    await queries.invalidateQueries({ queryKey: ['deployment', 'deeds'] })
  }

  return {
    run,
    start: (deed: DeedName, workspaceIds: readonly string[]) => void start(deed, workspaceIds),
    pause() {
      reins.current?.pause()
      change({ state: 'paused' })
    },
    resume() {
      reins.current?.resume()
      change({ state: 'going' })
    },
    stop: () => reins.current?.stop(),
  }
}
