import { eventually } from '../support/eventually.ts'
import { cpuMsOf } from './cpu-time.ts'
import { median } from './median.ts'
import { startLoadProcess } from './read-load.ts'
import { subjects } from './read-subjects.ts'
import { type RunningSubject, startWorkers } from './read-workers.ts'

/** The cost of counting: hits a second with the Worker, and with the same Worker that counts nothing. */
export interface MetricsCost {
  readonly onPerSecond: number
  readonly offPerSecond: number
  /**
   * The median over the rounds of counting over not counting. Whatever slowed the machine down in a round slowed
   * both.
   */
  readonly ratio: number
  /**
   * workerd's CPU time for a request, counting over not counting, over all rounds. It contains nothing of other
   * processes.
   */
  readonly cpuRatio: number
}

interface Round {
  readonly perSecond: number
  readonly requests: number
  readonly cpuMs: number
}

const names = { on: 'Boardcache, memory hit', off: 'Boardcache, memory hit, nothing counted' }

/** Measures memory hits, the cheapest requests, in one workerd and in turn. The order changes from round to round. */
export async function measureMetricsCost(options: {
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
}): Promise<MetricsCost> {
  const workers = await startWorkers(subjects.filter(({ name }) => name === names.on || name === names.off))
  const load = startLoadProcess()
  const run = async ({ url, headers }: RunningSubject, seconds: number): Promise<Round> => {
    const beforeMs = await cpuMsOf(workers.workerdPid)
    const { perSecond, requests } = await load.run({
      ...{ url, headers, seconds, connections: options.connections },
      rate: null,
    })
    return { perSecond, requests, cpuMs: (await cpuMsOf(workers.workerdPid)) - beforeMs }
  }
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
    const rounds: { readonly on: Round; readonly off: Round }[] = []
    for (let round = 0; round < options.rounds; round += 1) {
      const onFirst = round % 2 === 0 ? await run(on, options.seconds) : null
      const offNow = await run(off, options.seconds)
      rounds.push({ on: onFirst ?? (await run(on, options.seconds)), off: offNow })
    }
    const cpuOf = (each: readonly Round[]) =>
      each.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / each.reduce((sum, { requests }) => sum + requests, 0)
    return {
      onPerSecond: median(rounds.map((each) => each.on.perSecond)),
      offPerSecond: median(rounds.map((each) => each.off.perSecond)),
      ratio: median(rounds.map((each) => each.on.perSecond / each.off.perSecond)),
      cpuRatio: cpuOf(rounds.map((each) => each.on)) / cpuOf(rounds.map((each) => each.off)),
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
