/** Picks items as SRANDMEMBER does: `count` different ones at most, or with a negative count so many with repetitions. */
export function pickItems<Item>(items: readonly Item[], count: number): Item[] {
  const left = [...items]
  if (left.length === 0) return []
  const picked: Item[] = []
  const wanted = count < 0 ? -count : Math.min(count, left.length)
  while (picked.length < wanted) {
    const at = Math.floor(Math.random() * left.length)
    const [item] = count < 0 ? left.slice(at, at + 1) : left.splice(at, 1)
    if (item !== undefined) picked.push(item)
  }
  return picked
}
