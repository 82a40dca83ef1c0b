import type { Marks } from '../../../../shared/contract/figures.ts'
import { titleOfName } from './alert-words.ts'
import type { PlotWindow } from './plot-range.ts'

/** Something that happened, as a line in the plots. */
export interface PlotMark {
  readonly atMs: number
  readonly kind: 'deploy' | 'firing' | 'resolved'
  /** In a few words, without the time. */
  readonly text: string
}

/** Marks that are too near to each other to be told apart. `share` is the place in the window, from 0 to 1. */
export interface MarkGroup {
  readonly share: number
  readonly atMs: number
  readonly kind: PlotMark['kind']
  readonly marks: readonly PlotMark[]
}

/** The deploys and the changes of alerts, oldest first. A version that had run before is one that was gone back to. */
export function marksIn({ deploys, alerts }: Marks): PlotMark[] {
  const ran = new Set<string>()
  const marks = [
    ...deploys
      .toSorted((left, right) => left.at_ms - right.at_ms)
      .map(({ at_ms, version }): PlotMark => {
        const shown = version.slice(0, versionCharacters)
        const text = ran.has(version) ? `back to version ${shown}` : `version ${shown} first seen`
        ran.add(version)
        return { atMs: at_ms, kind: 'deploy', text }
      }),
    ...alerts.map(
      ({ at_ms, name, to }): PlotMark => ({ atMs: at_ms, kind: to, text: `${titleOfName(name)} ${to}` }),
    ),
  ]
  return marks.sort((left, right) => left.atMs - right.atMs)
}

/** A version of Cloudflare is a UUID, of which the beginning tells versions apart. */
const versionCharacters = 12
/** The share of a plot's width within which lines cannot be told apart. It bounds how many groups there are. */
const nearShare = 0.015

/** The marks within a window in groups, from left to right. */
export function groupMarks(marks: readonly PlotMark[], { fromMs, toMs }: PlotWindow): MarkGroup[] {
  const groups: { share: number; marks: PlotMark[] }[] = []
  for (const mark of marks) {
    if (mark.atMs < fromMs || mark.atMs > toMs || toMs <= fromMs) continue
    const share = (mark.atMs - fromMs) / (toMs - fromMs)
    const last = groups.at(-1)
    if (last !== undefined && share - last.share < nearShare) last.marks.push(mark)
    else groups.push({ share, marks: [mark] })
  }
  return groups.map(({ share, marks: near }) => ({
    share,
    atMs: near[0]?.atMs ?? fromMs,
    kind: near.find(({ kind }) => kind === 'firing')?.kind ?? near[0]?.kind ?? 'deploy',
    marks: near,
  }))
}

const textsShown = 3

/** A group in words, with the time of its first mark. */
export function wordsOfGroup({ atMs, marks }: MarkGroup, formatAt: (atMs: number) => string): string {
  const texts = marks.slice(0, textsShown).map(({ text }) => text)
  const more = marks.length - texts.length
  return `${formatAt(atMs)}: ${texts.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}
