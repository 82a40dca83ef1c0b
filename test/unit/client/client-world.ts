import { createBoardcacheOn } from '../../../worker/client/boardcache.ts'
import { createContactWriter } from '../../../worker/client/contact-writer.ts'
import { openDisk, removeUser } from '../../../worker/client/disk.ts'
import { consoleTools, explainEntry } from '../../../worker/client/inspection.ts'
import type { LazyParts } from '../../../worker/client/lazy-parts.ts'
import { startLive } from '../../../worker/client/live/live-side.ts'
import type { Platform, Shelf, Shelves } from '../../../worker/client/platform.ts'
import type { Boardcache, BoardcacheOptions } from '../../../worker/client/types.ts'
import { createDice, type Dice } from '../../support/dice.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createRandom } from '../../support/random.ts'
import { FakeApi } from './fake-api.ts'
import { FakeHub } from './fake-hub.ts'

/** All parts of the client, there at once. */
const allParts: LazyParts = {
  live: async () => ({ startLive }),
  disk: async () => ({ openDisk, removeUser }),
  inspection: async () => ({ consoleTools, explainEntry }),
  writes: async () => ({ createContactWriter }),
}

/** A machine with a browser, of which the test says whether anybody sees the page and whether there is a network. */
export class Machine {
  isHidden = false
  isOnline = true
  readonly exposed: Record<string, object> = {}
  readonly #listeners = new Set<() => void>()

  set(state: { readonly isHidden?: boolean; readonly isOnline?: boolean }): void {
    Object.assign(this, state)
    for (const listener of [...this.#listeners]) listener()
  }

  presence: Platform['presence'] = {
    isHidden: () => this.isHidden,
    isOnline: () => this.isOnline,
    onChange: (listener) => {
      this.#listeners.add(listener)
      return () => void this.#listeners.delete(listener)
    },
  }
}

/** A shelf in memory that can be made to fail. */
export class MemoryShelf implements Shelf {
  readonly kept = new Map<string, string>()
  fault: 'full' | 'broken' | null = null

  async get(key: string): Promise<unknown> {
    if (this.fault === 'broken') throw new Error('the disk is broken')
    return this.kept.get(key)
  }

  async set(key: string, value: string): Promise<void> {
    if (this.fault !== null) throw new Error('QuotaExceededError')
    this.kept.set(key, value)
  }

  async remove(keys: readonly string[]): Promise<void> {
    if (this.fault === 'broken') throw new Error('the disk is broken')
    for (const key of keys) this.kept.delete(key)
  }

  async entries() {
    if (this.fault === 'broken') throw new Error('the disk is broken')
    return [...this.kept]
  }
}

export interface ClientWorld {
  readonly clock: FakeClock
  readonly dice: Dice
  readonly api: FakeApi
  readonly hub: FakeHub
  readonly machine: Machine
  readonly shelves: { readonly bodies: MemoryShelf; readonly facts: MemoryShelf }
  readonly tokensAsked: (string | null)[]
  platform(change?: Partial<Platform>): Platform
  /** A client on this machine. */
  client(options?: Partial<BoardcacheOptions>, change?: Partial<Platform>): Boardcache
}

/** A token whose payload names the user. */
export const tokenOf = (userId: string, serial = 1) => `h.${btoa(JSON.stringify({ sub: userId, serial }))}.s`

/** A fake API with its hub, and one machine with clients of it. */
export function createClientWorld(seed = 1): ClientWorld {
  const dice = createDice(createRandom(seed))
  const clock = createFakeClock()
  const api = new FakeApi(clock, dice)
  const hub = new FakeHub(clock, dice, api)
  const machine = new Machine()
  const shelves = { bodies: new MemoryShelf(), facts: new MemoryShelf() }
  const tokensAsked: (string | null)[] = []
  let serial = 0
  const platform = (change: Partial<Platform> = {}): Platform => ({
    clock,
    random: () => dice.random(),
    newId: () => `${dice.between(0, 1_000_000_000)}`,
    send: (url, request) => api.send(url, request),
    openSocket: hub.openSocket,
    openShelves: async (): Promise<Shelves | null> => shelves,
    presence: machine.presence,
    expose: (name, tools) => void Object.assign(machine.exposed, { [name]: tools }),
    ...change,
  })
  return {
    clock,
    dice,
    api,
    hub,
    machine,
    shelves,
    tokensAsked,
    platform,
    client: (options = {}, change = {}) =>
      createBoardcacheOn(platform(change), allParts, {
        url: 'https://api.example',
        workspaceId: 'workspace_1',
        token({ refused }) {
          tokensAsked.push(refused)
          serial += 1
          return tokenOf('user_1', serial)
        },
        ...options,
      }),
  }
}
