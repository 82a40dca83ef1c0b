import { expect, it as test } from 'vitest'
import { runCrashes } from '../support/run-crashes.ts'

const withinMs = 150_000

/** Each has a stack of its own and mostly waits for it, so two run at a time. */
const it = test.concurrent

it(
  'no committed write goes unnoticed, whichever of origin, Worker and Postgres are killed while it is made',
  async () => {
    const { code, output } = await runCrashes('crash.ts', '--rounds', '5')
    expect(output).toContain('0 rounds with faults')
    expect(code).toBe(0)
  },
  withinMs,
)

it(
  'an outbox that forgets rows is found',
  async () => {
    const { code, output } = await runCrashes('crash.ts', '--rounds', '8', '--forgetful')
    expect(output).toContain('the edge has')
    expect(code).toBe(1)
  },
  withinMs,
)

it(
  'no acknowledged job is lost and none has two effects, whichever of origin, Postgres and the processes of jobs are killed',
  async () => {
    const { code, output } = await runCrashes('queue-crash.ts', '--rounds', '8')
    expect(output).toContain('0 rounds with faults')
    expect(code).toBe(0)
  },
  withinMs,
)

it(
  'marks that are written in another transaction than their effects are found',
  async () => {
    const { code, output } = await runCrashes('queue-crash.ts', '--rounds', '12', '--apart')
    expect(output).toContain('effects')
    expect(code).toBe(1)
  },
  withinMs,
)

it(
  'no read is given as proved that lacks what was committed before its proof, however often the relay is killed',
  async () => {
    const { code, output } = await runCrashes('marks-crash.ts', '--minutes', '0.25')
    expect(output).toContain('\n0 contradictions')
    expect(code).toBe(0)
  },
  withinMs,
)

it(
  'marks that count parked rows as told are found',
  async () => {
    const { code, output } = await runCrashes('marks-crash.ts', '--minutes', '0.25', '--forgetful')
    expect(output).toContain('before the proof')
    expect(code).toBe(1)
  },
  withinMs,
)
