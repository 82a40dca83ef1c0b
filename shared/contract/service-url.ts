import { z } from 'zod'

/** Hosts of this machine: all of 127.0.0.0/8 (RFC 1122 section 3.2.1.3), `::1` and `localhost`. */
const loopbackHost = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/** Whether a host, as `URL` writes it, is this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return loopbackHost.test(hostname)
}

/**
 * The URL of another service, as a configuration names it: with `https:`, since tokens and contacts travel there, and
 * with `http:` only to this machine. It names no user and no fragment, and comes out without slashes at its end, so that
 * paths can be put behind it. `what` is the service in a sentence: "must be the https URL of the Supabase project …".
 */
export function serviceUrl(what: string) {
  const sentence = `must be the https URL of ${what} (http only on this machine)`
  return z
    .string(sentence)
    .refine(isServiceUrl, sentence)
    .transform((text) => text.replace(/\/+$/, ''))
}

function isServiceUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s\\]+$/i.test(text)) return false
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') return false
  return url.protocol === 'https:' || isLoopbackHost(url.hostname)
}
