/** The ids under which questions are shown on a socket, and the questions that have none because the socket has no room for more. */
export class ShownIds {
  readonly #idOf = new Map<string, number>()
  readonly #pathOf = new Map<number, string>()
  /** Questions that this hub refused. They are not shown to it again. */
  readonly #refused = new Set<string>()
  #next = 0
  readonly #questionsMax: number

  constructor(questionsMax: number) {
    this.#questionsMax = questionsMax
  }

  path(id: number): string | undefined {
    return this.#pathOf.get(id)
  }

  has(path: string): boolean {
    return this.#idOf.has(path)
  }

  /** The id of a question; null if it cannot be shown. */
  take(path: string): number | null {
    const known = this.#idOf.get(path)
    if (known !== undefined) return known
    if (this.#refused.has(path) || this.#idOf.size >= this.#questionsMax) return null
    const id = this.#next++
    this.#idOf.set(path, id)
    this.#pathOf.set(id, path)
    return id
  }

  /** Answers the id that a question had; null if it had none. */
  free(path: string): number | null {
    const id = this.#idOf.get(path)
    if (id === undefined) return null
    this.#idOf.delete(path)
    this.#pathOf.delete(id)
    return id
  }

  refuse(path: string): void {
    this.free(path)
    this.#refused.add(path)
  }
}
