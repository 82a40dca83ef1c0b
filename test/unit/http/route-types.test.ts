import { expect, test } from 'vitest'
import { z } from 'zod'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { workspaceIdSchema } from '../../../shared/ids.ts'
import { ok } from '../../../shared/result.ts'
import type { Member } from '../../../worker/auth/callers.ts'
import { respondData } from '../../../worker/http/answers.ts'
import { type Call, defineRoute, type HeadersTaken, type Route } from '../../../worker/http/route.ts'

/*
 * The compiler runs these tests: `npm run types` fails if a line compiles that must not, and if a line that must compile
 * does not. At run time the tests only check that each declaration is a route.
 */

const base = { method: 'GET', path: '/a/{id}', summary: '', gives: z.object({}), errors: [] } as const
const id = z.strictObject({ id: z.string() })
const etag: HeadersTaken<'If-None-Match', string | null> = {
  described: { 'If-None-Match': '' },
  read: (headers) => ok(headers.get('If-None-Match')),
}
const tiny = { schema: z.strictObject({ workspaceId: workspaceIdSchema }), bytesMax: 100 }
const done = () => ok(respondData({}))
const use = (..._values: unknown[]) => done()

test('a handler gets the caller and the input that its route declares, with their types', () => {
  const route = defineRoute({
    ...base,
    access: 'member',
    takes: { path: id, query: z.strictObject({ limit: z.coerce.number() }), headers: etag, body: tiny },
    handle({ caller, input }) {
      const workspaceId: WorkspaceId = caller.workspaceId
      const limit: number = input.query.limit
      const body: WorkspaceId = input.body.workspaceId
      const match: string | null = input.headers
      return use(workspaceId, input.path.id.trim(), limit, body, match)
    },
  })
  expect(route.access).toBe('member')
})

test('a question takes the place of path and query', () => {
  const route = defineRoute({
    ...base,
    access: 'reader',
    takes: { path: id, query: z.strictObject({}), question: () => ok({ name: 'a question' }) },
    handle({ input }) {
      const name: string = input.question.name
      // @ts-expect-error the question was parsed of it
      return use(name, input.query)
    },
  })
  expect(route.takes.question).toBeDefined()
})

test('a handler that reads input which its route does not declare does not compile', () => {
  const nothing = defineRoute({
    ...base,
    access: 'member',
    takes: {},
    // @ts-expect-error no path is taken
    handle: ({ input }) => use(input.path),
  })
  const onlyPath = defineRoute({
    ...base,
    access: 'member',
    takes: { path: id },
    // @ts-expect-error no query is taken
    handle: ({ input }) => use(input.query),
  })
  const otherField = defineRoute({
    ...base,
    access: 'member',
    takes: { path: id },
    // @ts-expect-error the path has no such parameter
    handle: ({ input }) => use(input.path.other),
  })
  const noBody = defineRoute({
    ...base,
    access: 'member',
    takes: { headers: etag },
    // @ts-expect-error no body is taken
    handle: ({ input }) => use(input.body),
  })
  const noHeaders = defineRoute({
    ...base,
    access: 'member',
    takes: { path: id },
    // @ts-expect-error no headers are taken
    handle: ({ input }) => use(input.headers),
  })
  expect([nothing, onlyPath, otherField, noBody, noHeaders]).toHaveLength(5)
})

test('a handler that is declared elsewhere expects no more than its route gives it', () => {
  const ofQuery = ({ input }: Call<unknown, { readonly query: { readonly limit: number } }>) =>
    use(input.query.limit)
  const ofMember = ({ caller }: Call<Member, unknown>) => use(caller.workspaceId)
  const query = z.strictObject({ limit: z.coerce.number() })
  const fitting = [
    defineRoute({ ...base, access: 'member', takes: { query }, handle: ofQuery }),
    defineRoute({ ...base, access: 'admin', takes: {}, handle: ofMember }),
  ]
  // @ts-expect-error no query is taken
  const untaken = defineRoute({ ...base, access: 'member', takes: {}, handle: ofQuery })
  // @ts-expect-error a holder of the key is no member
  const holder = defineRoute({ ...base, access: 'internal-key', takes: {}, handle: ofMember })
  const greedy: HeadersTaken<'If-None-Match', string | null> = {
    described: { 'If-None-Match': '' },
    // @ts-expect-error one header more than is described
    read: (headers: { get: (name: 'If-None-Match' | 'Authorization') => string | null }) =>
      ok(headers.get('Authorization')),
  }
  expect([...fitting, untaken, holder, greedy]).toHaveLength(5)
})

test('a handler has no way to the request itself', () => {
  const route = defineRoute({
    ...base,
    access: 'member',
    takes: {},
    // @ts-expect-error a call carries no request
    handle: ({ request }) => use(request),
  })
  const other: HeadersTaken<'If-None-Match', string | null> = {
    described: { 'If-None-Match': '' },
    // @ts-expect-error only the described headers can be read
    read: (headers) => ok(headers.get('Authorization')),
  }
  expect([route, other]).toHaveLength(2)
})

test('a route without access, or with one that no door knows, does not compile', () => {
  // @ts-expect-error access is missing
  const without = defineRoute({ ...base, takes: {}, handle: done })
  // @ts-expect-error there is no such access
  const unknown = defineRoute({ ...base, access: 'somebody', takes: {}, handle: done })
  // @ts-expect-error what a route takes is missing
  const untaken = defineRoute({ ...base, access: 'member', handle: done })
  expect([without, unknown, untaken]).toHaveLength(3)
})

test('a caller is no more than the door lets in', () => {
  const anybody = defineRoute({
    ...base,
    access: 'public',
    takes: {},
    // @ts-expect-error anybody is in no workspace
    handle: ({ caller }) => use(caller.workspaceId),
  })
  const holder = defineRoute({
    ...base,
    access: 'internal-key',
    takes: {},
    // @ts-expect-error the holder of a key is no user
    handle: ({ caller }) => use(caller.principal),
  })
  const operator = defineRoute({
    ...base,
    access: 'operator',
    takes: {},
    // @ts-expect-error an operator is let into no workspace
    handle: ({ caller }) => use(caller.workspaceId),
  })
  expect([anybody, holder, operator]).toHaveLength(3)
})

test('an open route with input names the variants of its answer', () => {
  const query = z.strictObject({ format: z.enum(['a', 'b']) })
  const named = defineRoute({
    ...base,
    access: 'public',
    takes: { query },
    variantOf: (input) => input.query.format,
    handle: done,
  })
  // @ts-expect-error everybody would get the first one's answer
  const unnamed = defineRoute({ ...base, access: 'public', takes: { query }, handle: done })
  expect([named, unnamed]).toHaveLength(2)
})

test('only members name their workspace in a body, and such a body has a workspace', () => {
  const naming = { ...tiny, namesWorkspace: true } as const
  const member = defineRoute({ ...base, access: 'admin', takes: { body: naming }, handle: done })
  // @ts-expect-error a holder of a key belongs to no workspace
  const holder = defineRoute({ ...base, access: 'internal-key', takes: { body: naming }, handle: done })
  const nameless = { schema: z.strictObject({}), bytesMax: 1, namesWorkspace: true } as const
  // @ts-expect-error the body names no workspace
  const missing = defineRoute({ ...base, access: 'member', takes: { body: nameless }, handle: done })
  expect([member, holder, missing]).toHaveLength(3)
})

test('nothing but defineRoute makes a route', () => {
  // @ts-expect-error its types would not be checked against each other
  const route: Route = { ...base, access: 'member', takes: {}, handle: done }
  expect(route.takes).toEqual({})
})
