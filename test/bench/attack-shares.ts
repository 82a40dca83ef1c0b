import { eventually } from '../support/eventually.ts'
import { startTestStack, type TestStack } from '../support/local-stack.ts'
import { percentile } from '../support/percentile.ts'
import { type Attack, attackNames, startAttackProcess } from './attack-process.ts'
import { type Read, readAsVictim } from './attack-victim.ts'

/** The largest accepted ratio of a victim's p99 under attack to its p99 in the same round without an attack. */
const ratioMax = 3
const victim = '15214'
const attacker = '15213'
/** A pause between phases, in which everything that the earlier phase began comes to its end. */
const restMs = 1_500

interface Phase {
  readonly name: string
  readonly reads: Read[]
  /** How often the attackers got each status. */
  readonly answers: Map<string, number>
}

/**
 * Measures fair shares: the reads of a workspace with its cache switched off, alone and under each attack in turn.
 * Fails if one of these reads fails. The attack comes from a process of its own.
 */
export async function measureShares(options: { seconds: number; rounds: number }): Promise<string[]> {
  const stack = await startTestStack({ contacts: 20_000, hasComparisons: true })
  try {
    const victims = stack.api({ token: stack.tokens.otherAdmin, workspaceId: victim })
    await victims.changeSettings({ features: { contactLists: false } })
    await eventually(async () => (await victims.page('board_214'))._cache.status === 'BYPASS')
    const phases = new Map(['idle', ...attackNames].map((name) => [name, newPhase(name)]))
    const durationMs = options.seconds * 1_000
    const readAll = (seed: number) =>
      readAsVictim({
        worker: stack.worker,
        headers: victims.headers,
        durationMs,
        seed,
      })
    await readAll(0)
    for (let round = 0; round < options.rounds; round += 1) {
      for (const [index, phase] of [...phases.values()].entries()) {
        const attack = attackOf(stack, phase.name)
        const process = attack === null ? null : await startAttackProcess(attack)
        phase.reads.push(...(await readAll(1 + round * phases.size + index)))
        for (const [status, count] of Object.entries((await process?.stop()) ?? {}))
          phase.answers.set(status, (phase.answers.get(status) ?? 0) + count)
        await new Promise((resolve) => setTimeout(resolve, restMs))
      }
    }
    return print([...phases.values()])
  } finally {
    await stack.stop()
  }
}

function newPhase(name: string): Phase {
  return { name, reads: [], answers: new Map() }
}

function attackOf(stack: TestStack, name: string): Attack | null {
  const named = attackNames.find((known) => known === name)
  if (named === undefined) return null
  const { origin, tokens } = stack
  return { name: named, origin, token: tokens.member, workspaceId: attacker, victimWorkspaceId: victim }
}

function print(phases: readonly Phase[]): string[] {
  console.log(
    "\nAnother workspace's reads from the database\n\n" +
      '| attack | reads | failed | p50 ms | p99 ms | p99 : idle | what the attackers were answered |\n' +
      '| --- | --- | --- | --- | --- | --- | --- |',
  )
  const missed: string[] = []
  let idleP99Ms = Number.NaN
  for (const { name, reads, answers } of phases) {
    const timesMs = reads.map(({ durationMs }) => durationMs)
    const p99Ms = percentile(timesMs, 0.99)
    if (name === 'idle') idleP99Ms = p99Ms
    const failures = counted(
      reads.filter(({ failure }) => failure !== null).map(({ failure }) => `${failure}`),
    )
    const cells = [
      name,
      reads.length,
      textOf(failures) || 0,
      percentile(timesMs, 0.5).toFixed(1),
      p99Ms.toFixed(1),
      (p99Ms / idleP99Ms).toFixed(1),
      textOf(answers) || '—',
    ]
    console.log(`| ${cells.join(' | ')} |`)
    if (failures.size > 0) missed.push(`reads of another workspace failed: ${name}`)
    if (p99Ms > ratioMax * idleP99Ms) missed.push(`p99 is more than ${ratioMax} times the idle one: ${name}`)
  }
  return missed
}

function counted(all: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const each of all) counts.set(each, (counts.get(each) ?? 0) + 1)
  return counts
}

function textOf(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([what, count]) => `${count} × ${what}`).join(', ')
}
