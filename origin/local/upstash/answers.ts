import type { Outcome, RedisReply } from './redis-store.ts'

type Json = string | number | null | readonly Json[]
export type Answer = { readonly result: Json } | { readonly error: string }

/**
 * The outcome of a command as Upstash writes it. With `Upstash-Encoding: base64` every text is in base64 but for a reply that is OK. Otherwise
 * bytes that are no UTF-8 are replaced with U+FFFD.
 */
export function answerOf(outcome: Outcome, isBase64: boolean): Answer {
  if ('error' in outcome) return outcome
  const { reply } = outcome
  if (Buffer.isBuffer(reply) && reply.equals(okReply)) return { result: 'OK' }
  return { result: encode(reply, isBase64) }
}

const okReply = Buffer.from('OK')

function encode(reply: RedisReply, isBase64: boolean): Json {
  if (reply === null || typeof reply === 'number') return reply
  if (Buffer.isBuffer(reply)) return reply.toString(isBase64 ? 'base64' : 'utf8')
  return reply.map((item) => encode(item, isBase64))
}
