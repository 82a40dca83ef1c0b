import type { Contact } from '../../../client/api.ts'

/** The contacts on the screen, each once, by their rows. */
export type SeenRows = ReadonlyMap<number, Contact>

/**
 * The contacts that changed, or came in, between two views of the same list. A row that was scrolled to, or whose page has arrived, is no
 * change: only rows that were known before count. The library keeps what did not change as the same objects.
 */
export function changedBetween(before: SeenRows, after: SeenRows): string[] {
  const known = new Map([...before.values()].map((contact) => [contact.id, contact]))
  const changed: string[] = []
  for (const [row, contact] of after) {
    const earlier = known.get(contact.id)
    const cameIn = earlier === undefined && before.has(row)
    if (cameIn || (earlier !== undefined && !isSame(earlier, contact))) changed.push(contact.id)
  }
  return changed
}

/** A write of this page is laid over the row as another object, also where it says the same. */
function isSame(one: Contact, other: Contact): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
