import { ask, figuresPath } from './api-client.ts'
import type { TestStack } from './local-stack.ts'

/** A sample in Prometheus' text format. */
export interface TextSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The present figures in Prometheus' format, as an operator gets them. Those of `/metrics` may be a second old. */
export async function scrape({
  worker,
  tokens,
}: Pick<TestStack, 'worker' | 'tokens'>): Promise<readonly TextSample[]> {
  const headers = { Authorization: `Bearer ${tokens.admin}` }
  const { status, text } = await ask(`${worker}${figuresPath}?format=prometheus`, { headers })
  if (status !== 200) throw new Error(`${status}: ${text}`)
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return samples.map((line) => {
    const [, name = '', labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)]
    return {
      name,
      labels: Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, text])),
      value: Number(value),
    }
  })
}

/**
 * The samples of a family by the values of these labels, joined by spaces. Samples that differ only in other labels
 * are added up.
 */
export function samplesBy(
  samples: readonly TextSample[],
  name: string,
  labels: readonly string[],
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const sample of samples) {
    if (sample.name !== name) continue
    const key = labels.map((label) => sample.labels[label] ?? '').join(' ')
    sums.set(key, (sums.get(key) ?? 0) + sample.value)
  }
  return sums
}

/** By how much each figure grew between two scrapes. */
export function addedBetween(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const added = [...after].map(([key, value]): [string, number] => [key, value - (before.get(key) ?? 0)])
  return new Map(added.filter(([, value]) => value !== 0))
}
