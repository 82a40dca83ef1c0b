import { useEffect, useReducer } from 'react'
import type { AlertChange } from '../../../../shared/contract/alerts.ts'
import { type Snapshot, streamEventSchemas } from '../../../../shared/contract/monitoring.ts'
import type { ApiClient } from '../api/api-client.ts'
import { ApiFailure } from '../api/failure.ts'
import { pauseUntilOnline } from '../parts/pause.ts'
import { readEvents, type StreamEvent } from './event-stream.ts'
import { appended, type History, samplesOf } from './history.ts'

/** The latest figures of the stream. */
export interface Figures {
  readonly state: 'connecting' | 'live' | 'waiting' | 'refused'
  /** Why it is `waiting` to reconnect, or `refused`. */
  readonly error: unknown
  readonly snapshot: Snapshot | null
  readonly history: History
  /** Changes of alerts since the page was opened, newest first. */
  readonly changes: readonly AlertChange[]
}

type Told =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'alert'; readonly change: AlertChange }
  | { readonly kind: 'state'; readonly state: Figures['state']; readonly error: unknown }

const changesMax = 200
/** A heartbeat arrives every 15 s, so a connection that has been silent for longer is dead. */
const silenceMs = 20_000
const firstPauseMs = 1_000
const longestPauseMs = 30_000

const nothing: Figures = { state: 'connecting', error: null, snapshot: null, history: [], changes: [] }

/** As the API would refuse them. */
const refused: Figures = {
  ...nothing,
  state: 'refused',
  error: new ApiFailure('Only operators see live figures.', { status: 403, code: 'operator_required' }),
}

/**
 * Follows the deployment's live figures while the component is mounted. Reconnects by itself and continues where it was
 * interrupted. Without an API the figures count as refused.
 */
export function useStream(api: ApiClient | null, workspaceId: string): Figures {
  const [figures, tell] = useReducer(afterEvent, api === null ? refused : nothing)
  useEffect(() => {
    if (api === null) return
    const over = new AbortController()
    void follow(api, workspaceId, over.signal, tell)
    return () => over.abort()
  }, [api, workspaceId])
  return figures
}

function afterEvent(before: Figures, told: Told): Figures {
  if (told.kind === 'state') return { ...before, state: told.state, error: told.error }
  if (told.kind === 'alert') {
    if (before.changes.some(({ id }) => id === told.change.id)) return before
    return { ...before, changes: [told.change, ...before.changes].slice(0, changesMax) }
  }
  const { snapshot } = told
  const { history } = snapshot
  const samples = history === null ? [snapshot.sample] : samplesOf(history.samples)
  const base = history !== null && !history.is_resumed ? [] : before.history
  return { ...before, state: 'live', error: null, snapshot, history: appended(base, samples) }
}

async function follow(
  api: ApiClient,
  workspaceId: string,
  over: AbortSignal,
  tell: (told: Told) => void,
): Promise<void> {
  let lastId: string | null = null
  let pauseMs = firstPauseMs
  while (!over.aborted) {
    const { failure, id } = await listen(connect(api, workspaceId, lastId, over), tell)
    if (over.aborted) return
    const isRefused = failure instanceof ApiFailure && [401, 403].includes(failure.status)
    if (failure !== null) tell({ kind: 'state', state: isRefused ? 'refused' : 'waiting', error: failure })
    if (isRefused) return
    // The server ends each stream after some minutes. After a stream without any event, the pause before reconnecting
    // grows.
    pauseMs = id !== null ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs)
    if (failure !== null || id === null) await pauseUntilOnline(pauseMs, over)
    lastId = id ?? lastId
  }
}

/** Passes on events until the connection ends. Answers the last id received, and the error that ended it. */
async function listen(
  events: AsyncIterable<StreamEvent>,
  tell: (told: Told) => void,
): Promise<{ readonly id: string | null; readonly failure: unknown }> {
  let id: string | null = null
  try {
    for await (const event of events) {
      id = event.id ?? id
      const told = toldBy(event)
      if (told !== null) tell(told)
    }
    return { id, failure: null }
  } catch (failure) {
    return { id, failure }
  }
}

async function* connect(
  api: ApiClient,
  workspaceId: string,
  lastId: string | null,
  over: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const silent = new AbortController()
  let watch: ReturnType<typeof setTimeout> | undefined
  const heard = () => {
    clearTimeout(watch)
    watch = setTimeout(
      () =>
        silent.abort(
          new ApiFailure('No live figures have arrived for a while.', { status: 0, code: 'silent' }),
        ),
      silenceMs,
    )
  }
  try {
    heard()
    const response = await api.open({
      path: '/api/monitoring/stream',
      workspaceId,
      ...(lastId === null ? {} : { headers: { 'Last-Event-ID': lastId } }),
      signal: AbortSignal.any([over, silent.signal]),
    })
    if (response.body === null) return
    for await (const event of readEvents(response.body)) {
      heard()
      yield event
    }
  } finally {
    clearTimeout(watch)
  }
}

/** Events of another form are ignored: a newer server may send more. */
function toldBy({ name, data }: StreamEvent): Told | null {
  if (name === 'snapshot') {
    const snapshot = streamEventSchemas.snapshot.safeParse(JSON.parse(data))
    return snapshot.success ? { kind: 'snapshot', snapshot: snapshot.data } : null
  }
  if (name !== 'alert') return null
  const change = streamEventSchemas.alert.safeParse(JSON.parse(data))
  return change.success ? { kind: 'alert', change: change.data } : null
}
