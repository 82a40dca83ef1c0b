import { eventually } from '../support/eventually.ts'
import { startLoadProcess } from './read-load.ts'
import { subjects } from './read-subjects.ts'
import { type RunningSubject, startWorkers } from './read-workers.ts'

/** What counting costs: hits answered a second by the Worker and by the same one that counts nothing. */
export interface MetricsCost {
  readonly onPerSecond: number
  readonly offPerSecond: number
  /** The median of on over off, round by round: what slowed the machine down slowed both. */
  readonly ratio: number
}

const names = { on: 'Boardcache, memory hit', off: 'Boardcache, memory hit, nothing counted' }

/** Memory hits, the cheapest there are, in one workerd, in turn; who goes first changes from round to round. */
export async function measureMetricsCost(options: {
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
}): Promise<MetricsCost> {
  const workers = await startWorkers(subjects.filter(({ name }) => name === names.on || name === names.off))
  const load = startLoadProcess()
  const run = async ({ url, headers }: RunningSubject, seconds: number) =>
    (await load.run({ url, headers, connections: options.connections, seconds })).perSecond
  try {
    const subjectOf = (name: string): RunningSubject => {
      const subject = workers.subjects.find((each) => each.name === name)
      if (subject === undefined) throw new Error(`there is no subject ${name}`)
      return subject
    }
    const [on, off] = [subjectOf(names.on), subjectOf(names.off)]
    for (const subject of [on, off]) {
      await warmUp(subject)
      await run(subject, 3)
    }
    const rounds: { readonly on: number; readonly off: number }[] = []
    for (let round = 0; round < options.rounds; round += 1) {
      if (round % 2 === 0)
        rounds.push({ on: await run(on, options.seconds), off: await run(off, options.seconds) })
      else {
        const offPerSecond = await run(off, options.seconds)
        rounds.push({ on: await run(on, options.seconds), off: offPerSecond })
      }
    }
    return {
      onPerSecond: median(rounds.map((each) => each.on)),
      offPerSecond: median(rounds.map((each) => each.off)),
      ratio: median(rounds.map((each) => each.on / each.off)),
    }
  } finally {
    load.stop()
    await workers.stop()
  }
}

async function warmUp({ url, headers }: RunningSubject): Promise<void> {
  await eventually(async () => {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) })
    await answer.arrayBuffer()
    return answer.status === 200 && (answer.headers.get('Cache-Status') ?? '').endsWith('detail=memory')
  })
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}
