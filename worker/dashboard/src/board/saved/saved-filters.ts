import { z } from 'zod'

/** Filters kept by a user in a workspace, and the characters of a name and of an address. */
export const savedFilterLimits = {
  filtersMax: 50,
  nameCharactersMax: 60,
  addressCharactersMax: 1_000,
} as const

const savedFilterSchema = z.strictObject({
  name: z.string().min(1).max(savedFilterLimits.nameCharactersMax),
  address: z
    .string()
    .regex(/^#\/board(\/|\?|$)/)
    .max(savedFilterLimits.addressCharactersMax),
})

/** A named combination of board, filter, search, order and view. Its address has all of it, so it can be sent to somebody. */
export type SavedFilter = z.output<typeof savedFilterSchema>

const savedSchema = z.array(savedFilterSchema).max(savedFilterLimits.filtersMax)

/** The filters in a text that the browser kept. It may have been written by anything, so a text of another form counts as none. */
export function savedFiltersIn(text: string | null): readonly SavedFilter[] {
  if (text === null) return []
  try {
    return savedSchema.safeParse(JSON.parse(text)).data ?? []
  } catch {
    return []
  }
}

export type Saving =
  | { readonly kind: 'saved'; readonly filters: readonly SavedFilter[] }
  | { readonly kind: 'refused'; readonly reason: string }

/** Adds a filter at the end. One that has the name already is replaced in its place. */
export function withSaved(filters: readonly SavedFilter[], name: string, address: string): Saving {
  const trimmed = name.trim()
  const saved = { name: trimmed, address: sharedAddress(address) }
  if (trimmed === '') return refused('Give it a name.')
  if (!savedFilterSchema.safeParse(saved).success) return refused('This is too long to be saved.')
  if (filters.some((each) => each.name === trimmed))
    return { kind: 'saved', filters: filters.map((each) => (each.name === trimmed ? saved : each)) }
  if (filters.length >= savedFilterLimits.filtersMax)
    return refused(`There are ${filters.length} already. Remove one first.`)
  return { kind: 'saved', filters: [...filters, saved] }
}

export function withRenamed(filters: readonly SavedFilter[], from: string, to: string): Saving {
  const name = to.trim()
  if (name === '' || name.length > savedFilterLimits.nameCharactersMax)
    return refused('Give it another name.')
  if (name !== from && filters.some((each) => each.name === name))
    return refused('Another one has this name.')
  return {
    kind: 'saved',
    filters: filters.map((each) => (each.name === from ? { ...each, name } : each)),
  }
}

export function withoutFilter(filters: readonly SavedFilter[], name: string): readonly SavedFilter[] {
  return filters.filter((each) => each.name !== name)
}

/** The board's address without the contact that is open, in one order of its parameters, so that equal choices are equal. */
export function sharedAddress(address: string): string {
  const [place = '', query = ''] = address.split('?')
  const parameters = new URLSearchParams(query)
  parameters.delete('contact')
  parameters.sort()
  return parameters.size === 0 ? place : `${place}?${parameters}`
}

const refused = (reason: string): Saving => ({ kind: 'refused', reason })
