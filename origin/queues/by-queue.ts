import type { QueueName } from '../../shared/contract/queue-names.ts'

/** One value for each queue. */
export function byQueue<Value>(make: (queue: QueueName) => Value): Readonly<Record<QueueName, Value>> {
  return {
    messages: make('messages'),
    campaigns: make('campaigns'),
    flows: make('flows'),
    emails: make('emails'),
    webhooks: make('webhooks'),
    ai: make('ai'),
    imports: make('imports'),
    exports: make('exports'),
    analytics: make('analytics'),
    notifications: make('notifications'),
    'emails-in': make('emails-in'),
  }
}
