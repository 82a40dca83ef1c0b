import type { z } from 'zod'
import { joinBytes } from '../../shared/bytes.ts'
import type { Clock } from '../../shared/clock.ts'
import { parsePhone, regionOf } from '../../shared/contact-points/phone.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { deploymentId } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import { leadByPhone } from '../../shared/resources/contacts/lead-by-phone.ts'
import { leadContext } from '../../shared/resources/conversations/lead-context.ts'
import { leadGreeting } from '../../shared/resources/conversations/lead-greeting.ts'
import type { Question } from '../../shared/resources/question.ts'
import { organizationByPhone } from '../../shared/resources/workspace/organization-by-phone.ts'
import { workspaceConfig } from '../../shared/resources/workspace/workspace-config.ts'
import type { AnswerQuestion } from '../cache/answer.ts'
import type { ReadAnswer } from '../cache/read.ts'
import type { SettingsCaller } from '../cache/settings-reader.ts'
import { plainWish } from '../cache/wish.ts'
import { ageSeconds } from '../entry/entry.ts'
import type { Lookups, Part } from './gathering.ts'
import { unknown } from './gathering.ts'
import * as parts from './parts.ts'

interface LookupOptions {
  readonly answer: AnswerQuestion
  readonly clock: Clock
  readonly caller: SettingsCaller
  readonly edgeLocation: string
  readonly startedAtMs: number
}

const decoder = new TextDecoder()

/** Creates the lookups of one call. They read as the CRM's backend does, through every tier. */
export function createLookups(options: LookupOptions): Lookups {
  async function ask<Schema extends z.ZodType>(
    question: Question,
    workspaceId: WorkspaceId,
    schema: Schema,
  ): Promise<Part<z.output<Schema>>> {
    const { answer, caller, clock, startedAtMs } = options
    // An older entry is better than none. To have time for what comes after it, a lookup waits half of what is left.
    const leftMs = Math.max(0, startedAtMs + limits.voiceGatherMs - clock.now())
    const wish = { ...plainWish, patienceMs: leftMs / 2 }
    const read = await answer({ question, workspaceId, caller, wish })
    if (!read.ok) return unknown('unavailable')
    const { source, entry, doubt } = read.value
    const basis = { isFromDatabase: source === 'database', isInDoubt: doubt !== null }
    if (!entry.found) return { data: null, source: 'none', ...basis }
    const parsed = schema.safeParse(presented(question, read.value, options))
    return parsed.success ? { data: parsed.data, source, ...basis } : unknown('unavailable')
  }

  return {
    async organization({ called }) {
      const question = organizationByPhone.questionOf({ phone: called })
      return memberOf(await ask(question, deploymentId, parts.organizationAnswerSchema), 'organization')
    },
    configuration: (workspaceId) =>
      ask(workspaceConfig.questionOf({}), workspaceId, parts.configurationSchema),
    async lead(workspaceId, { caller }, region) {
      const phone = parsePhone(caller, regionOf(region))
      if (!phone.ok) return unknown('not_given')
      const question = leadByPhone.questionOf({ phone: phone.value })
      return memberOf(await ask(question, workspaceId, parts.leadAnswerSchema), 'lead')
    },
    context: (workspaceId, id) => ask(leadContext.questionOf({ id }), workspaceId, parts.callContextSchema),
    greeting: (workspaceId, id) =>
      ask(leadGreeting.questionOf({ id, channel: 'voice' }), workspaceId, parts.greetingSchema),
  }
}

function memberOf<Name extends string, Data>(
  { data, ...rest }: Part<Readonly<Record<Name, Data>>>,
  name: Name,
): Part<Data> {
  return { data: data === null ? null : data[name], ...rest }
}

/** The answer's `data`, as a reader over HTTP gets it: with what depends on the time of day. */
function presented(
  { resource }: Question,
  { entry, status, source, lifetimeSeconds, isCacheEnabled, currentAtMs }: ReadAnswer,
  { clock, edgeLocation, startedAtMs }: LookupOptions,
): unknown {
  const nowMs = clock.now()
  const body = resource.present(entry.body, {
    ...{ status, source, edgeLocation, isCacheEnabled, userId: null },
    ttlSeconds: lifetimeSeconds,
    ageSeconds: ageSeconds(entry.createdAtMs, nowMs),
    provedAgeSeconds: ageSeconds(currentAtMs, nowMs),
    responseTimeMs: nowMs - startedAtMs,
    retrievedAtMs: nowMs,
  })
  return JSON.parse(decoder.decode(joinBytes(body)))
}
