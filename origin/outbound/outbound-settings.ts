import { z } from 'zod'
import { serviceUrl } from '../../shared/contract/service-url.ts'
import { parseNetworks } from './networks.ts'

/** Where this deployment may send to, and where it sends the jobs of the CRM. Networks are written like `10.1.0.0/16`. */
export interface OutboundSettings {
  /** The networks that webhook endpoints may be in, besides the internet. */
  readonly webhookNetworks: readonly string[]
  /** The CRM's own handler of jobs. Null: jobs for it wait. */
  readonly queueHandler: {
    readonly url: string
    readonly secrets: readonly string[]
    /** The networks that it may be in, besides the internet. */
    readonly networks: readonly string[]
  } | null
}

const networks = z
  .string()
  .transform((list) => list.split(',').map((network) => network.trim()))
  .refine((list) => parseNetworks(list).ok, 'must be networks such as 10.1.0.0/16, with commas between them')
  .default([])

const secretsRule =
  'must be a secret of Standard Webhooks (whsec_ and base64 of at least 24 bytes), or two with a space between them'

/** The variables of these settings. */
export const outboundVariables = {
  WEBHOOK_ALLOWED_NETWORKS: networks,
  QUEUE_HANDLER_URL: serviceUrl("the CRM's handler of jobs").optional(),
  QUEUE_HANDLER_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}( whsec_[A-Za-z0-9+/]{32,88}={0,2})?$/, secretsRule)
    .transform((secrets) => secrets.split(' '))
    .optional(),
  QUEUE_HANDLER_ALLOWED_NETWORKS: networks,
} as const

type Variables = z.output<z.ZodObject<typeof outboundVariables>>

/** Null if the handler's URL has no secret, or the secret no URL. */
export function outboundSettingsOf(variables: Variables): OutboundSettings | null {
  const { QUEUE_HANDLER_URL: url, QUEUE_HANDLER_SECRET: secrets } = variables
  if ((url === undefined) !== (secrets === undefined)) return null
  return {
    webhookNetworks: variables.WEBHOOK_ALLOWED_NETWORKS,
    queueHandler:
      url === undefined || secrets === undefined
        ? null
        : { url, secrets, networks: variables.QUEUE_HANDLER_ALLOWED_NETWORKS },
  }
}
