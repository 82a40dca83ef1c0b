import { errorShownSchema } from '../../../shared/contract/error-shown.ts'
import { limits as productLimits } from '../../../shared/limits.ts'
import type { Sent } from '../deployment.ts'
import { describeAnswer, parseJson } from '../probe-contact.ts'
import type { Check, Run } from '../run.ts'

interface Beyond {
  readonly what: string
  readonly path: string
  readonly sent?: Sent
  readonly expected: readonly [status: number, code: string]
}

const json = { 'Content-Type': 'application/json' }

export const limits: Check = {
  name: 'limits',
  title: 'what is too large, too long or too much is refused in the form of all errors',
  needsCanary: false,
  skippedBecause: () => null,
  requestsMax: () => 12,
  writes: null,
  async run(run) {
    for (const each of beyond(run.given.workspaceId)) await tryBeyond(run, each)
  },
}

/** One request past each limit, none of which could do anything if it were let through. */
function beyond(workspaceId: string): Beyond[] {
  const page = '/api/boards/validate/contacts'
  const settings = `/api/cache-settings/workspace/${workspaceId}/settings`
  const post = (body: string): Sent => ({ method: 'POST', headers: json, body })
  const deep = `${'['.repeat(productLimits.jsonDepthMax + 1)}${']'.repeat(productLimits.jsonDepthMax + 1)}`
  const large = JSON.stringify({ validate: 'x'.repeat(productLimits.settingsBodyBytesMax) })
  const search = 'x'.repeat(productLimits.searchCharactersMax + 1)
  return [
    { what: 'a page of 101 rows', path: `${page}?per_page=101`, expected: [400, 'invalid_parameter'] },
    {
      what: 'a search of 201 characters',
      path: `${page}?search=${search}`,
      expected: [400, 'invalid_parameter'],
    },
    { what: 'an unknown parameter', path: `${page}?validate=1`, expected: [400, 'invalid_parameter'] },
    {
      what: 'a version that is no number',
      path: page,
      sent: { headers: { 'X-Min-Version': 'x' } },
      expected: [400, 'invalid_parameter'],
    },
    {
      what: 'a URL past its limit',
      path: `/health?${'x'.repeat(productLimits.urlBytesMax)}`,
      sent: { as: 'nobody' },
      expected: [414, 'url_too_long'],
    },
    {
      what: 'a URL that is no UTF-8',
      path: '/health?x=%FF',
      sent: { as: 'nobody' },
      expected: [400, 'invalid_encoding'],
    },
    { what: 'a body past its limit', path: settings, sent: post(large), expected: [413, 'body_too_large'] },
    { what: 'a body that is no JSON', path: settings, sent: post('{'), expected: [400, 'invalid_json'] },
    {
      what: 'JSON that is nested too deep',
      path: settings,
      sent: post(deep),
      expected: [400, 'invalid_body'],
    },
    {
      what: 'a route that is none',
      path: '/api/validate',
      sent: { as: 'nobody' },
      expected: [404, 'route_not_found'],
    },
    {
      what: 'a method that a route lacks',
      path: '/health',
      sent: { as: 'nobody', method: 'DELETE' },
      expected: [405, 'method_not_allowed'],
    },
  ]
}

async function tryBeyond(run: Run, { what, path, sent, expected: [status, code] }: Beyond): Promise<void> {
  const answer = await run.ask(path, sent)
  const error = errorShownSchema.safeParse(parseJson(answer.text))
  if (answer.status !== status || !error.success || error.data.code !== code)
    run.fail(`${what}: ${status} ${code}`, describeAnswer(answer))
}
