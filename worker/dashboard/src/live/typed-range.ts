import type { Result } from '../../../../shared/result.ts'
import { err, ok } from '../../../../shared/result.ts'
import { type PlotWindow, reachMs, windowMsMin } from './plot-range.ts'

const minuteMs = 60_000

export type RangeFault = 'too-short' | 'too-early' | 'no-time'

/** An instant as a field of type `datetime-local` has it, in the browser's own time zone. */
export function typedInstant(atMs: number): string {
  const at = new Date(atMs)
  const two = (part: number) => String(part).padStart(2, '0')
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${day}T${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`
}

/** A minute as a field of type `datetime-local` has it. */
export function typedMinute(atMs: number): string {
  return typedInstant(atMs).slice(0, -':00'.length)
}

/** The last millisecond of a typed minute; null if nothing valid was typed. */
export function endOfMinute(typed: string): number | null {
  const atMs = Date.parse(typed)
  return Number.isNaN(atMs) ? null : atMs + minuteMs - 1
}

/** The window between two typed instants. */
export function rangeTyped(from: string, to: string, newestAtMs: number): Result<PlotWindow, RangeFault> {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)]
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return err('no-time')
  if (toMs - fromMs < windowMsMin) return err('too-short')
  return fromMs < newestAtMs - reachMs ? err('too-early') : ok({ fromMs, toMs })
}
