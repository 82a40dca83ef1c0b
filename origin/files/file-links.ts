import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { FileLink } from './file-store.ts'
import { isFileName } from './file-store.ts'

/** Links to files that the origin itself serves, signed so that nobody can change or make one. */
export interface FileLinks {
  /** The address below the origin's. */
  pathOf(name: string, link: FileLink): string
  /** The file and how it is saved, if the link was made here and has not expired. */
  read(name: string, query: Readonly<Record<string, string>>, nowMs: number): FileLink | null
}

const querySchema = z.strictObject({
  expires: z.string().regex(/^\d{1,15}$/),
  as: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/),
  signature: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
})

/** All origins of a deployment have the same internal key, so each accepts the links of the others. */
export function createFileLinks(internalAuthKey: string): FileLinks {
  const key = createHmac('sha256', internalAuthKey).update('boardcache file links').digest()

  function signatureOf(name: string, { savedAs, expiresAtMs }: FileLink): Buffer {
    return createHmac('sha256', key)
      .update(JSON.stringify([name, savedAs, expiresAtMs]))
      .digest()
  }

  return {
    pathOf(name, link) {
      const query = new URLSearchParams({
        expires: `${link.expiresAtMs}`,
        as: link.savedAs,
        signature: signatureOf(name, link).toString('base64url'),
      })
      return `/files/${name}?${query}`
    },
    read(name, query, nowMs) {
      const parsed = querySchema.safeParse(query)
      if (!parsed.success || !isFileName(name)) return null
      const link = { savedAs: parsed.data.as, expiresAtMs: Number(parsed.data.expires) }
      const given = Buffer.from(parsed.data.signature, 'base64url')
      const expected = signatureOf(name, link)
      const isOurs = given.length === expected.length && timingSafeEqual(given, expected)
      return isOurs && nowMs < link.expiresAtMs ? link : null
    },
  }
}
