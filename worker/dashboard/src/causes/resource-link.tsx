import type { ReactNode } from 'react'
import { usePlace } from '../place.ts'
import { declaredResources } from '../resources/declared.ts'
import { titleOf } from '../resources/resource-question.ts'
import { inspectedParameters } from './cause-rows.ts'
import { useOwnWorkspaces } from './use-causes.ts'

interface ResourceLinkProps {
  readonly resource: string
  /** The question of a row; without it the inspector opens with the resource's form. */
  readonly question?: Parameters<typeof inspectedParameters>[0]
  /** The workspace of the question, if it is not the shown one. */
  readonly workspaceId?: string | null
  /** The words of the link, if they are not the resource's title. */
  readonly children?: ReactNode
}

/** A resource by its title, which leads to the inspector where the user may use it and the whole question may be shown. */
export function ResourceLink({ resource, question, workspaceId, children }: ResourceLinkProps) {
  const { workspace } = usePlace()
  const own = useOwnWorkspaces()
  const title = children ?? titleOf(resource)
  const declared = declaredResources.find(({ name }) => name === resource)
  const inId = workspaceId ?? workspace.id
  const mayInspect = own.get(inId)?.role === 'admin' && declared?.isForMembers === true
  const parameters = question === undefined ? {} : inspectedParameters(question, declared?.parameters ?? [])
  if (!mayInspect || parameters === null) return <>{title}</>
  const query = new URLSearchParams(parameters)
  const place = `#/inspector/${encodeURIComponent(resource)}${query.size === 0 ? '' : `?${query}`}`
  return (
    <a href={inId === workspace.id ? place : `?workspace=${encodeURIComponent(inId)}${place}`}>{title}</a>
  )
}
