import type {
  CallStart,
  ContextSource,
  ConversationInitiation,
  DynamicVariables,
  PartSource,
} from '../../shared/contract/voice.ts'
import { chooseGreeting, greetingText, inOneLine } from '../../shared/greetings/greeting.ts'
import { limits } from '../../shared/limits.ts'
import type { LocalTime } from '../../shared/local-time.ts'
import { isWorkingTime, localTime, partOfDay } from '../../shared/local-time.ts'
import type { Gathered, Part } from './gathering.ts'

const defaultLanguage = 'en'
const defaultTimeZone = 'UTC'

/** Makes the answer to the platform of what is known at `nowMs`. Every variable has a value, whatever is not known. */
export function initiationOf(
  gathered: Gathered,
  call: CallStart | null,
  nowMs: number,
): ConversationInitiation {
  const { organization, configuration, lead, context, greeting } = gathered
  const greetingPart = lead.data === null ? configuration : greeting
  const language = lead.data?.language ?? organization.data?.language ?? defaultLanguage
  const local = localTime(nowMs, organization.data?.time_zone ?? defaultTimeZone)
  const firstMessage = greeting.data?.text ?? greetingWithout(gathered, local)
  const variables: DynamicVariables = {
    call_id: clipped(call?.call_sid ?? ''),
    workspace_id: organization.data?.workspace_id ?? '',
    organization_name: inOneLine(organization.data?.name ?? null),
    language,
    time_zone: local.timeZone,
    local_time: local.iso,
    is_working_hours:
      context.data?.is_working_hours ?? isWorkingTime(local, configuration.data?.working_hours ?? {}),
    is_known_caller: lead.data !== null,
    lead_id: lead.data?.id ?? '',
    lead_name: inOneLine(lead.data?.name ?? null),
    lead_company: inOneLine(lead.data?.company?.name ?? null),
    lead_status: inOneLine(lead.data?.lead_status ?? null),
    last_messages: lastMessages(gathered),
    summary: clipped(context.data?.summary?.text ?? ''),
    open_questions: clipped((context.data?.open_questions ?? []).map(inOneLine).join('\n')),
    answered_by: context.data?.control.answered_by ?? 'ai',
    context_source: contextSourceOf(organization, lead, context, greetingPart),
    organization_source: organization.source,
    lead_source: lead.source,
    conversation_source: context.source,
    greeting_source: greetingPart.source,
  }
  return {
    type: 'conversation_initiation_client_data',
    dynamic_variables: variables,
    conversation_config_override: { agent: { first_message: clipped(firstMessage) } },
  }
}

/** The greeting of a caller whose own could not be read or who is no lead: from the same templates, with what is known. */
function greetingWithout({ organization, configuration, lead }: Gathered, local: LocalTime): string {
  const template = chooseGreeting({
    channel: 'voice',
    leadLanguage: lead.data?.language ?? null,
    organizationLanguage: organization.data?.language ?? defaultLanguage,
    ownTemplate: configuration.data?.greetings.voice ?? null,
    hasTalked: false,
  })
  const values = {
    name: lead.data?.name ?? null,
    company: lead.data?.company?.name ?? null,
    organization: organization.data?.name ?? null,
  }
  return greetingText(template, values, partOfDay(local))
}

const speakers = { inbound: 'Lead', outbound: 'Agent' } as const

function lastMessages({ context }: Gathered): string {
  const newestFirst = context.data?.last_messages ?? []
  const charactersMax = Math.floor(limits.variableCharactersMax / Math.max(1, newestFirst.length)) - 10
  return newestFirst
    .toReversed()
    .map(({ direction, body }) => `${speakers[direction]}: ${clipped(inOneLine(body), charactersMax)}`)
    .join('\n')
}

/** A text of at most this many UTF-16 units. A pair that would be cut in half is left out. */
function clipped(text: string, charactersMax: number = limits.variableCharactersMax): string {
  if (text.length <= charactersMax) return text
  const kept = text.slice(0, charactersMax - 1)
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}…`
}

/** The reasons for which a part has its defaults. That something does not exist is known, and is no such reason. */
const missing: ReadonlySet<PartSource> = new Set([
  'timeout',
  'unavailable',
  'rate_limited',
  'not_given',
  'not_asked',
])

function contextSourceOf(organization: Part<unknown>, ...others: readonly Part<unknown>[]): ContextSource {
  // Without an organization nothing else was looked up.
  if (organization.data === null) return 'defaults'
  const parts = [organization, ...others]
  const known = parts.filter(({ source }) => !missing.has(source))
  if (known.length < parts.length) return 'partial'
  if (known.some(({ isInDoubt }) => isInDoubt)) return 'stale'
  return known.some(({ isFromDatabase }) => isFromDatabase) ? 'database' : 'cache'
}
