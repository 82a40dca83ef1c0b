import type { DeclaredResource } from './declared.ts'

/** The path of a resource's question. It leaves out empty values and defaults, so that equal questions have equal paths. */
export function pathOf(
  { route, parameters }: Pick<DeclaredResource, 'route' | 'parameters'>,
  values: Readonly<Record<string, string>>,
): string {
  // Pasted text may contain tabs, which no parameter accepts.
  const typed = (name: string) => (values[name] ?? '').replaceAll(/\p{Cc}+/gu, ' ').trim()
  const path = route.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(typed(name)))
  const query = new URLSearchParams()
  for (const { name, place, preset } of parameters) {
    const value = typed(name)
    if (place === 'query' && value !== '' && value !== preset) query.set(name, value)
  }
  return query.size === 0 ? path : `${path}?${query}`
}

/** A name of the API as people write it: `column_id`, `boardId` and `contact-list` are Column, Board and Contact list. */
export function titleOf(name: string): string {
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .split(/[\s_-]+/)
    .map((word) => (/^[A-Z]{2,}$/.test(word) ? word : word.toLowerCase()))
  const named = words.length > 1 && words.at(-1) === 'id' ? words.slice(0, -1) : words
  const title = named.join(' ')
  return `${title.charAt(0).toUpperCase()}${title.slice(1)}`
}
