import type { Clock } from '../../../shared/clock.ts'
import type { QueueName } from '../../../shared/contract/queue-names.ts'
import { createGuardedPost } from '../../outbound/guarded-post.ts'
import { type Networks, parseNetworks } from '../../outbound/networks.ts'
import type { OutboundSettings } from '../../outbound/outbound-settings.ts'
import { createNameServerResolve, type Resolve, resolveBySystem } from '../../outbound/resolve.ts'
import { createSignedPost, type PostSigned } from '../../outbound/signed-post.ts'
import type { JobHandler } from '../handler.ts'
import type { QueueDatabase } from '../queue-database.ts'
import { declaredQueues } from '../queues.ts'
import { createForwardingHandler } from './forwarded.ts'
import { createWebhookHandler } from './webhooks.ts'

interface OutboundParts {
  readonly outbound: OutboundSettings
  readonly database: QueueDatabase
  readonly clock: Clock
}

/** The handlers whose work is to send: webhooks, and the jobs of the CRM's own handler if the deployment has one. */
export function createOutboundHandlers({
  outbound,
  database,
  clock,
}: OutboundParts): Partial<Record<QueueName, JobHandler>> {
  const postTo = (allowed: readonly string[], resolve: Resolve): PostSigned =>
    createSignedPost(createGuardedPost({ networks: networksOf(allowed), resolve, clock }), clock)
  const { webhookNetworks, queueHandler } = outbound
  const webhooks = createWebhookHandler({
    database,
    post: postTo(webhookNetworks, createNameServerResolve()),
    clock,
    random: Math.random,
  })
  if (queueHandler === null) return { webhooks }
  const forward = createForwardingHandler(queueHandler, postTo(queueHandler.networks, resolveBySystem))
  const forwarded = declaredQueues.filter(({ runs }) => runs === 'by_http')
  return { webhooks, ...Object.fromEntries(forwarded.map(({ name }) => [name, forward])) }
}

function networksOf(allowed: readonly string[]): Networks {
  const networks = parseNetworks(allowed)
  if (!networks.ok) throw new Error('the configuration has networks that are none')
  return networks.value
}
