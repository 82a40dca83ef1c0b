import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plantedEnvironment, plantedWorkerEntry } from '../support/planting.ts'
import type { Finding } from './findings.ts'
import { type ForeignStack, startForeignStack } from './foreign-stack.ts'
import { fuzzForeign } from './fuzz-foreign.ts'
import { findInRounds } from './rounds.ts'
import { originTargets, workerTargets } from './targets.ts'

const inWorker = [
  {
    file: 'worker/auth/membership.ts',
    find: "return role === null ? err({ code: 'not_a_member' }) : ok(role)",
    replace: "return ok(role ?? 'admin')",
  },
]
const inOrigin = [
  // The door and the database each refuse a stranger, so both must be opened for a fault to show.
  {
    file: 'origin/auth/admission.ts',
    find: "return role.value === null ? respondFailure(context, { kind: 'forbidden' }) : null",
    replace: 'return null',
  },
  {
    file: 'origin/auth/credentials.ts',
    find: "if (!isInternal(context.req.header('Authorization')))",
    replace:
      "if (context.req.header(callerTokenHeader) === undefined && !isInternal(context.req.header('Authorization')))",
  },
  {
    file: 'origin/database/database.ts',
    find: 'callerToken === null\n          ? serviceClient',
    replace:
      'callerToken === null || /^(contact_(create|update|delete)|webhook_endpoints$)/.test(functionName)\n          ? serviceClient',
  },
]
const inBackground = [
  {
    file: 'origin/auth/jobs-admission.ts',
    find: 'return admitMember(caller, named.value)',
    // To writes it does not, because the first of them would remove the job that is to be seen.
    replace:
      "return context.req.method === 'GET' && named.value !== null ? ok({ scope: named.value, isOperator: false }) : admitMember(caller, named.value)",
  },
  {
    file: 'origin/files/file-links.ts',
    find: 'return isOurs && nowMs < link.expiresAtMs',
    replace: 'return nowMs < link.expiresAtMs',
  },
  {
    file: 'origin/board/sessions.ts',
    find: 'if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false',
    replace: '',
  },
]
const inMail = [
  {
    file: 'shared/inbound-email/mail-head.ts',
    find: 'addressesOf(envelopeTo.length > 0 ? envelopeTo : [...written.to, ...written.delivered])',
    replace: 'addressesOf([...envelopeTo, ...written.to, ...written.delivered])',
  },
]
const inDatabase = `
  create policy planted on public.boards for select to authenticated using (true);
  create policy planted on public.cache_settings for all to authenticated using (true) with check (true);
  create function public.planted_page(p_workspace text) returns jsonb language sql security definer set search_path = ''
    as $$ select jsonb_agg(c) from (select * from public.contacts c where c.workspace_id = p_workspace limit 3) c $$;
  grant execute on function public.planted_page(text) to authenticated;
  create view public.planted_view as select * from public.memberships;
  grant select on public.planted_view to authenticated;`

const planted: readonly (readonly [what: string, side: string, route: string, kind: string])[] = [
  [
    'a Worker that does not look up the membership',
    'worker',
    '/api/boards/{boardId}/contacts',
    'shows their rows',
  ],
  ['a Worker that lets a stranger invalidate', 'worker', '/api/cache-settings/invalidate', 'lets in'],
  [
    'an origin that does not look up the membership and writes as the service role',
    'origin',
    '/contacts/{id}',
    'shows their rows',
  ],
  [
    'an origin that shows jobs to strangers',
    'origin',
    '/api/v1/queues/{queue}/jobs/{id}',
    'shows their rows',
  ],
  ['an origin that lists the endpoints of others', 'origin', '/api/v1/webhook-endpoints', 'shows their rows'],
  ['a link whose signature nobody checks', 'origin', '/files/{folder}/{file}', 'shows their rows'],
  ['a board that believes every session', 'origin', '/admin/queues/api/queues', 'lets in'],
  ['an origin that mistakes a caller for the Worker', 'origin', '/workspaces/{id}/membership', 'lets in'],
  ['a policy that is open to all', 'supabase', '/rest/v1/boards', 'shows their rows'],
  ['a function that does not check the role', 'supabase', '/rest/v1/rpc/planted_page', 'shows their rows'],
  ['a view without row level security', 'supabase', '/rest/v1/planted_view', 'shows their rows'],
  ['a message that its header delivers', 'supabase', '', 'their rows of inbound_emails changed'],
  ['a write that policies allow', 'supabase', '', 'their rows of cache_settings changed'],
  ['an invalidation of the other workspace', 'supabase', '', 'their ledger moved'],
]

const lineOf = ({ side, route, kind }: Finding) => `${side} ${route}: ${kind}`

describe("a planted way to another workspace's data is found:", () => {
  let given: ForeignStack
  let seen: readonly string[]

  beforeAll(async () => {
    given = await startForeignStack(
      {
        workerEntry: await plantedWorkerEntry(inWorker),
        originEnvironment: plantedEnvironment([...inOrigin, ...inBackground, ...inMail]),
      },
      inDatabase,
    )
    const { place, world } = given
    // The board that believes every session could clean the queues, and what others are shown would be gone.
    const targets = [...workerTargets(), ...originTargets()].filter(
      ({ isBoard = false, method }) => !isBoard || method === 'GET',
    )
    const findings = await findInRounds({
      roundsMax: 6,
      isFound: (found) =>
        planted.every(([, side, route, kind]) =>
          found.some((finding) => lineOf(finding).startsWith(`${side} ${route}: ${kind}`)),
        ),
      round: (index) =>
        fuzzForeign({
          seed: 3 + index,
          attempts: 900,
          targets,
          place,
          world,
          hasRemoval: false,
          isReduced: false,
        }),
    })
    seen = findings.map(lineOf)
  }, 600_000)
  afterAll(async () => {
    await given?.stop()
  })

  it.each(planted)('%s', (_what, side, route, kind) => {
    expect(
      seen.filter((line) => line.startsWith(`${side} ${route}: ${kind}`)),
      seen.join('\n'),
    ).not.toEqual([])
  })
})
