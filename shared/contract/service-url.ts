import { z } from 'zod'

/** Hosts of this machine: all of 127.0.0.0/8 (RFC 1122 section 3.2.1.3), `::1` and `localhost`. */
const loopbackHost = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/** Whether a host, in the form that `URL` gives it, is this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return loopbackHost.test(hostname)
}

/**
 * The URL of another service in a configuration. It must use `https:`, since tokens and contacts are sent there;
 * `http:` is accepted for this machine only. It has no user and no fragment, and the result has no slash at its end, so
 * that paths can be appended. `what` names the service in a sentence: "must be the https URL of the Supabase project
 * …".
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
