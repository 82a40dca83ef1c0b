import { z } from 'zod'
import { limits } from '../limits.ts'
import { isLoopbackHost } from './service-url.ts'

const rule = 'must be an https URL without user and fragment (http only for this machine)'

/**
 * The URL of a webhook's receiver, as its admin gives it. It is kept as `URL` writes it. Whether its host is a private address is
 * judged when it is connected to, because a name may have another address by then.
 */
export const webhookUrl = z
  .string(rule)
  .max(limits.webhookUrlCharactersMax)
  .refine(isReceiverUrl, { message: rule, abort: true })
  .meta({ format: 'uri', examples: ['https://crm.example.com/hooks'] })
  .transform((given) => new URL(given).href)
  .refine((href) => href.length <= limits.webhookUrlCharactersMax, 'is too long when written out')

/** `URL` repairs what it can, such as a host behind a third slash or an empty user. Such a text is more likely a mistake, so it is refused. */
const written = /^https?:\/\/[^\s\\/?#@]+(?:[/?][^\s\\]*)?$/i

function isReceiverUrl(given: string): boolean {
  if (!written.test(given)) return false
  const url = URL.parse(given)
  // Nobody can listen on port 0.
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '' || url.port === '0')
    return false
  return url.protocol === 'https:' || isLoopbackHost(url.hostname)
}
