import type { MailFigures, MailQueue } from '../../../../shared/contract/inbound-email-figures.ts'

type Hour = Pick<MailFigures['hours'][number], 'processed' | 'processing'>

/** The longest processing of a message; null if none was processed, which is no duration. */
export function slowestMsOf(hours: readonly Hour[]): number | null {
  const busy = hours.filter(({ processed }) => processed > 0)
  return busy.length === 0 ? null : Math.max(...busy.map(({ processing }) => processing.maxMs))
}

/** How long the oldest message has waited; null if none waits. */
export function oldestMsOf({ high, normal, low, oldestMs }: MailQueue): number | null {
  return high + normal + low === 0 ? null : oldestMs
}
