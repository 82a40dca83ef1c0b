import { namedLifetimes } from '../../../shared/contract/named-settings.ts'
import { userIdSchema } from '../../../shared/ids.ts'
import type { resources } from '../../../shared/resources/index.ts'
import { familyAt } from '../../../shared/tags/families.ts'
import { partsOf, workspaceTag } from '../../../shared/tags/tags.ts'

/** The columns of a resource in the table of worker/resources.md that follow from its declaration. */
export function rowOf(resource: (typeof resources)[number]) {
  const { example, callers, route } = resource
  const parsed = resource.parse(example.path, example.query)
  if (!parsed.ok) throw new Error(`${resource.name}: its example is no question`)
  const { tagsFor, embeddedTags, sharing, lifetime } = parsed.value
  const owner = sharing === 'user' ? userIdSchema.parse('someone') : null
  const body = new TextEncoder().encode(JSON.stringify(example.data))
  const tags = [...tagsFor(owner), ...embeddedTags(body)]
    .flatMap(partsOf)
    .filter((tag) => tag !== workspaceTag)
  return {
    route: `\`${route}\``,
    callers: [...callers, ...(sharing === 'user' ? ['one a user'] : [])].join(', '),
    tags: [...new Set(tags.map((tag) => familyAt(tag).name))].join(', '),
    lifetimeSeconds: String(typeof lifetime === 'number' ? lifetime : namedLifetimes[lifetime]),
  }
}
