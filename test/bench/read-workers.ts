import { rm } from 'node:fs/promises'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { takePort } from '../../origin/local/ports.ts'
import { createRedis } from '../../origin/local/redis.ts'
import { mintToken, users } from '../../origin/local/tokens.ts'
import { sharedOptions, workerdPids, workerOptions } from '../../origin/local/worker-process.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { startStandInOrigin } from './read-origin.ts'
import { contactsPerPage, page } from './read-page.ts'
import type { Subject } from './read-subjects.ts'

/** A subject and the requests to it. */
export interface RunningSubject extends Subject {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface RunningWorkers {
  readonly subjects: readonly RunningSubject[]
  /** The workerd process that runs all of them, including the simulators of KV, cache and Durable Objects. */
  readonly workerdPid: number
  stop(): Promise<void>
}

const issuer = 'https://auth.example.com/auth/v1'
const jwtSecret = 'a secret of this benchmark and of nothing else'
/** The origin of the page in the browser that sends the requests. */
const browserOrigin = 'https://crm.example.com'
const internalAuthKey = 'a key of this benchmark'

/**
 * Runs all subjects in one workerd, each behind a socket of its own, so that no request passes through Miniflare's
 * proxy.
 */
export async function startWorkers(subjects: readonly Subject[]): Promise<RunningWorkers> {
  const dataDirectory = await makeDataDirectory()
  const stops: (() => Promise<unknown>)[] = [() => rm(dataDirectory, { recursive: true, force: true })]
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each()
  }
  try {
    const origin = await startStandInOrigin()
    stops.push(origin.stop)
    const redis = createRedis({
      dataDirectory,
      bridgePort: await takePort(0),
      redisPort: await takePort(0),
      token: 'a token of this benchmark',
    })
    stops.push(() => redis.stop())
    await redis.start()
    const variables = {
      ORIGIN_URL: origin.url,
      INTERNAL_AUTH_KEY: internalAuthKey,
      JWT_ISSUER: issuer,
      JWKS_URL: '',
      SUPABASE_JWT_SECRET: jwtSecret,
      ALLOWED_ORIGINS: browserOrigin,
      UPSTASH_REDIS_REST_URL: redis.url,
      UPSTASH_REDIS_REST_TOKEN: redis.token,
      // One user sends all requests, as fast as possible.
      RATE_LIMIT_USER_MAX: '0',
      RATE_LIMIT_WORKSPACE_MAX: '0',
      LOG_LEVEL: 'silent',
      PAGE: page,
    }
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        ...sharedOptions(dataDirectory),
        handleStructuredLogs: () => undefined,
        workers: await Promise.all(subjects.map((subject, index) => workerOf(subject, index, variables))),
      }),
    )
    stops.push(() => miniflare.dispose())
    await miniflare.ready
    const [workerdPid] = await workerdPids()
    if (workerdPid === undefined) throw new Error('Miniflare started no workerd')
    const running = await Promise.all(subjects.map((subject, index) => runningOf(miniflare, subject, index)))
    return { subjects: running, workerdPid, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const nameOf = (index: number) => `subject-${index}`

/**
 * Each has a KV namespace, a ledger and figures of its own, because versions of different ledgers have nothing in
 * common.
 */
async function workerOf(subject: Subject, index: number, variables: Record<string, string>) {
  const name = nameOf(index)
  const options = await workerOptions({
    entry: subject.entry,
    variables: { ...variables, ...subject.variables },
  })
  const kvNamespaces = { BOARD_CACHE: name }
  const unsafeDirectSockets = [{ host: '127.0.0.1', port: 0 }]
  const isBare = !options.script.includes('MetricsStore')
  return {
    ...options,
    name,
    kvNamespaces,
    unsafeDirectSockets,
    ...(isBare ? { durableObjects: {} } : {}),
  }
}

async function runningOf(miniflare: Miniflare, subject: Subject, index: number): Promise<RunningSubject> {
  const name = nameOf(index)
  const namespace = await miniflare.getKVNamespace('BOARD_CACHE', name)
  await namespace.put('page', page)
  const base = await miniflare.unsafeGetDirectURL(name)
  const url = new URL(`/api/boards/board_123/contacts?per_page=${contactsPerPage}`, base).href
  return { ...subject, url, headers: subject.isAuthenticated ? await credentials() : {} }
}

/** The headers that a browser client sends. */
async function credentials(): Promise<Record<string, string>> {
  const userId = users.admin
  const token = await mintToken({
    jwtSecret,
    issuer,
    userId,
    workspaces: { '15213': 'admin' },
    expiresInSeconds: 3_600,
  })
  return {
    Authorization: `Bearer ${token}`,
    'X-Workspace-ID': '15213',
    'X-User-ID': userId,
    Origin: browserOrigin,
  }
}
