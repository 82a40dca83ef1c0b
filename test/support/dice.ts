import type { Random } from './random.ts'

/** Random choices, in words. All of them come from one seeded source. */
export interface Dice {
  readonly random: Random
  /** Whether an event of this probability happens this time. */
  happens(probability: number): boolean
  /** A whole number from `min` to `max`, including both. */
  between(min: number, max: number): number
  /** One item of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item
  pickOrNone<Item>(items: readonly Item[]): Item | undefined
  /** All items of a list, in random order. */
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
      if (picked === undefined) throw new Error('an empty list has no item to pick')
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
