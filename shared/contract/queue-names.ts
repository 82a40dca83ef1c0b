import { z } from 'zod'

/** The queues of work in the background, as API, metrics and configuration name them. */
export const queueNames = [
  'messages',
  'campaigns',
  'flows',
  'emails',
  'webhooks',
  'ai',
  'imports',
  'exports',
  'analytics',
  'notifications',
  'emails-in',
] as const

export const queueNameSchema = z.enum(queueNames)
export type QueueName = z.output<typeof queueNameSchema>
