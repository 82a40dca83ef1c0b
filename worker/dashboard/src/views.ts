/** The views, in the order of the navigation; the last two are reached from the user's menu. */
export const views = [
  ...([
    'live',
    'causes',
    'board',
    'mail',
    'queues',
    'workspace',
    'inspector',
    'activity',
    'deployment',
  ] as const),
  ...(['start', 'glossary'] as const),
] as const
export type View = (typeof views)[number]

export const viewTitles: Readonly<Record<View, string>> = {
  live: 'Live',
  causes: 'Causes',
  board: 'Board',
  mail: 'Mail',
  queues: 'Queues',
  workspace: 'Workspace',
  inspector: 'Inspector',
  activity: 'Activity',
  deployment: 'Deployment',
  start: 'First steps',
  glossary: 'Glossary',
}

/** The address of a view, and of what it shows there: `#/board/board_1`. */
export function addressOfView(view: View, rest = ''): string {
  return rest === '' ? `#/${view}` : `#/${view}/${rest.split('/').map(encodeURIComponent).join('/')}`
}
