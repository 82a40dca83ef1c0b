import { fileURLToPath } from 'node:url'
import type { PieceChange } from './piece-changes.ts'
import { answersHttp, createProcessPiece, type Piece } from './processes.ts'

interface OriginProcessOptions {
  readonly dataDirectory: string
  readonly port: number
  readonly supabaseUrl: string
  readonly publishableKey: string
  readonly secretKey: string
  /** Where the Worker will be: the relay asks until it is. */
  readonly workerUrl: string
  readonly internalAuthKey: string
  /** Whose tokens are taken: the variables that the Worker has too. */
  readonly tokens: Readonly<Record<'JWT_ISSUER' | 'SUPABASE_JWT_SECRET', string>>
  readonly environment: Readonly<Record<string, string>>
  onChange(change: PieceChange): void
}

/** Who tries it out, tests it or measures it is one user. */
export const unlimited = { RATE_LIMIT_USER_MAX: '0', RATE_LIMIT_WORKSPACE_MAX: '0' }

/** The origin as it runs in production: `node origin/index.ts`. */
export function createOriginPiece(options: OriginProcessOptions): Piece & { readonly url: string } {
  const url = `http://127.0.0.1:${options.port}`
  const entry = fileURLToPath(new URL('../index.ts', import.meta.url))
  const piece = createProcessPiece({
    name: 'origin',
    command: process.execPath,
    args: ['--import', new URL('end-with-starter.ts', import.meta.url).href, entry],
    environment: {
      HOST: '127.0.0.1',
      PORT: String(options.port),
      SUPABASE_URL: options.supabaseUrl,
      SUPABASE_PUBLISHABLE_KEY: options.publishableKey,
      INTERNAL_AUTH_KEY: options.internalAuthKey,
      SUPABASE_SECRET_KEY: options.secretKey,
      WORKER_URL: options.workerUrl,
      ...options.tokens,
      ...unlimited,
      ...options.environment,
    },
    dataDirectory: options.dataDirectory,
    hearsStarter: true,
    onChange: options.onChange,
    isReady: () => answersHttp(`${url}/health`),
  })
  return Object.defineProperties(
    { url } as Piece & { readonly url: string },
    Object.getOwnPropertyDescriptors(piece),
  )
}
