import { safeHeaders } from '../../../shared/contract/safe-headers.ts'
import type { Answer } from '../deployment.ts'
import type { Check, Run } from '../run.ts'

const readPath = '/api/users/me/permissions'

export const headers: Check = {
  name: 'headers',
  title: 'answers carry the headers of caching and security, and pages a strict policy',
  needsCanary: false,
  skippedBecause: () => null,
  requestsMax: () => 8,
  writes: null,
  async run(run) {
    const read = await run.ask(readPath)
    if (read.status !== 200) run.fail(`GET ${readPath} answers 200`, `${read.status}`)
    else await judgeRead(run, read)
    for (const [path, status] of [
      ['/health', 200],
      ['/api/validate-no-such-route', 404],
    ] as const) {
      const answer = await run.ask(path, { as: 'nobody' })
      if (answer.status === status) expect(run, path, answer, 'Cache-Control', /\bno-store\b/)
      judgeSafety(run, path, answer)
    }
    await judgePage(run)
  },
}

function expect(run: Run, path: string, answer: Answer, header: string, form: RegExp): void {
  const value = answer.headers.get(header)
  if (value === null || !form.test(value))
    run.fail(`${path} has ${header} like ${form.source}`, value ?? 'none')
}

async function judgeRead(run: Run, read: Answer): Promise<void> {
  const expected: readonly (readonly [string, RegExp])[] = [
    ['ETag', /^W\/"[^"]+"$/],
    ['Age', /^\d+$/],
    ['Cache-Status', /^Boardcache; (hit|fwd=)/],
    ['Server-Timing', /dur=/],
    ['Cache-Control', /^private, no-cache$/],
    ['Vary', /Authorization/],
    ['Vary', /Origin/],
    ['X-Request-ID', /^.{8,}$/],
    ['Content-Type', /^application\/json/],
  ]
  for (const [header, form] of expected) expect(run, readPath, read, header, form)
  judgeSafety(run, readPath, read)
  const again = await run.ask(readPath, { headers: { 'If-None-Match': read.headers.get('ETag') ?? '' } })
  if (again.status !== 304 || again.text !== '')
    run.fail('the ETag of an answer gets 304 without a body', `${again.status}`)
  const head = await run.ask(readPath, { method: 'HEAD' })
  if (head.status !== 200 || head.text !== '')
    run.fail('HEAD answers as GET does, without a body', `${head.status}`)
}

function judgeSafety(run: Run, path: string, answer: Answer): void {
  for (const [header, value] of Object.entries(safeHeaders)) {
    if (answer.headers.get(header) !== value)
      run.fail(`${path} has ${header}: ${value}`, answer.headers.get(header) ?? 'none')
  }
  for (const header of ['Server', 'X-Powered-By']) {
    const told = answer.headers.get(header)
    if (told !== null && /\d/.test(told)) run.fail(`${path} names no version of its server`, told)
  }
}

/** The directives of the dashboard's policy that keep foreign code out of it. */
const policy: readonly (readonly [string, RegExp])[] = [
  ['default-src', /^'none'$/],
  ['script-src', /^'self'$/],
  ['style-src', /^'self'$/],
  ['base-uri', /^'none'$/],
  ['form-action', /^'none'$/],
  ['frame-ancestors', /^'none'$/],
]

async function judgePage(run: Run): Promise<void> {
  const page = await run.ask('/', { as: 'nobody' })
  if (page.status === 404) {
    run.note('the deployment has no pages')
    return
  }
  const directives = new Map(
    (page.headers.get('Content-Security-Policy') ?? '').split(';').map((directive): [string, string] => {
      const [name = '', ...sources] = directive.trim().split(/\s+/)
      return [name, sources.join(' ')]
    }),
  )
  for (const [name, form] of policy) {
    const sources = directives.get(name)
    if (sources === undefined || !form.test(sources))
      run.fail(`the page at / has the policy ${name} ${form.source}`, sources ?? 'none')
  }
  expect(run, '/', page, 'Referrer-Policy', /^no-referrer$/)
  expect(run, '/', page, 'X-Content-Type-Options', /^nosniff$/)
  expect(run, '/', page, 'Cross-Origin-Opener-Policy', /^same-origin$/)
}
