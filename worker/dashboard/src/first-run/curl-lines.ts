/** A line for the terminal, and what it shows. */
interface CurlLine {
  readonly title: string
  readonly what: string
  readonly line: string
}

interface Stack {
  /** The Worker's address, without a slash at its end. */
  readonly url: string
  readonly workspaceId: string
  readonly boardId: string
  readonly isAdmin: boolean
}

/** Lines that a user may try at the API of a local stack. `$TOKEN` and `$INTERNAL_AUTH_KEY` are variables of the terminal. */
export function curlLines({ url, workspaceId, boardId, isAdmin }: Stack): readonly CurlLine[] {
  const asUser = `-H "Authorization: Bearer $TOKEN" -H "X-Workspace-ID: ${workspaceId}"`
  const asBackend = `-H "Authorization: Bearer $INTERNAL_AUTH_KEY" -H "Content-Type: application/json"`
  const page = `"${url}/api/boards/${encodeURIComponent(boardId)}/contacts?per_page=3"`
  const event = JSON.stringify({ workspaceId, boardId, action: 'board_updated' })
  return [
    {
      title: 'Read a page of a board',
      what: 'Run it twice. "source" in "_cache" at the end says where the answer came from: the second time from memory.',
      line: `curl ${asUser} ${page}`,
    },
    {
      title: 'Count the contacts',
      what: 'One cached entry serves all users of the workspace. The second time "_cached" is true.',
      line: `curl ${asUser} "${url}/api/cache-settings/workspace/${workspaceId}/counts"`,
    },
    ...(isAdmin
      ? [
          {
            title: 'Ask why an answer is fresh',
            what: 'For admins. The member "explanation" names the tiers that were read and the tags that were judged.',
            line: `curl ${asUser} -H "X-Explain: 1" ${page}`,
          },
        ]
      : []),
    {
      title: 'Report a change, as the CRM’s backend does',
      what: `The answer has the new version of the workspace. One second later the page above comes from the database again${isAdmin ? ', and the change is in Activity' : ''}.`,
      line: `curl ${asBackend} -d '${event}' "${url}/api/cache/invalidate"`,
    },
    {
      title: 'See how the deployment is',
      what: 'Each part is probed within its own short time limit. No token is needed.',
      line: `curl "${url}/health"`,
    },
  ]
}
