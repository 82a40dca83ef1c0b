import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createDice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { FakeOrigin, LiveSocket } from './live-sockets.ts'

/*
 * Another workspace's changes never reach a connection. Three workspaces have a board and a contact of the same ids, and every answer
 * says whose it is.
 */

const workspaces = ['2001', '2002', '2003'] as const
const questions = ['/api/boards/b1/contacts', '/api/boards/b1/contacts?page=2', '/api/boards/b2/contacts']
let origin: FakeOrigin
beforeEach(() => {
  origin = new FakeOrigin()
})
afterEach(() => vi.unstubAllGlobals())

interface Open {
  readonly workspace: (typeof workspaces)[number]
  readonly socket: LiveSocket
}

function expectOwnFrames(opened: readonly Open[], ledgers: Map<string, string>): void {
  for (const { workspace, socket } of opened) {
    for (const other of workspaces)
      if (other !== workspace) for (const text of socket.texts) expect(text).not.toContain(`of ${other}`)
    for (const frame of socket.frames) {
      if (frame.type !== 'welcome' && frame.type !== 'proof') continue
      const known = ledgers.get(frame.ledger) ?? workspace
      ledgers.set(frame.ledger, workspace)
      expect(known).toBe(workspace)
    }
  }
}

it.each([1, 2, 3])('whatever they show, write and lose (%d)', async (seed) => {
  const dice = createDice(createRandom(seed))
  const ledgers = new Map<string, string>()
  const ever: Open[] = []
  const open = async (workspace: Open['workspace']) => {
    const opened = { workspace, socket: await LiveSocket.open(workspace, dice.pick(['ann', 'bob'])) }
    ever.push(opened)
    return opened
  }
  const now: Open[] = []
  for (const workspace of workspaces) now.push(await open(workspace))
  for (let step = 0; step < 60; step += 1) {
    const at = dice.between(0, now.length - 1)
    const { workspace, socket } = now[at] ?? (await open('2001'))
    const id = dice.between(1, 3)
    if (dice.happens(0.4)) await socket.show(id, dice.pick(questions), dice.pick([null, 'another']))
    else if (dice.happens(0.2)) socket.send({ type: 'hide', id } as never)
    else if (dice.happens(0.7)) await origin.write(dice.pick(workspaces))
    else {
      socket.close()
      now[at] = await open(workspace)
    }
    if (now.length < 9 && dice.happens(0.2)) now.push(await open(dice.pick(workspaces)))
    expectOwnFrames(ever, ledgers)
  }
  for (const { socket } of now) socket.close()
})

it('a write is told in its own workspace alone', async () => {
  const opened: Open[] = []
  for (const workspace of workspaces) opened.push({ workspace, socket: await LiveSocket.open(workspace) })
  for (const { socket } of opened) await socket.show(1, questions[0] ?? '')
  const [own, ...others] = opened
  const before = others.map(({ socket }) => socket.frames.length)
  for (let write = 0; write < 10; write += 1) await origin.write('2001')
  const isLast = (text: string) => text.includes(origin.nameIn('2001'))
  await own?.socket.until(() => own.socket.texts.some(isLast))
  // Each hub answers its frames in order, so whatever it had told would stand before this answer.
  for (const { socket } of others) await socket.show(2, '/api/nothing')
  expect(others.map(({ socket }) => socket.frames.length)).toEqual(before.map((frames) => frames + 1))
  for (const { socket } of opened) socket.close()
})
