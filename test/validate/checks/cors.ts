import type { Answer } from '../deployment.ts'
import type { Check, Run } from '../run.ts'

const readPath = '/api/users/me/permissions'
const strangers = ['https://validate.invalid', 'http://localhost.validate.invalid', 'null']
const preflightOf = (origin: string) => ({
  Origin: origin,
  'Access-Control-Request-Method': 'GET',
  'Access-Control-Request-Headers': 'authorization,x-workspace-id',
})

export const cors: Check = {
  name: 'cors',
  title: 'pages of other origins may not read answers, and those that are allowed may',
  needsCanary: false,
  skippedBecause: () => null,
  requestsMax: () => strangers.length * 3 + 2,
  writes: null,
  async run(run) {
    for (const origin of strangers) {
      const named = { Origin: origin }
      refuses(run, origin, 'a read', await run.ask(readPath, { headers: named }))
      refuses(run, origin, 'a refusal', await run.ask(readPath, { as: 'nobody', headers: named }))
      const preflight = { as: 'nobody', method: 'OPTIONS', headers: preflightOf(origin) } as const
      refuses(run, origin, 'a preflight', await run.ask(readPath, preflight))
    }
    await letsIn(run)
  },
}

function refuses(run: Run, origin: string, what: string, { headers }: Answer): void {
  const allowed = headers.get('Access-Control-Allow-Origin')
  if (allowed !== null)
    run.fail(`${what} lets no page of ${origin} read it`, `Access-Control-Allow-Origin: ${allowed}`)
  if (headers.get('Access-Control-Allow-Credentials') !== null)
    run.fail(`${what} allows no cookies`, 'Access-Control-Allow-Credentials')
}

async function letsIn(run: Run): Promise<void> {
  const { allowedOrigin: origin } = run.given
  if (origin === null) {
    run.note('no allowed origin was tried: --allowed-origin is not given')
    return
  }
  const read = await run.ask(readPath, { headers: { Origin: origin } })
  const preflight = await run.ask(readPath, { as: 'nobody', method: 'OPTIONS', headers: preflightOf(origin) })
  for (const { headers } of [read, preflight]) {
    const allowed = headers.get('Access-Control-Allow-Origin')
    if (allowed !== origin)
      run.fail(`pages of ${origin} may read answers`, allowed ?? 'no Access-Control-Allow-Origin')
  }
  if (!/authorization/i.test(preflight.headers.get('Access-Control-Allow-Headers') ?? ''))
    run.fail('a preflight allows the header Authorization', 'it does not')
  if (!/ETag/.test(read.headers.get('Access-Control-Expose-Headers') ?? ''))
    run.fail('pages may read the ETag', 'it is not exposed')
}
