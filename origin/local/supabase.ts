import { fileURLToPath } from 'node:url'
import type { PieceChange } from './piece-changes.ts'
import { createProcessPiece, type Piece } from './processes.ts'

interface SupabaseOptions {
  readonly dataDirectory: string
  readonly port: number
  readonly databaseUrl: string
  readonly jwtSecret: string
  readonly publishableKey: string
  readonly secretKey: string
  readonly password: string
  onChange(change: PieceChange): void
}

/** Supabase's interface in front of the local Postgres. */
export function createSupabasePiece(options: SupabaseOptions): Piece {
  return createProcessPiece({
    name: 'supabase',
    command: process.execPath,
    args: [fileURLToPath(new URL('supabase-server.ts', import.meta.url))],
    environment: {
      DATABASE_URL: options.databaseUrl,
      PORT: String(options.port),
      JWT_SECRET: options.jwtSecret,
      PUBLISHABLE_KEY: options.publishableKey,
      SECRET_KEY: options.secretKey,
      PASSWORD: options.password,
    },
    dataDirectory: options.dataDirectory,
    hearsStarter: true,
    // It is ready after a second.
    readyWithinMs: 20_000,
    startsMax: 3,
    onChange: options.onChange,
    isReady: () => isListening(`http://127.0.0.1:${options.port}`),
  })
}

/** Any answer means that it listens: without a key, the answer is an error. */
async function isListening(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(2_000) })).arrayBuffer()
    return true
  } catch {
    return false
  }
}
