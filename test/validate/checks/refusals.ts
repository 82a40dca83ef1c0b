import pLimit from 'p-limit'
import { makeToken, secretSigner, tokenCases } from '../../support/token-cases.ts'
import { validateBounds as bounds } from '../bounds.ts'
import type { Sent } from '../deployment.ts'
import type { Given } from '../given.ts'
import { describeAnswer } from '../probe-contact.ts'
import type { Check, Run } from '../run.ts'

interface Refusal {
  readonly name: string
  readonly path: string
  readonly sent: Sent
  readonly status: number
}

const json = { 'Content-Type': 'application/json' }
const permissionsPath = '/api/users/me/permissions'
const redisPath = '/api/admin/redis'
const invalidatePath = '/api/cache/invalidate'

export const refusals: Check = {
  name: 'refusals',
  title:
    'every kind of bad token, key and signature is refused, and so is every caller at doors that are not theirs',
  needsCanary: false,
  skippedBecause: () => null,
  requestsMax: () => tokenCases.length * 2 + 20,
  writes: null,
  async run(run) {
    const limit = pLimit(bounds.atOnce)
    const expected = [...(await badTokens(run.given)), ...closedDoors(run.given)]
    await Promise.all(expected.map((each) => limit(() => tryDoor(run, each))))
    run.note(`${expected.length} kinds were tried`)
    if (run.given.tokens.member === null)
      run.note('no member was tried at the doors of admins: VALIDATE_MEMBER_TOKEN is not set')
  },
}

async function tryDoor(run: Run, { name, path, sent, status }: Refusal): Promise<void> {
  const answer = await run.ask(path, { as: 'nobody', ...sent })
  if (answer.status !== status) run.fail(`${name}: refused with ${status}`, describeAnswer(answer))
}

/** The table of tokens of the tests: each signed with a secret that is not the deployment's, and the admin's own token spoilt. */
async function badTokens({ tokens, workspaceId }: Given): Promise<Refusal[]> {
  const signer = await secretSigner(crypto.randomUUID())
  const options = {
    issuer: tokens.issuer,
    audience: 'authenticated',
    nowSeconds: Math.floor(Date.now() / 1_000),
    signer,
  }
  const claims = { sub: tokens.userId, app_metadata: { workspaces: { [workspaceId]: 'admin' } } }
  const refusal = (name: string, token: string): Refusal => ({
    name,
    path: permissionsPath,
    sent: { headers: { Authorization: `Bearer ${token}`, 'X-Workspace-ID': workspaceId } },
    status: 401,
  })
  const [header, payload, signature] = tokens.admin.split('.')
  const own = [header ?? '', payload ?? '', signature ?? ''] as const
  const forged = await Promise.all(
    tokenCases.map(async (each) =>
      refusal(`a forged token, ${each.name}`, await makeToken(each, { ...options, claims })),
    ),
  )
  const spoilt = tokenCases.flatMap(({ name, tamper }) =>
    tamper === undefined ? [] : [refusal(`the admin's token, ${name}`, tamper(own))],
  )
  return [...forged, ...spoilt]
}

function closedDoors(given: Given): Refusal[] {
  const { workspaceId, tokens } = given
  const user = (
    name: string,
    headers: Record<string, string>,
    as: 'admin' | 'nobody',
    status: number,
  ): Refusal => ({
    ...{ name, path: permissionsPath, sent: { as, headers }, status },
  })
  const doors: Refusal[] = [
    user('no token', { 'X-Workspace-ID': workspaceId }, 'nobody', 401),
    user(
      'a password for a token',
      { Authorization: 'Basic YTpi', 'X-Workspace-ID': workspaceId },
      'nobody',
      401,
    ),
    user('another user than the token names', { 'X-User-ID': 'somebody-else' }, 'admin', 403),
    user(
      'a workspace that the user is not in',
      { 'X-Workspace-ID': 'validate-nobody-is-in-here' },
      'admin',
      403,
    ),
    {
      name: 'two workspaces in one request',
      path: '/api/cache-settings/workspace/another/counts',
      sent: { as: 'admin' },
      status: 400,
    },
    { name: "an admin at an operator's door", path: redisPath, sent: { as: 'admin' }, status: 403 },
    ...doorsOfServices(given),
  ]
  if (tokens.member === null) return doors
  const settings = `/api/cache-settings/workspace/${workspaceId}/settings`
  const asMember: Sent = { as: 'member', method: 'POST', headers: json, body: '{}' }
  return [...doors, { name: "a member at an admin's door", path: settings, sent: asMember, status: 403 }]
}

/** The doors of the CRM's backend, of the relay, and of the services that send webhooks. */
function doorsOfServices({ workspaceId, tokens }: Given): Refusal[] {
  const body = JSON.stringify({ workspaceId, action: 'contact_updated', contactId: 'none' })
  const door = (name: string, path: string, headers: Record<string, string> = {}): Refusal => ({
    ...{ name, path, status: 401 },
    sent: { method: 'POST', headers: { ...json, ...headers }, body },
  })
  return [
    door('nobody at an invalidation', invalidatePath),
    door('a wrong key at an invalidation', invalidatePath, { Authorization: 'Bearer not-the-internal-key' }),
    door("an admin's token at an invalidation", invalidatePath, { Authorization: `Bearer ${tokens.admin}` }),
    door('nobody at the marks of the relay', '/api/cache/marks'),
    door('inbound mail without its secret', '/api/email-webhook'),
    door('a call without its signature', '/api/voice/conversation-initiation'),
    door('an ended call without its signature', '/api/voice/post-call'),
  ]
}
