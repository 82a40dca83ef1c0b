import { deploymentId } from '../../../../shared/ids.ts'

/** The owner of a job, in words. The deployment has jobs that belong to no single workspace, such as the cleaning of what is old. */
export function ownerOf(workspaceId: string): string {
  return workspaceId === deploymentId ? 'of the deployment' : `workspace ${workspaceId}`
}

/** Says to whom the data of a job are shown that is not of the workspace above. */
export function dataAreFor(workspaceId: string): string {
  return workspaceId === deploymentId
    ? 'The data of a job of the deployment are shown to nobody here.'
    : `The data of a job are shown to admins of its workspace, ${workspaceId}, when they choose it above.`
}
