import type { History } from './history.ts'

/** The periods that can be chosen. Those of more than an hour are shown by the hour. */
export const presets = [
  { value: '30d', title: '30 d', seconds: 2_592_000 },
  { value: '7d', title: '7 d', seconds: 604_800 },
  { value: '24h', title: '24 h', seconds: 86_400 },
  { value: '6h', title: '6 h', seconds: 21_600 },
  { value: '1h', title: '1 h', seconds: 3_600 },
  { value: '15min', title: '15 min', seconds: 900 },
  { value: '5min', title: '5 min', seconds: 300 },
] as const
type Preset = (typeof presets)[number]['value']

/** The period that is shown: the last 30 days or less, up to now, or a part of them that stays. */
export type PlotRange =
  | { readonly kind: 'preset'; readonly preset: Preset }
  | { readonly kind: 'fixed'; readonly fromMs: number; readonly toMs: number }

export interface PlotWindow {
  readonly fromMs: number
  readonly toMs: number
}

const hourMs = 3_600_000
/** The API keeps figures by the hour for 30 days. */
export const reachMs = 30 * 24 * hourMs

/** The API keeps one sample a second for some minutes, and one for ten seconds before. */
const coarseSeconds = 10
const fineSpanSeconds = 2
const fineWindowMs = 300_000
/** A shorter window than this has too few points for a line. */
export const windowMsMin = 30_000
/** By the hour, a shorter window has less than two points. */
const hourlyWindowMsMin = 2 * hourMs

const storageKey = 'boardcache-range'

/** The range in the address, `range=15min` or `from=…&to=…` in milliseconds since 1970, else the one that was chosen last. */
export function rangeIn(query: URLSearchParams, remembered: string | null): PlotRange {
  const fromMs = Number(query.get('from') ?? Number.NaN)
  const toMs = Number(query.get('to') ?? Number.NaN)
  if (Number.isSafeInteger(fromMs) && Number.isSafeInteger(toMs) && toMs - fromMs >= windowMsMin) {
    return { kind: 'fixed', fromMs, toMs }
  }
  const known = (name: string | null) => presets.find(({ value }) => value === name)?.value
  return { kind: 'preset', preset: known(query.get('range')) ?? known(remembered) ?? '1h' }
}

export function parametersOfRange(range: PlotRange): Record<string, string | null> {
  if (range.kind === 'preset') return { range: range.preset, from: null, to: null }
  return { range: null, from: String(range.fromMs), to: String(range.toMs) }
}

/** Remembers a range that is of use another day. */
export function rememberRange(range: PlotRange): void {
  if (range.kind === 'preset') localStorage.setItem(storageKey, range.preset)
}

export function rememberedRange(): string | null {
  return localStorage.getItem(storageKey)
}

/**
 * The window of a range. It does not begin before the first sample, so that the figures of a young deployment do not stand at the edge of
 * an empty plot.
 */
export function windowOf(range: PlotRange, history: History): PlotWindow {
  if (range.kind === 'fixed') return range
  const newestAtMs = history.at(-1)?.at_ms ?? 0
  const seconds = presets.find(({ value }) => value === range.preset)?.seconds ?? 0
  const oldest = history[0]
  const beganAtMs = oldest === undefined ? 0 : oldest.at_ms - oldest.seconds * 1_000
  const fromMs = Math.max(newestAtMs - seconds * 1_000, Math.min(beganAtMs, newestAtMs - windowMsMin))
  return { fromMs, toMs: newestAtMs }
}

/** Whether the stream's samples, which reach back an hour, cannot show a range, so that the figures of hours do. */
export function isHourly(range: PlotRange, newestAtMs: number): boolean {
  if (range.kind === 'fixed') return range.fromMs < newestAtMs - hourMs
  return (presets.find(({ value }) => value === range.preset)?.seconds ?? 0) * 1_000 > hourMs
}

/** The window of a range that is shown by the hour. */
export function hourlyWindowOf(range: PlotRange, nowMs: number): PlotWindow {
  if (range.kind === 'fixed') {
    return { fromMs: range.fromMs, toMs: Math.max(range.toMs, range.fromMs + hourlyWindowMsMin) }
  }
  const seconds = presets.find(({ value }) => value === range.preset)?.seconds ?? 0
  return { fromMs: nowMs - seconds * 1_000, toMs: nowMs }
}

/** The span of one point, the same for the whole window: a line of seconds looks less steady than one of their sums. */
export function spanSecondsOf({ fromMs }: PlotWindow, history: History): number {
  const newestAtMs = history.at(-1)?.at_ms ?? 0
  return fromMs >= newestAtMs - fineWindowMs ? fineSpanSeconds : coarseSeconds
}
