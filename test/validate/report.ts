import { z } from 'zod'
import { percentile } from '../support/percentile.ts'

/*
 * The report of a run, as `--json` prints it. A reader of another release must not fail over a new member, so a CI should look at
 * `verdict`, and at `outcome` and `findings` of each check.
 */

const milliseconds = z.number().nonnegative()

/** A distribution of durations. */
const figureSchema = z.object({
  name: z.string(),
  unit: z.literal('ms'),
  count: z.int().positive(),
  p50: milliseconds,
  p95: milliseconds,
  p99: milliseconds,
  max: milliseconds,
  /** The bound or the thresholds that were judged, in words; null if the figure is only reported. */
  bound: z.string().nullable(),
})
export type Figure = z.output<typeof figureSchema>

const findingSchema = z.object({ expected: z.string(), saw: z.string() })
export type Finding = z.output<typeof findingSchema>

const checkReportSchema = z.object({
  name: z.string(),
  title: z.string(),
  outcome: z.enum(['passed', 'failed', 'skipped', 'unfinished']),
  /** Why it was skipped; else null. */
  reason: z.string().nullable(),
  findings: z.array(findingSchema),
  findingsMore: z.int().nonnegative(),
  notes: z.array(z.string()),
  figures: z.array(figureSchema),
  requests: z.int().nonnegative(),
  durationMs: milliseconds,
})
export type CheckReport = z.output<typeof checkReportSchema>

export const reportSchema = z.object({
  tool: z.literal('boardcache-validate'),
  formatVersion: z.literal(1),
  url: z.string(),
  workspace: z.string(),
  startedAt: z.iso.datetime(),
  durationMs: milliseconds,
  isQuick: z.boolean(),
  verdict: z.enum(['passed', 'failed', 'interrupted']),
  plan: z.object({ requestsMax: z.int(), deadlineSeconds: z.int(), writes: z.array(z.string()) }),
  requests: z.int().nonnegative(),
  counts: z.object({ passed: z.int(), failed: z.int(), skipped: z.int(), unfinished: z.int() }),
  checks: z.array(checkReportSchema),
  /** Things that could not be removed or restored, and must be by hand. */
  left: z.array(z.string()),
})
export type Report = z.output<typeof reportSchema>

export const exitCodes = { passed: 0, failed: 1, unusable: 2, interrupted: 130 } as const

export function figureOf(name: string, valuesMs: readonly number[], bound: string | null): Figure {
  const at = (share: number) => rounded(percentile(valuesMs, share))
  return {
    ...{ name, unit: 'ms', count: valuesMs.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) },
    ...{ max: at(1), bound },
  }
}

const rounded = (value: number) => Math.round(value * 10) / 10

/** A run passes if no check failed, none was cut short, at least one ran, and nothing is left behind. */
export function verdictOf(
  checks: readonly CheckReport[],
  left: readonly string[],
  isInterrupted: boolean,
): Report['verdict'] {
  if (isInterrupted) return 'interrupted'
  const isGood = checks.every(({ outcome }) => outcome === 'passed' || outcome === 'skipped')
  return isGood && left.length === 0 && checks.some(({ outcome }) => outcome === 'passed')
    ? 'passed'
    : 'failed'
}

/** Replaces every secret in a report, wherever an answer or an error may have repeated it. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((kept, secret) => kept.replaceAll(secret, '[secret]'), text)
}
