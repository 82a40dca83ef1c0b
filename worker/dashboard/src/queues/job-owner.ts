import { deploymentId } from '../../../../shared/ids.ts'

/** Whose job it is, in words. The deployment has jobs that belong to no single workspace, such as the cleaning of what is old. */
export function ownerOf(workspaceId: string): string {
  return workspaceId === deploymentId ? 'of the deployment' : `workspace ${workspaceId}`
}

/** Who may see the data of a job that is not of the workspace above. */
export function dataAreFor(workspaceId: string): string {
  return workspaceId === deploymentId
    ? 'The data of a job of the deployment are shown to nobody here.'
    : `The data of a job are shown to admins of its workspace, ${workspaceId}, when they choose it above.`
}
