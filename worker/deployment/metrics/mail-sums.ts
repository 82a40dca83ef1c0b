import { counterFamilies, durationFamilies, seriesOfFamily } from './families.ts'
import type { MailSums } from './figures.ts'
import type { Histogram } from './histogram.ts'
import type { Totals } from './totals.ts'

/** Sums the new messages of inbound e-mail: those that were taken, and those that the service failed to take. */
export function mailSums({ counters, durations }: Totals): MailSums {
  const countOf = (result: string) =>
    seriesOfFamily<string, number>(counters, 'mails', counterFamilies.mails.labels)
      .filter(({ labels }) => labels['result'] === result)
      .reduce((sum, { value }) => sum + value, 0)
  const microseconds = seriesOfFamily<string, Histogram>(durations, 'mail', durationFamilies.mail.labels)
    .filter(({ labels }) => labels['result'] === 'processed')
    .reduce((sum, { value }) => sum + value.sumMicroseconds, 0)
  const processed = countOf('processed')
  const failed = countOf('failed')
  return {
    received: processed + countOf('queued') + failed,
    failed,
    processed,
    processingMs: microseconds / 1_000,
  }
}

export function addMailSums(left: MailSums, right: MailSums): MailSums {
  return {
    received: left.received + right.received,
    failed: left.failed + right.failed,
    processed: left.processed + right.processed,
    processingMs: left.processingMs + right.processingMs,
  }
}
