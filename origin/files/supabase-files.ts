import { createClient } from '@supabase/supabase-js'
import type { Clock } from '../../shared/clock.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { FileFailure, FileStore } from './file-store.ts'

interface SupabaseFilesOptions {
  readonly supabaseUrl: string
  readonly secretKey: string
  /** A private bucket. It is made if it is missing. */
  readonly bucket: string
  readonly clock: Clock
}

/** Files in a private bucket of Supabase Storage, which all origins of the project share. */
export function createSupabaseFiles(options: SupabaseFilesOptions): FileStore {
  const { supabaseUrl, secretKey, bucket, clock } = options
  let isMade = false

  /** The library takes no signal for uploads, so each call has a client whose requests end with its signal. */
  function storageOf(signal: AbortSignal) {
    const client = createClient(supabaseUrl, secretKey, {
      auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
      global: { fetch: (input, init) => fetch(input, { ...init, signal }) },
    })
    return client.storage
  }

  async function makeBucket(signal: AbortSignal): Promise<void> {
    if (isMade) return
    const { error } = await storageOf(signal).createBucket(bucket, { public: false })
    // 409: it is there. Any other error shows when the file is stored.
    isMade = error === null || statusOf(error) === 409 || /exists/i.test(error.message)
  }

  return {
    async put(name, content, contentType, signal) {
      return settled(async () => {
        await makeBucket(signal)
        const { error } = await storageOf(signal)
          .from(bucket)
          .upload(name, content, { contentType, cacheControl: '0', duplex: 'half' })
        return error === null ? ok(undefined) : err({ kind: 'unavailable' })
      })
    },
    async get(name, signal) {
      return settled(async () => {
        const { data, error } = await storageOf(signal).from(bucket).download(name, {}, { signal }).asStream()
        return error === null ? ok(data) : err(failureOf(error))
      })
    },
    async remove(names, signal) {
      return settled(async () => {
        const { error } = await storageOf(signal)
          .from(bucket)
          .remove([...names])
        return error === null ? ok(undefined) : err({ kind: 'unavailable' })
      })
    },
    async link(name, { savedAs, expiresAtMs }, signal) {
      const seconds = Math.max(1, Math.floor((expiresAtMs - clock.now()) / 1_000))
      return settled(async () => {
        const { data, error } = await storageOf(signal)
          .from(bucket)
          .createSignedUrl(name, seconds, { download: savedAs })
        return error === null ? ok(data.signedUrl) : err(failureOf(error))
      })
    },
  }
}

/** The library throws what is no answer of the storage, such as an abort. */
async function settled<Value>(
  call: () => Promise<Result<Value, FileFailure>>,
): Promise<Result<Value, FileFailure>> {
  try {
    return await call()
  } catch {
    return err({ kind: 'unavailable' })
  }
}

function statusOf(error: object): number | null {
  return 'status' in error && typeof error.status === 'number' ? error.status : null
}

/** Storage answers 400 with a `statusCode` of 404 for an object that is not there, newer versions 404. */
function failureOf(error: object): FileFailure {
  const code = 'statusCode' in error ? `${error.statusCode}` : ''
  return { kind: statusOf(error) === 404 || code === '404' ? 'not_found' : 'unavailable' }
}
