import { z } from 'zod'
import {
  communicationIdSchema,
  companyIdSchema,
  contactIdSchema,
  threadIdSchema,
  workspaceIdSchema,
} from '../ids.ts'
import { instant } from '../instant.ts'
import { limits } from '../limits.ts'
import { text } from '../text.ts'

/*
 * Inbound e-mail (SPEC 10). A message comes as JSON (`mailBodySchema`), as MIME, or through Email Routing; all three become an
 * `InboundEmail`. The origin adds what follows from the sender's domain (`senderFactsSchema`), and the database decides.
 */

export const importanceSchema = z.enum(['low', 'normal', 'high'])
export type Importance = z.output<typeof importanceSchema>

/** An address as the sender of the JSON wrote it. An invalid one is refused with a sentence, or left out where that does no harm. */
const writtenAddressSchema = z.object({
  name: z.string().max(1_000).nullish(),
  email: z.string().max(1_000),
})

const headerValueSchema = z.union([z.string(), z.array(z.string())])

/** A message as JSON. Members that are not named here are ignored: providers add new ones at any time. */
export const mailBodySchema = z.object({
  /** A message without an id gets one from a digest of what it is. */
  messageId: z.string().nullish(),
  /** An empty address is the sender of bounces and other automatic answers (RFC 5321 section 4.5.5). */
  from: writtenAddressSchema,
  to: z.array(writtenAddressSchema).max(limits.mailRecipientsMax),
  cc: z.array(writtenAddressSchema).max(limits.mailRecipientsMax).nullish(),
  subject: z.string().nullish(),
  /** RFC 3339 or RFC 5322. */
  date: z.string().max(200).nullish(),
  threadId: z.string().nullish(),
  inReplyTo: z.string().nullish(),
  references: z.union([z.string(), z.array(z.string())]).nullish(),
  importance: importanceSchema.nullish(),
  attachments: z
    .array(
      z.object({
        name: z.string().nullish(),
        contentType: z.string().nullish(),
        size: z.number().nullish(),
      }),
    )
    .max(1_000)
    .nullish(),
  text: z.string().nullish(),
  html: z.string().nullish(),
  headers: z
    .union([
      z.record(z.string(), headerValueSchema),
      z.array(z.object({ name: z.string(), value: z.string() })),
    ])
    .nullish(),
})
export type MailBody = z.output<typeof mailBodySchema>

/** An address with A to Z folded and its domain in ASCII, as contact-points/email.ts parses it. */
const foldedAddress = text(3, limits.emailCharactersMax)
const digest = z.string().regex(/^[0-9a-f]{64}$/)
const mailId = text(1, limits.mailIdCharactersMax)

/** Why a message is taken for an automatic one (RFC 3834, RFC 2369, RFC 2919). The database adds `own_address` and `loop`. */
export const automationSchema = z.enum(['auto_submitted', 'precedence', 'list', 'empty_sender'])
export type Automation = z.output<typeof automationSchema>

/** The calendar part of a message (RFC 5545, RFC 5546): an invitation or an update, its cancellation, or somebody's answer. */
export const meetingSchema = z.strictObject({
  uid: text(1, limits.meetingTextCharactersMax),
  method: z.enum(['request', 'cancel', 'reply', 'publish', 'counter']),
  /** Grows with each update of the meeting. */
  sequence: z.int().min(0).max(2_147_483_647),
  summary: text(0, limits.meetingTextCharactersMax),
  location: text(0, limits.meetingTextCharactersMax).nullable(),
  startsAt: instant.nullable(),
  endsAt: instant.nullable(),
  isAllDay: z.boolean(),
  organizer: foldedAddress.nullable(),
  attendees: z.array(foldedAddress).max(limits.meetingAttendeesMax),
})
export type Meeting = z.output<typeof meetingSchema>

/** A message in the one form that Worker, origin and database share. Texts are cut to their bounds. */
export const inboundEmailSchema = z.strictObject({
  /** Without angle brackets. If the message has none: `<digest of the whole>@no-id.invalid`. */
  messageId: mailId,
  isIdGiven: z.boolean(),
  /** SHA-256 in hexadecimal of From, Date and Subject as they were written: the same id with another digest is another message. */
  digest,
  /** Null if the sender is empty. */
  from: z
    .strictObject({ address: foldedAddress, name: text(1, limits.mailNameCharactersMax).nullable() })
    .nullable(),
  /** The addresses among which one of a workspace is looked for: the envelope's if there is one, else `to` and `cc`; none twice. */
  recipients: z.array(foldedAddress).min(1).max(limits.mailRecipientsMax),
  /** The first addresses of `to` and `cc`, to be shown. */
  to: z.array(foldedAddress).max(limits.recipientsMax),
  subject: text(0, limits.subjectCharactersMax),
  sentAt: instant.nullable(),
  threadId: text(1, limits.mailThreadIdCharactersMax).nullable(),
  /** The ids of In-Reply-To and References without angle brackets, the nearest first, none twice. */
  references: z.array(mailId).max(limits.mailReferencesMax),
  /** Whether it is an answer: it has references, or a subject that begins with `Re:` or its like. */
  isReply: z.boolean(),
  importance: importanceSchema,
  automated: automationSchema.nullable(),
  text: text(0, limits.mailTextCharactersMax),
  attachments: z
    .array(
      z.strictObject({
        name: text(1, limits.attachmentNameCharactersMax),
        contentType: text(1, limits.attachmentTypeCharactersMax),
        sizeBytes: z.int().min(0),
      }),
    )
    .max(limits.attachmentsMax),
  meeting: meetingSchema.nullable(),
})
export type InboundEmail = z.output<typeof inboundEmailSchema>

/** The facts that follow from the sender's domain. The origin adds them, since the public suffix list is too large for the Worker. */
export const senderFactsSchema = z.strictObject({
  /** The registrable domain, in ASCII; null if the sender has none, such as an address at an IP number. */
  domain: text(3, limits.domainCharactersMax).nullable(),
  isFreeMail: z.boolean(),
  /** The name of a company of that domain, by rule; null if there is to be no company. */
  companyName: text(1, limits.companyNameCharactersMax).nullable(),
})
export type SenderFacts = z.output<typeof senderFactsSchema>

/** The form that the SQL functions take as `p_mail`. */
export const judgedEmailSchema = inboundEmailSchema.extend({ sender: senderFactsSchema })
export type JudgedEmail = z.output<typeof judgedEmailSchema>

/** The SMTP envelope of a message as MIME, in the header `mailEnvelopeHeader` as percent-encoded JSON. */
export const mailEnvelopeHeader = 'X-Mail-Envelope'
export const mailEnvelopeSchema = z.strictObject({
  from: z.string().max(1_000),
  to: z.array(z.string().max(1_000)).min(1).max(limits.mailRecipientsMax),
})
export type MailEnvelope = z.output<typeof mailEnvelopeSchema>

export const prioritySchema = z.enum(['high', 'normal', 'low'])
export type MailPriority = z.output<typeof prioritySchema>

/** Why a communication is marked: `loop` if the same two addresses answered each other too often within an hour. */
export const mailMarkSchema = z.enum([...automationSchema.options, 'own_address', 'loop'])

/**
 * The outcome of a message in one workspace. `seen`: it was taken before; `processing` while it waits in the queue. `limited`: it was
 * not taken, and may be sent again after `limitedUntil`, when the sender's (or the domain's) oldest message of the hour leaves it.
 */
export const mailOutcomeSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('processed'),
    workspaceId: workspaceIdSchema,
    communicationId: communicationIdSchema,
    companyId: companyIdSchema.nullable(),
    contactId: contactIdSchema.nullable(),
    threadId: threadIdSchema,
    automated: mailMarkSchema.nullable(),
    /** Whether another message with the same id and another digest was taken before. */
    isIdReused: z.boolean(),
  }),
  z.object({ status: z.literal('queued'), workspaceId: workspaceIdSchema, priority: prioritySchema }),
  z.object({
    status: z.literal('seen'),
    workspaceId: workspaceIdSchema,
    state: z.enum(['processing', 'completed']),
    processedAt: z.iso.datetime({ offset: true }).nullable(),
  }),
  z.object({
    status: z.literal('limited'),
    workspaceId: workspaceIdSchema,
    scope: z.enum(['sender', 'domain']),
    retryAfterSeconds: z.int().positive(),
    limitedUntil: z.iso.datetime({ offset: true }),
  }),
])
export type MailOutcome = z.output<typeof mailOutcomeSchema>

/** The origin's answer: one outcome for each workspace that has an address among the recipients, in the order of the recipients. */
export const takenMailSchema = z.object({
  messageId: mailId,
  digest,
  /** The sender's registrable domain, whose limit it was. */
  senderDomain: z.string().nullable(),
  outcomes: z.array(mailOutcomeSchema).min(1),
})
export type TakenMail = z.output<typeof takenMailSchema>

/**
 * The outcome that answers for the whole message: the first of `limited`, `queued`, `processed`, `seen` that there is. A message
 * that is sent again after 429 is known where it was taken.
 */
export function decidingOutcome({ outcomes }: Pick<TakenMail, 'outcomes'>): MailOutcome {
  const order = ['limited', 'queued', 'processed', 'seen'] as const
  const deciding = order.map((status) => outcomes.find((each) => each.status === status)).find(Boolean)
  if (deciding === undefined) throw new Error('a message has an outcome in each workspace')
  return deciding
}
