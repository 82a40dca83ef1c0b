import { percentile } from '../../support/percentile.ts'
import { put, questionsOf } from '../questions.ts'
import type { Check } from '../run.ts'
import { isHit } from '../sightings.ts'

const percentiles = { p50: 0.5, p95: 0.95, p99: 0.99 } as const

export const responseTimes: Check = {
  name: 'response-times',
  title: 'reads of every resource are as quick as the thresholds demand',
  needsCanary: true,
  skippedBecause: () => null,
  requestsMax: (given) =>
    questionsOf({ given, canary: { rows: null, contact: null } }).length * (1 + given.pace.readsOfEach),
  writes: null,
  async run(run) {
    const { pace, thresholdsMs } = run.given
    const questions = questionsOf(run).filter(({ isThere }) => isThere)
    for (const question of questions) await put(run.ask, question)
    const tookMs: number[] = []
    const byName = new Map<string, number[]>()
    let hits = 0
    for (let each = 0; each < pace.readsOfEach; each += 1) {
      await run.deployment.makeRoom(questions.length)
      for (const question of questions) {
        const answer = await put(run.ask, question, { isTimed: true })
        if (answer.status >= 500) run.fail(`${question.name} is answered`, `${answer.status}`)
        tookMs.push(answer.durationMs)
        byName.set(question.name, [...(byName.get(question.name) ?? []), answer.durationMs])
        if (isHit(answer)) hits += 1
      }
    }
    const given = Object.entries(percentiles).flatMap(([name, share]) => {
      const thresholdMs = thresholdsMs[name as keyof typeof percentiles]
      return thresholdMs === null ? [] : [{ name, share, thresholdMs }]
    })
    const words = given.map(({ name, thresholdMs }) => `${name} ${thresholdMs} ms`).join(', ')
    run.figure('a read, as its caller waits for it', tookMs, words === '' ? null : words)
    for (const { name, share, thresholdMs } of given) {
      const seenMs = percentile(tookMs, share)
      if (seenMs > thresholdMs)
        run.fail(`${name} of reads within ${thresholdMs} ms`, `${seenMs.toFixed(1)} ms`)
    }
    const medians = [...byName].map(([name, values]) => ({ name, medianMs: percentile(values, 0.5) }))
    const slowest = medians.toSorted((one, other) => other.medianMs - one.medianMs)[0]
    if (slowest !== undefined)
      run.note(`slowest at the median: ${slowest.name}, ${slowest.medianMs.toFixed(1)} ms`)
    run.note(`${hits} of ${tookMs.length} reads came from a tier`)
  },
}
