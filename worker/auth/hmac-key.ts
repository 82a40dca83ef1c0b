/** Verifies HMAC-SHA-256 digests with one secret, whose key is imported when it is first needed. */
export function createHmacKey(secret: Uint8Array<ArrayBuffer>) {
  // Requests share the key itself and no promise of it (shared/join-work.ts).
  let key: Awaited<ReturnType<typeof importKey>> | null = null

  function importKey() {
    return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  }

  return {
    async verify(digest: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>): Promise<boolean> {
      key ??= await importKey()
      return crypto.subtle.verify('HMAC', key, digest, message)
    },
  }
}
