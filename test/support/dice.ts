import type { Random } from './random.ts'

/** What is left to chance, said in words. All of it comes from one seeded source. */
export interface Dice {
  readonly random: Random
  /** Whether something of this probability happens, this once. */
  happens(probability: number): boolean
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number
  /** One of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item
  pickOrNone<Item>(items: readonly Item[]): Item | undefined
  /** All of a list, in any order. */
  shuffled<Item>(items: readonly Item[]): Item[]
}

export function createDice(random: Random): Dice {
  const between = (min: number, max: number) => min + Math.floor(random() * (max - min + 1))
  const pickOrNone = <Item>(items: readonly Item[]) => items[between(0, items.length - 1)]
  return {
    random,
    happens: (probability) => random() < probability,
    between,
    pick(items) {
      const picked = pickOrNone(items)
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
    pickOrNone,
    shuffled: (items) =>
      items
        .map((item) => ({ item, at: random() }))
        .toSorted((one, other) => one.at - other.at)
        .map(({ item }) => item),
  }
}
