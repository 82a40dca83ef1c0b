/**
 * A line for a POSIX shell that asks the API for a path, as this page does. The token is left to the shell's variable `TOKEN`: a copied
 * line must not let anybody in.
 */
export function curlLine(origin: string, path: string, workspaceId: string): string {
  return [
    'curl -H "Authorization: Bearer $TOKEN"',
    `-H ${quoted(`X-Workspace-ID: ${workspaceId}`)}`,
    quoted(`${origin}${path}`),
  ].join(' ')
}

/** In single quotes a shell takes every other character as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
