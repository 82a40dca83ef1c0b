import { sha256 } from '@noble/hashes/sha2.js'

const encoder = new TextEncoder()

/**
 * The bucket of a value: the first two bytes of the SHA-256 of its UTF-8 form, big endian, modulo the number of buckets. The
 * database computes the same with `sha256(convert_to(value, 'UTF8'))`. The function is synchronous, unlike Web Crypto's digest,
 * because tags are made where a question is made.
 */
export function bucketOf(value: string, buckets: number): number {
  return numberIn(sha256(encoder.encode(value)), 0) % buckets
}

/** Two buckets of a value that say nothing about each other: by the first and by the next two bytes of its digest. */
export function bucketsOf(value: string, first: number, second: number): readonly [number, number] {
  const digest = sha256(encoder.encode(value))
  return [numberIn(digest, 0) % first, numberIn(digest, 2) % second]
}

function numberIn(digest: Uint8Array, at: number): number {
  return ((digest[at] ?? 0) << 8) | (digest[at + 1] ?? 0)
}

/**
 * Folds A to Z in a value that people type, such as an address or a phone number. All other letters stay: `toLowerCase()` and Postgres'
 * `lower()` differ beyond ASCII, for example on the dotted capital I and the final sigma, and would give one value two buckets.
 */
export function foldCase(value: string): string {
  return value.replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x20))
}
