import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PieceChange } from './piece-changes.ts'
import { answersHttp, createProcessPiece, type Piece } from './processes.ts'

export interface LocalRedis {
  readonly kind: 'redis-server' | 'embedded'
  readonly url: string
  readonly token: string
  /** The address of redis-server; null for the embedded Redis. */
  readonly tcp: string | null
  /** The process that keeps the data: redis-server, or the one of the embedded Redis. */
  readonly store: Piece
  /** Upstash's interface in front of redis-server; the same process as `store` for the embedded Redis. */
  readonly bridge: Piece
  start(): Promise<void>
  stop(): Promise<void>
  readonly pids: readonly (number | null)[]
}

interface RedisOptions {
  readonly dataDirectory: string
  readonly bridgePort: number
  readonly redisPort: number
  readonly token: string
  readonly onChange?: (change: PieceChange) => void
}

export function isRedisServerInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A Redis with Upstash's interface: redis-server if the machine has it, otherwise the embedded Redis. */
export function createRedis(options: RedisOptions, kind = defaultKind()): LocalRedis {
  const { dataDirectory, bridgePort, redisPort, token } = options
  const url = `http://127.0.0.1:${bridgePort}`
  const server = kind === 'redis-server' ? createServerPiece(options) : null
  const bridge = createProcessPiece({
    name: 'redis-bridge',
    command: process.execPath,
    args: [fileURLToPath(new URL('redis-bridge.ts', import.meta.url))],
    environment: {
      PORT: String(bridgePort),
      TOKEN: token,
      ...(server === null ? {} : { REDIS_PORT: String(redisPort) }),
    },
    dataDirectory,
    hearsStarter: true,
    onChange: options.onChange,
    isReady: () => answersHttp(`${url}/ping`, { Authorization: `Bearer ${token}` }),
  })
  return {
    kind,
    url,
    token,
    tcp: server === null ? null : `redis://127.0.0.1:${redisPort}`,
    store: server ?? bridge,
    bridge,
    async start() {
      await server?.start()
      await bridge.start()
    },
    async stop() {
      await bridge.stop()
      await server?.stop()
    },
    get pids() {
      return [server?.pid ?? null, bridge.pid]
    },
  }
}

function defaultKind(): LocalRedis['kind'] {
  return isRedisServerInstalled() ? 'redis-server' : 'embedded'
}

function createServerPiece({ dataDirectory, redisPort: port, onChange }: RedisOptions): Piece {
  const directory = join(dataDirectory, 'redis')
  mkdirSync(directory, { recursive: true })
  return createProcessPiece({
    name: 'redis-server',
    command: 'redis-server',
    args: [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      directory,
      '--appendonly',
      'yes',
      '--save',
      '',
    ],
    environment: {},
    dataDirectory,
    onChange,
    isReady: () => answersPing(port),
  })
}

/** While Redis loads its data, it answers PING with an error. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'))
    const settle = (isReady: boolean) => {
      socket.destroy()
      resolve(isReady)
    }
    socket.setTimeout(1_000, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('data', (data) => settle(data.toString().startsWith('+PONG')))
  })
}
