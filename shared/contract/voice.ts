import { z } from 'zod'
import { phoneNumberSchema } from '../contact-points/phone.ts'
import { callIdSchema, contactIdSchema, versionSchema } from '../ids.ts'
import { instant } from '../instant.ts'
import { limits } from '../limits.ts'
import { storableText, text } from '../text.ts'
import { sourceNames } from './tier-names.ts'

/*
 * The webhooks of a voice platform, as ElevenLabs sends them (its documentation, "Twilio personalization" and "Post-call
 * webhooks"). Members that are not named here are ignored: the platform adds new ones at any time.
 */

const platformText = (example: string) =>
  storableText(0, limits.callTextCharactersMax)
    .nullish()
    .meta({ examples: [example] })

/** A member that counts as left out if it is not valid, so that a call keeps what its other members say. */
const optionalText = (example: string) =>
  platformText(example)
    .catch(null)
    .meta({ examples: [example] })

/** The platform's request before it picks up a call. */
export const callStartSchema = z.object({
  caller_id: optionalText('+15550100123'),
  called_number: optionalText('+15550100456'),
  agent_id: optionalText('agent_0042'),
  call_sid: optionalText('CA0042'),
})
export type CallStart = z.output<typeof callStartSchema>

/**
 * Where a part of the variables comes from: a tier or the database; `none` if it does not exist; else the reason why its
 * variables have their defaults. `not_given`: the request does not name a valid number. `not_asked`: a part before it failed.
 */
const partSourceSchema = z.enum([
  ...sourceNames,
  ...(['none', 'timeout', 'unavailable', 'rate_limited', 'not_given', 'not_asked'] as const),
])
export type PartSource = z.output<typeof partSourceSchema>

/**
 * The variables as a whole. `cache`: all parts are from tiers. `database`: some are from the database. `stale`: some could not be
 * proved current, because the ledger or the origin did not answer. `partial`: some have their defaults. `defaults`: all have.
 */
const contextSourceSchema = z.enum(['cache', 'database', 'stale', 'partial', 'defaults'])
export type ContextSource = z.output<typeof contextSourceSchema>

const variable = z.string().max(limits.variableCharactersMax)

/** The variables that an agent's prompt may name. All of them are in every answer, since a missing one ends a call. */
export const dynamicVariablesSchema = z.object({
  /** The id that the platform gave to the call, or an empty text. */
  call_id: variable,
  workspace_id: variable,
  organization_name: variable,
  /** BCP 47: the lead's language if it is known, else the organization's. */
  language: variable,
  time_zone: variable,
  /** The organization's local time in ISO 8601, at the moment of the answer. */
  local_time: variable,
  is_working_hours: z.boolean(),
  is_known_caller: z.boolean(),
  lead_id: variable,
  lead_name: variable,
  lead_company: variable,
  lead_status: variable,
  /** At most five messages, the oldest first, one on each line. */
  last_messages: variable,
  summary: variable,
  /** One on each line. */
  open_questions: variable,
  answered_by: z.enum(['ai', 'human']),
  context_source: contextSourceSchema,
  organization_source: partSourceSchema,
  lead_source: partSourceSchema,
  conversation_source: partSourceSchema,
  greeting_source: partSourceSchema,
})
export type DynamicVariables = z.output<typeof dynamicVariablesSchema>

/** The answer to the platform, literally as it expects it. */
export const conversationInitiationSchema = z
  .object({
    type: z.literal('conversation_initiation_client_data'),
    dynamic_variables: dynamicVariablesSchema,
    conversation_config_override: z.object({ agent: z.object({ first_message: variable }) }),
  })
  .meta({
    examples: [
      {
        type: 'conversation_initiation_client_data',
        dynamic_variables: {
          call_id: 'CA0042',
          workspace_id: '15214',
          organization_name: 'Acme',
          language: 'en',
          time_zone: 'America/New_York',
          local_time: '2026-01-31T09:30:00-05:00',
          is_working_hours: true,
          is_known_caller: true,
          lead_id: 'contact_000042',
          lead_name: 'John Doe',
          lead_company: 'Example Inc.',
          lead_status: 'qualified',
          last_messages: 'Lead: When can you deliver?',
          summary: 'John asked for an offer.',
          open_questions: 'When can you deliver?',
          answered_by: 'ai',
          context_source: 'cache',
          organization_source: 'memory',
          lead_source: 'memory',
          conversation_source: 'memory',
          greeting_source: 'memory',
        },
        conversation_config_override: { agent: { first_message: 'Good morning, John! How can I help you?' } },
      },
    ],
  })
export type ConversationInitiation = z.output<typeof conversationInitiationSchema>

/** The platform's id of a conversation, with room for the number of a message behind it. */
const conversationIdSchema = callIdSchema.refine((id) => id.length <= 120, 'must have at most 120 characters')

/** A turn of a transcript. A turn without text is a pause, or the call of a tool. */
const turnSchema = z.object({
  role: z.string(),
  message: z.string().nullish(),
  time_in_call_secs: z.number().min(0).max(86_400).nullish(),
})

const phoneCallSchema = z.object({
  /** The number of the agent, whoever called. */
  agent_number: platformText('+15550100456'),
  external_number: platformText('+15550100123'),
  call_sid: platformText('CA0042'),
})

/** `value` is what the agent's analysis collected under that name. */
const collectedSchema = z.object({ value: z.unknown() })

/** The end of a call with its transcript and its analysis. */
export const endedCallSchema = z.object({
  type: z.literal('post_call_transcription'),
  data: z.object({
    conversation_id: conversationIdSchema,
    transcript: z.array(turnSchema).max(limits.transcriptTurnsMax),
    metadata: z.object({
      start_time_unix_secs: z.int().min(0).max(32_503_680_000),
      call_duration_secs: z.number().min(0).max(86_400).nullish(),
      phone_call: phoneCallSchema.nullish(),
    }),
    analysis: z
      .object({
        transcript_summary: z.string().nullish(),
        data_collection_results: z.object({ open_questions: collectedSchema.nullish() }).nullish(),
      })
      .nullish(),
  }),
})
export type EndedCall = z.output<typeof endedCallSchema>

/** Another event of the platform, which is accepted and not stored. */
export const otherVoiceEventSchema = z.object({
  type: z
    .string()
    .min(1)
    .max(limits.callTextCharactersMax)
    .meta({ examples: ['post_call_audio'] }),
})

/** A call as the origin stores it. The caller's number may be a local one of the organization's country. */
export const storedCallSchema = z.strictObject({
  conversationId: conversationIdSchema,
  /** The id of the conversation's row: that of the call, if the platform names it. */
  callId: callIdSchema,
  calledPhone: phoneNumberSchema,
  callerPhone: text(1, limits.phoneCharactersMax),
  startedAt: instant,
  endedAt: instant,
  messages: z
    .array(
      z.strictObject({
        direction: z.enum(['inbound', 'outbound']),
        body: text(1, limits.messageCharactersMax),
        sentAt: instant,
      }),
    )
    .max(limits.callMessagesMax),
  summary: z
    .strictObject({
      text: text(1, limits.summaryCharactersMax),
      openQuestions: z.array(text(1, limits.openQuestionCharactersMax)).max(limits.openQuestionsMax),
    })
    .nullable(),
})
export type StoredCall = z.output<typeof storedCallSchema>

/**
 * The outcome of storing an ended call. `stored`: with its messages and its summary. `known`: it was stored before. `ignored`: there is
 * nothing to store it under, for the reason given.
 */
export const callOutcomeSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('stored'),
    conversation_id: callIdSchema,
    lead_id: contactIdSchema,
    /** Whether the call made a lead of an unknown number. */
    is_new_lead: z.boolean(),
    version: versionSchema.nullable(),
    invalidation: z.enum(['done', 'pending']),
  }),
  z.object({ status: z.literal('known'), conversation_id: callIdSchema }),
  z.object({
    status: z.literal('ignored'),
    reason: z.enum(['other_event', 'no_phone_call', 'caller_unknown', 'organization_unknown', 'no_board']),
  }),
])
export type CallOutcome = z.output<typeof callOutcomeSchema>
