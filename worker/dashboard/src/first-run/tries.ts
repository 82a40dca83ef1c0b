import type { View } from '../views.ts'

/** Something to try in this page. */
interface Try {
  readonly view: View
  readonly title: string
  readonly what: string
}

/** The things that a user may try: only in views of their own, and nothing that their role would be refused. */
export function triesFor(views: readonly View[], isAdmin: boolean): readonly Try[] {
  const all: readonly Try[] = [
    {
      view: 'board',
      title: 'Look at a board',
      what: 'Scroll to its end, filter it, search it. Open it in a second window as well.',
    },
    isAdmin
      ? {
          view: 'workspace',
          title: 'Switch something off and on',
          what: 'Try a read before and after, and see where the answer comes from.',
        }
      : {
          view: 'workspace',
          title: 'See where an answer comes from',
          what: 'Try a read twice: the first may come from the database, the second from a tier.',
        },
    {
      view: 'inspector',
      title: 'Ask why an answer is fresh',
      what: 'Every tier that was read, with what it had, and the tag that made an entry outdated.',
    },
    {
      view: 'activity',
      title: 'Watch what moves',
      what: 'Change a setting, or report a change with the line below, and see it arrive with its version.',
    },
    {
      view: 'live',
      title: 'Watch the figures',
      what: 'Hit rate, times and alerts of the whole deployment, second by second.',
    },
  ]
  return all.filter(({ view }) => views.includes(view))
}
