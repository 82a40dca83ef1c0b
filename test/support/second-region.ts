import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createOriginPiece, type OriginPiece } from '../../origin/local/origin-process.ts'
import { takePort } from '../../origin/local/ports.ts'
import { createRedis, type LocalRedis } from '../../origin/local/redis.ts'
import { type StackOptions, startStack } from '../../origin/local/stack.ts'
import type { StackFile } from '../../origin/local/stack-file.ts'
import { placeDatabase } from './made-databases.ts'
import { makeDataDirectory } from './run-folder.ts'

/** The places of the two regions, and of callers who are nearer to the second one. */
export const places = {
  home: { name: 'home', latitude: 50, longitude: 8 },
  near: { name: 'near', latitude: 39, longitude: -77 },
  callers: '42,-71',
} as const

/** A second region beside that of a local stack: an origin on the same database, and a Redis of its own. */
export interface SecondRegion {
  /** The variables of a Worker that has both regions, and whose callers are nearer to this one. */
  readonly variables: Readonly<Record<string, string>>
  readonly originUrl: string
  readonly redis: LocalRedis
  origin(): OriginPiece
  /** Starts both, once the stack runs. Tokens have the issuer of its Supabase, through whatever network that is reached. */
  start(stack: Pick<StackFile, 'worker' | 'supabase' | 'internalAuthKey'>, issuer?: string): Promise<void>
  stop(): Promise<void>
}

/** The Worker's module that places callers. */
export const placedWorker = fileURLToPath(new URL('workers/placed.ts', import.meta.url))

const token = "a token of this region's Redis"

/** The variables of a Worker with these two regions. */
export function variablesOf(near: { readonly originUrl: string; readonly redisUrl: string }) {
  return {
    REGIONS: JSON.stringify([places.home, { ...places.near, ...near }]),
    REGIONS_REDIS_TOKENS: JSON.stringify({ [places.near.name]: token }),
    CALLER_PLACE: places.callers,
  }
}

const content = { contacts: 500, seed: 1, livelyContacts: null }

/** A local stack that is the first region, in a folder that `stop` removes. */
export async function startFirstRegion(options: Partial<StackOptions> = {}) {
  const dataDirectory = await makeDataDirectory()
  await placeDatabase(dataDirectory, content)
  const stack = await startStack({
    ...{ dataDirectory, port: 0, ...content, isFresh: false, hasRedis: true },
    external: { databaseUrl: null, redis: null, supabase: null },
    onProgress: () => undefined,
    onNotice: () => undefined,
    ...options,
  })
  return {
    stack,
    async stop() {
      await stack.stop()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}

/** Takes the ports, so that a Worker can be told of the region before it runs. */
export async function prepareSecondRegion(): Promise<SecondRegion> {
  const dataDirectory = await makeDataDirectory()
  const port = await takePort(0)
  const originUrl = `http://127.0.0.1:${port}`
  const [bridgePort, redisPort] = [await takePort(0), await takePort(0)]
  const redis = createRedis({ ...{ dataDirectory, bridgePort, redisPort, token } })
  let origin: OriginPiece | null = null
  return {
    ...{ variables: variablesOf({ originUrl, redisUrl: redis.url }), originUrl, redis },
    origin() {
      if (origin === null) throw new Error('the region has not been started')
      return origin
    },
    async start({ worker, supabase, internalAuthKey }, issuer = supabase.url) {
      await redis.start()
      origin = createOriginPiece({
        ...{ dataDirectory, port, inspectorPort: null, workerUrl: worker, internalAuthKey, queues: null },
        ...{ supabaseUrl: supabase.url, publishableKey: supabase.publishableKey },
        secretKey: supabase.secretKey,
        tokens: { JWT_ISSUER: `${issuer}/auth/v1`, SUPABASE_JWT_SECRET: supabase.jwtSecret },
        environment: {},
        onChange: () => undefined,
      })
      await origin.start()
    },
    async stop() {
      await origin?.stop()
      await redis.stop()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}
