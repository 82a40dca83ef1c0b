/** Lets at most `placesMax` pieces of work run at once. The others wait in the order in which they came. */
export class Places {
  private readonly placesMax: number
  private readonly waiting: (() => void)[] = []
  private taken = 0

  constructor(placesMax: number) {
    this.placesMax = placesMax
  }

  async use<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.taken >= this.placesMax) await new Promise<void>((resolve) => this.waiting.push(resolve))
    else this.taken += 1
    try {
      return await work()
    } finally {
      const next = this.waiting.shift()
      if (next === undefined) this.taken -= 1
      else next()
    }
  }
}
