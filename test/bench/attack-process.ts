import { fork } from 'node:child_process'
import { once } from 'node:events'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

export const attackNames = [
  '320 imports of one member',
  '330 connections with an unverified token',
  '40 imports of 300 lines',
] as const

const attackSchema = z.object({
  name: z.enum(attackNames),
  origin: z.string(),
  /** The token of a member of `workspaceId`. */
  token: z.string(),
  workspaceId: z.string(),
  victimWorkspaceId: z.string(),
})
export type Attack = z.output<typeof attackSchema>

const answersSchema = z.record(z.string(), z.number())
export type Answers = z.output<typeof answersSchema>

/** Attacks from a process of its own until it is stopped. Then it answers how often each answer came. */
export async function startAttackProcess(attack: Attack): Promise<{ stop(): Promise<Answers> }> {
  const child = fork(fileURLToPath(import.meta.url))
  // Attackers have machines of their own, so what they spend on sending must not be taken from the product's two
  // cores.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
  child.send(attack)
  await once(child, 'message', { signal: AbortSignal.timeout(10_000) })
  return {
    async stop() {
      const told = once(child, 'message', { signal: AbortSignal.timeout(30_000) })
      child.send('stop')
      const [answers] = await told
      child.disconnect()
      return answersSchema.parse(answers)
    },
  }
}

/** Each attacker starts again about this long after its last answer. They begin together and drift apart. */
const pauseMs = 1_000
/** The attack ends after this many, however long it runs. */
const attacksMax = 100_000

async function run(attack: Attack): Promise<void> {
  const stopped = new AbortController()
  process.on('message', (message) => message === 'stop' && stopped.abort())
  process.on('disconnect', () => process.exit(0))
  const answers: Record<string, number> = {}
  let attacks = 0

  async function goOn(number: number, body: string): Promise<void> {
    while (!stopped.signal.aborted && attacks < attacksMax) {
      attacks += 1
      const answer = await send(attack, number, body, stopped.signal)
      if (answer !== null) answers[answer] = (answers[answer] ?? 0) + 1
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())))
    }
  }

  // The bodies are made before the attack begins, so that making them does not slow the victim down.
  const bodies = Array.from({ length: numberOf(attack) }, (_, number) => linesOf(300, `${number}`))
  process.send?.('started')
  await Promise.all(bodies.map((body, number) => goOn(number, body)))
  process.send?.(answers)
}

function numberOf({ name }: Attack): number {
  return Number(/^\d+/.exec(name)?.[0])
}

/**
 * The outcome of one attack: the status, and how an import ended. Null means that it was still in flight at the end.
 */
async function send(
  attack: Attack,
  number: number,
  body: string,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const response = await fetch(...requestOf(attack, number, body, signal))
    const text = await response.text()
    const end = /"type":"(done|stopped)"/.exec(text)?.[1]
    return end === undefined ? `${response.status}` : `${response.status} ${end}`
  } catch (error) {
    if (signal.aborted) return null
    return error instanceof Error ? error.name : 'unknown'
  }
}

function requestOf(
  { name, origin, token, workspaceId, victimWorkspaceId }: Attack,
  number: number,
  body: string,
  signal: AbortSignal,
): [string, RequestInit] {
  if (name === '330 connections with an unverified token') {
    const headers = { Authorization: `Bearer a${number}.b.c`, 'X-Workspace-ID': victimWorkspaceId }
    return [
      `${origin}/contacts/of-nobody`,
      { method: 'PATCH', headers, body: JSON.stringify({ name: 'X' }), signal },
    ]
  }
  const headers = { Authorization: `Bearer ${token}`, 'X-Workspace-ID': workspaceId }
  return [`${origin}/contacts/import`, { method: 'POST', headers, body, signal }]
}

function linesOf(count: number, name: string): string {
  const line = (index: number) =>
    JSON.stringify({
      id: `attack-${name}-${index}`,
      board_id: 'board_123',
      board_column_id: 'col_1',
      name: `Attack ${name} ${index}`,
      email: `attack-${name}-${index}@example.com`,
    })
  return Array.from({ length: count }, (_, index) => line(index)).join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (message) => run(attackSchema.parse(message)))
}
