import { ApiFailure } from './api/failure.ts'
import { useFigures } from './live/live-context.tsx'
import { usePlace } from './place.ts'
import { type View, views } from './routing.ts'

/** The answers so far, by user and workspace: a change of the workspace begins a new stream, which needs a moment to say it. */
const known = new Map<string, boolean>()

/** Whether the user is an operator, as the API decides; null until it has. */
export function useIsOperator(): boolean | null {
  const { user, workspace, mayOperate } = usePlace()
  const figures = useFigures()
  if (!mayOperate) return false
  const key = `${user.id} ${workspace.id}`
  const isRefused = figures?.error instanceof ApiFailure && figures.error.status === 403
  if (figures?.snapshot != null) known.set(key, true)
  else if (figures?.state === 'refused' && isRefused) known.set(key, false)
  return known.get(key) ?? null
}

/** The views of the navigation that are of use to the user in the workspace. Until it is known whether they are an operator, they may be one. */
export function useOwnViews(): readonly View[] {
  const { workspace } = usePlace()
  const isOperator = useIsOperator() !== false
  const isAdmin = workspace.role === 'admin'
  const isOpen: Readonly<Record<View, boolean>> = {
    live: isOperator,
    causes: isAdmin || isOperator,
    board: true,
    mail: isAdmin || isOperator,
    queues: isAdmin || isOperator,
    workspace: true,
    inspector: isAdmin,
    deployment: isOperator,
    activity: isAdmin || isOperator,
    start: false,
    glossary: false,
  }
  return views.filter((view) => isOpen[view])
}
