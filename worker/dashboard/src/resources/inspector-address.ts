/** The header's name stands for it in the address, because no parameter of a resource has a hyphen in its name. */
export const freshnessParameter = 'cache-control'

/**
 * The address at which the inspector explains a resource: `#/inspector/contact?id=contact_42`. Any row of a list can link to it. The workspace is
 * the chosen one. `parameters` are those of the resource's path and query, by their names; empty ones are left out.
 */
export function inspectorAddress(
  resource: string,
  parameters: Readonly<Record<string, string | number | null>> = {},
): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== '') query.set(name, String(value))
  }
  const address = `#/inspector/${encodeURIComponent(resource)}`
  return query.size === 0 ? address : `${address}?${query}`
}

/** A question to the inspector. */
interface Inspectable {
  readonly resource: string
  readonly parameters: Readonly<Record<string, string>>
}

/** The resource that shows a thing, by the name of the member that has the thing's id, or of its type. */
const resourcesOfThings: Readonly<Record<string, string>> = {
  contact: 'contact',
  lead: 'lead',
  thread: 'thread',
  communication: 'communication-attachments',
  campaign: 'campaign-stats',
  segment: 'segment-count',
  call: 'call-session',
}

/** The question about a thing of a type, as notifications name their subject; null if no resource shows such things. */
export function inspectableThing(type: string, id: string): Inspectable | null {
  const resource = resourcesOfThings[type]
  return resource === undefined ? null : { resource, parameters: { id } }
}

/** The questions about the things that some data name (`contactId`, `campaignId`, …), in the order of the data. */
export function inspectableThings(data: unknown): Inspectable[] {
  if (typeof data !== 'object' || data === null) return []
  return Object.entries(data).flatMap(([name, id]) => {
    const type = /^([a-z]+)Id$/.exec(name)?.[1]
    const found = type === undefined || typeof id !== 'string' ? null : inspectableThing(type, id)
    return found === null ? [] : [found]
  })
}
