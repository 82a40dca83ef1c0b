import type { Answer } from '../../../../client/answer.ts'
import { type ListView, stateOf } from '../board-rows.ts'
import type { OnScreen } from '../freshness.ts'

/** A column in the page: how its rows hold together, and the answers that they are from. */
interface ColumnSeen {
  readonly state: ListView['state']
  readonly version: number | null
  answers(): readonly Answer<unknown>[]
}

/** The columns that are in the page, each a list of its own, and what can be said of all of them together. */
export class ColumnsOnScreen {
  readonly #columns = new Map<string, ColumnSeen>()
  readonly #listeners = new Set<() => void>()
  #changes = 0

  see(columnId: string, seen: ColumnSeen): void {
    this.#columns.set(columnId, seen)
    this.#changed()
  }

  leave(columnId: string): void {
    if (this.#columns.delete(columnId)) this.#changed()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Another number after each change. */
  readonly changes = (): number => this.#changes

  /**
   * The least that is true of every column. The hub raises the versions of the columns one by one, and it does so of those that stay the same
   * too. So the lowest of them is the version up to which the screen contains every change.
   */
  readonly read = (): OnScreen => {
    const columns = [...this.#columns.values()].map(({ state, version, answers }) => ({
      ...{ state, version },
      answers: answers(),
    }))
    const versions = columns.flatMap(({ state, version, answers }) =>
      // A column that waits for a newer list still shows the one of its own version.
      state === 'current' ? answers.map((answer) => answer.version) : [version],
    )
    const known = versions.filter((version) => version !== null)
    return {
      state: columns.length === 0 ? 'loading' : stateOf(columns.map(({ state }) => state)),
      version: known.length === 0 || known.length < versions.length ? null : Math.min(...known),
      answers: columns.flatMap(({ answers }) => answers),
    }
  }

  #changed(): void {
    this.#changes += 1
    for (const listener of [...this.#listeners]) listener()
  }
}
