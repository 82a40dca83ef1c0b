import { z } from 'zod'
import { parseDomain } from '../../shared/contact-points/domain.ts'
import { parseEmail } from '../../shared/contact-points/email.ts'
import type { Fault } from '../../shared/contract/error-shown.ts'
import type { WireError } from '../../shared/contract/errors.ts'
import {
  mailBodySchema,
  mailEnvelopeHeader,
  mailEnvelopeSchema,
} from '../../shared/contract/inbound-email.ts'
import {
  type MailMetrics,
  mailMetricsSchema,
  mailQueuedSchema,
  mailTakenSchema,
  mailWebhookStatusSchema,
} from '../../shared/contract/inbound-email-answers.ts'
import {
  type MailFigures,
  mailAllowanceSchema,
  mailDomainsSchema,
  mailFiguresSchema,
  mailListSchema,
  mailQueueSchema,
  mailSettingsChangeSchema,
  mailSettingsSchema,
} from '../../shared/contract/inbound-email-figures.ts'
import { inboundEmailRoutes, mailListQuery } from '../../shared/contract/inbound-email-routes.ts'
import { emailOfJson } from '../../shared/inbound-email/json-email.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'
import type { JobsCaller } from '../auth/callers.ts'
import { enveloped, respondData, respondJson } from '../http/answers.ts'
import { type Call, defineRoute, type Route } from '../http/route.ts'
import { type Arriving, takeEmail, takeMessage } from '../inbound-email/take-mail.ts'

/*
 * Inbound e-mail (SPEC 10). Mail comes by the first of these routes as JSON or as MIME, and by Email Routing (routes/routed-mail.ts).
 * The others pass its figures and settings on from the origin.
 */

const path = '/api/email-webhook'
const originErrors = ['overloaded', 'origin_unavailable', 'origin_timeout'] as const

const webhook = defineRoute({
  method: 'POST',
  path,
  summary: 'Take in a message, once however often it comes',
  description: `As JSON, or as \`message/rfc822\` as it was sent. 200: it is stored, or was before (\`state\`). 202: it is kept and waits in the queue. 429: its sender, or the sender's domain, has sent as many as it may within an hour. After 408, 429, 503 and 504, and after a broken connection, it may be sent again, and is taken once. The workspace is that of an address among the recipients, of the envelope in \`${mailEnvelopeHeader}\` if there is one.`,
  access: 'email-sender',
  takes: {
    headers: { described: envelopeDescribed(), read: readEnvelope },
    body: {
      schema: mailBodySchema,
      bytesMax: limits.mailJsonBytesMax,
      messageBytesMax: limits.mailMimeBytesMax,
      isSigned: true,
      arrivesWithinMs: limits.arrivalDeadlineMs,
    },
  },
  gives: mailTakenSchema,
  givesAccepted: mailQueuedSchema,
  errors: [
    ...(['message_unreadable', 'invalid_parameter', 'recipient_unknown', 'request_timeout'] as const),
    ...(['rate_limited', 'write_unconfirmed', ...originErrors] as const),
  ],
  async handle({ services, input, requestId, trace, startedAtMs, keepAlive }) {
    const { body, headers: envelope } = input
    const caller = { kind: 'service', userId: null, requestId, trace } as const
    const arriving = (way: Arriving['way']): Arriving => ({ way, startedAtMs, caller, keepAlive })
    if (body.kind === 'message') {
      const { bytes, lengthBytes } = body
      return answered(await takeMessage(services.mail, { bytes, lengthBytes, envelope }, arriving('mime')))
    }
    const json = await body.json
    if (!json.ok) return json
    const email = await emailOfJson(json.value)
    if (!email.ok) return err({ code: 'invalid_body', details: email.error })
    return answered(await takeEmail(services.mail, email.value, arriving('json')))
  },
})

function answered(taken: Awaited<ReturnType<typeof takeEmail>>): Result<Response, WireError> {
  return taken.ok ? ok(respondJson(taken.value.body, taken.value.status)) : taken
}

function envelopeDescribed() {
  return {
    [mailEnvelopeHeader]:
      'Only with a message of MIME: percent-encoded JSON of `{"from", "to": []}`, the addresses of its SMTP envelope, for recipients that its header does not name.',
  } as const
}

/** The envelope of a message; null without one. */
function readEnvelope(headers: { get(name: typeof mailEnvelopeHeader): string | null }) {
  const given = headers.get(mailEnvelopeHeader)
  if (given === null) return ok(null)
  const message = 'must be percent-encoded JSON of {"from": "…", "to": ["…"]}'
  try {
    const envelope = mailEnvelopeSchema.safeParse(JSON.parse(decodeURIComponent(given)))
    if (envelope.success) return ok(envelope.data)
  } catch {
    // It is not JSON, or not percent-encoded.
  }
  return err([{ parameter: mailEnvelopeHeader, message }])
}

const status = defineRoute({
  method: 'GET',
  path,
  summary: 'Whether the webhook of inbound e-mail is there',
  access: 'public',
  takes: {},
  gives: mailWebhookStatusSchema,
  errors: [],
  async handle({ services }) {
    const timestamp = new Date(services.clock.now()).toISOString()
    return ok(respondJson({ status: 'active', endpoint: 'email-webhook', timestamp }))
  },
})

type FiguresCall = Pick<Call<JobsCaller, unknown>, 'services' | 'caller'>

/** Reads figures of the caller's workspace, or of all. */
function read<Schema extends z.ZodType>(
  { services, caller }: FiguresCall,
  schema: Schema,
  route: { readonly path: string },
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<Result<z.output<Schema>, WireError>> {
  const asked = new URLSearchParams()
  if (caller.workspaceId !== null) asked.set('workspaceId', caller.workspaceId)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) asked.set(name, value)
  const asService = { ...caller.caller, kind: 'service', userId: null } as const
  return services.origin.read(schema, { path: `${route.path}?${asked}` }, asService)
}

const wholeDays = z
  .string()
  .regex(/^\d{1,2}$/, `must be a whole number from 1 to ${limits.mailFiguresDaysMax}`)
  .transform(Number)
  .pipe(z.int().min(1).max(limits.mailFiguresDaysMax))

const metrics = defineRoute({
  method: 'GET',
  path: `${path}/metrics`,
  summary: 'How many messages were received, processed, failed, recognized, limited and queued',
  description:
    'By day for 30 days and by hour for 24 hours, in UTC, and how long processing took. `by=domain` answers the busiest domains of senders of a day instead, at most 50.',
  access: 'email-figures',
  takes: {
    query: z.strictObject({
      days: wholeDays.default(7),
      by: z.enum(['domain']).optional(),
      day: z.iso.date().optional(),
    }),
  },
  gives: z.union([mailMetricsSchema, mailDomainsSchema]),
  errors: originErrors,
  async handle(call) {
    const { by, day, days } = call.input.query
    if (by === 'domain') {
      const domains = await read(call, mailDomainsSchema, inboundEmailRoutes.mailDomains, { day })
      return domains.ok ? ok(respondJson(domains.value)) : domains
    }
    if (day !== undefined) {
      return err({
        code: 'invalid_parameter',
        details: [{ parameter: 'day', message: 'must only be given with by=domain' }],
      })
    }
    const figures = await read(call, mailFiguresSchema, inboundEmailRoutes.mailFigures, {
      days: String(days),
    })
    return figures.ok ? ok(respondJson(metricsOf(figures.value))) : figures
  },
})

function metricsOf(figures: MailFigures): MailMetrics {
  const days = Object.values(figures.daily)
  const duplicates = days.reduce((sum, day) => sum + day.duplicates, 0)
  const byRedis = days.reduce((sum, day) => sum + day.duplicatesByRedis, 0)
  const share = (part: number) => (duplicates === 0 ? null : part / duplicates)
  return { ...figures, duplicateShare: { redis: share(byRedis), database: share(duplicates - byRedis) } }
}

const allowance = defineRoute({
  method: 'GET',
  path: `${path}/rate-limit`,
  summary: 'What a sender may still send to a workspace within the hour',
  access: 'email-figures',
  takes: { query: z.strictObject({ email: z.string().min(1).max(limits.typedEmailCharactersMax) }) },
  gives: mailAllowanceSchema,
  errors: ['workspace_missing', 'write_unconfirmed', ...originErrors],
  async handle({ services, caller, input }) {
    const { workspaceId } = caller
    if (workspaceId === null) return err({ code: 'workspace_missing' })
    const email = parseEmail(input.query.email)
    if (!email.ok) {
      return err({ code: 'invalid_parameter', details: [{ parameter: 'email', message: email.error }] })
    }
    const { method, path: originPath } = inboundEmailRoutes.mailAllowance
    const asked = { method, path: originPath, body: { workspaceId, email: email.value } }
    const asService = { ...caller.caller, kind: 'service', userId: null } as const
    const answer = await services.origin.write(mailAllowanceSchema, asked, asService)
    return answer.ok ? ok(respondJson(answer.value)) : answer
  },
})

const queue = defineRoute({
  method: 'GET',
  path: `${path}/queue`,
  summary: 'How many messages wait, by priority, and for how long the oldest has waited',
  access: 'email-figures',
  takes: {},
  gives: mailQueueSchema,
  errors: originErrors,
  async handle(call) {
    const waiting = await read(call, mailQueueSchema, inboundEmailRoutes.mailQueue)
    return waiting.ok ? ok(respondJson(waiting.value)) : waiting
  },
})

const messages = defineRoute({
  method: 'GET',
  path: `${path}/messages`,
  summary: 'The newest messages and their way through, without addresses and contents',
  access: 'jobs',
  takes: { query: mailListQuery.omit({ workspaceId: true }) },
  gives: enveloped(mailListSchema),
  errors: originErrors,
  async handle(call) {
    const list = await read(call, mailListSchema, inboundEmailRoutes.mailList, call.input.query)
    return list.ok ? ok(respondData(list.value)) : list
  },
})

const settings = defineRoute({
  method: 'GET',
  path: `${path}/settings`,
  summary: "The workspace's limits of inbound e-mail, and the senders and domains without one",
  access: 'service-or-admin',
  takes: {},
  gives: enveloped(mailSettingsSchema),
  errors: originErrors,
  async handle({ services, caller: { workspaceId, caller } }) {
    const { path: originPath } = inboundEmailRoutes.mailSettings
    const answer = await services.origin.read(mailSettingsSchema, { path: originPath, workspaceId }, caller)
    return answer.ok ? ok(respondData(answer.value)) : answer
  },
})

const changeSettings = defineRoute({
  method: 'POST',
  path: `${path}/settings`,
  summary: "Change the workspace's limits of inbound e-mail; what is left out stays as it is",
  description:
    'In force for every message that the database decides on, and within a minute for a sender who was refused.',
  access: 'service-or-admin',
  takes: { body: { schema: mailSettingsChangeSchema, bytesMax: limits.mailSettingsBodyBytesMax } },
  gives: enveloped(mailSettingsSchema),
  errors: ['write_unconfirmed', ...originErrors],
  async handle({ services, caller: { workspaceId, caller }, input }) {
    const folded = foldSettings(input.body)
    if (!folded.ok) return err({ code: 'invalid_body', details: folded.error })
    const { method, path: originPath } = inboundEmailRoutes.changeMailSettings
    const change = { method, path: originPath, body: folded.value, workspaceId }
    const answer = await services.origin.write(mailSettingsSchema, change, caller)
    return answer.ok ? ok(respondData(answer.value)) : answer
  },
})

type SettingsChange = z.output<typeof mailSettingsChangeSchema>

/** Addresses and domains in the notation in which they are compared. */
function foldSettings(change: SettingsChange): Result<SettingsChange, Fault[]> {
  const faults: Fault[] = []
  const folded = (
    name: 'exemptSenders' | 'exemptDomains',
    fold: (text: string) => Result<string, string>,
  ) => {
    const given = change[name]
    if (given === undefined) return {}
    const values = given.flatMap((text, index) => {
      const value = fold(text)
      if (value.ok) return [value.value]
      faults.push({ parameter: `${name}.${index}`, message: value.error })
      return []
    })
    return { [name]: [...new Set(values)] }
  }
  const result = {
    ...change,
    ...folded('exemptSenders', parseEmail),
    ...folded('exemptDomains', parseDomain),
  }
  return faults.length > 0 ? err(faults) : ok(result)
}

export const mailRoutes: readonly Route[] = [
  ...[webhook, status, metrics, allowance, queue, messages],
  ...[settings, changeSettings],
]
