import { z } from 'zod'
import {
  type CallOutcome,
  callOutcomeSchema,
  callStartSchema,
  conversationInitiationSchema,
  endedCallSchema,
  otherVoiceEventSchema,
} from '../../shared/contract/voice.ts'
import { limits } from '../../shared/limits.ts'
import { ok } from '../../shared/result.ts'
import { respondJson } from '../http/answers.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { storedCallOf } from '../voice/ended-call.ts'
import { initiate } from '../voice/initiation.ts'
import { createLookups } from '../voice/lookups.ts'

/*
 * The webhooks of a voice platform (shared/contract/voice.ts). Their answers are literal, as the platform expects them. A request
 * that was verified belongs to a call that is waiting, so it is always answered, with defaults for what is not known.
 */

const initiation = defineRoute({
  method: 'POST',
  path: '/api/voice/conversation-initiation',
  summary: 'What an agent needs to know about a caller before it picks up',
  description: `Answers within ${limits.voiceAnswerMs} ms with every variable, whatever is slow or down: variables that are not known in time have their defaults, and \`context_source\` and its companions say which. A verified request with another body, or past a limit on calls, gets the defaults too.`,
  access: 'voice-platform',
  takes: {
    body: {
      schema: callStartSchema,
      bytesMax: limits.callStartBodyBytesMax,
      isSigned: true,
      arrivesWithinMs: limits.voiceGatherMs,
    },
  },
  gives: conversationInitiationSchema,
  errors: [],
  async handle({ services, input, requestId, trace, startedAtMs, edgeLocation, keepAlive }) {
    const { clock, rateLimits, answer, metrics } = services
    const caller = { kind: 'service', userId: null, requestId, trace, keepAlive } as const
    const lookups = createLookups({ answer, clock, caller, edgeLocation, startedAtMs })
    const { body } = input
    const initiated = await initiate({ clock, rateLimits }, { startedAtMs, body, lookups, keepAlive })
    metrics.recorder.record({
      kind: 'call-answered',
      contextSource: initiated.dynamic_variables.context_source,
    })
    return ok(respondJson(initiated))
  },
})

const storedType: string = endedCallSchema.shape.type.value

const endedBody = {
  schema: z.union([endedCallSchema, otherVoiceEventSchema]),
  bytesMax: limits.endedCallBodyBytesMax,
  isSigned: true,
  arrivesWithinMs: limits.arrivalDeadlineMs,
  shapeOf(json: unknown) {
    const type = otherVoiceEventSchema.safeParse(json).data?.type
    return type === storedType ? endedCallSchema : otherVoiceEventSchema
  },
} as const

const postCall = defineRoute({
  method: 'POST',
  path: '/api/voice/post-call',
  summary: 'Store the conversation and the summary of a call that has ended',
  description:
    'The same call is stored once, however often it is reported. The call belongs to the organization of the number that was called or that called, and to its lead with the other number; an unknown number becomes a lead. Other events of the platform are accepted and ignored.',
  access: 'voice-signature',
  takes: { body: endedBody },
  gives: callOutcomeSchema,
  errors: ['overloaded', 'origin_unavailable', 'origin_timeout', 'write_unconfirmed'],
  async handle({ services, input, requestId, trace }) {
    const body = await input.body
    if (!body.ok) return body
    if (!('data' in body.value)) return ignored('other_event')
    const call = storedCallOf(body.value)
    if (!call.ok) return ignored(call.error)
    const write = { method: 'POST', path: '/voice/calls', body: call.value } as const
    const caller = { kind: 'service', userId: null, requestId, trace } as const
    // The origin stores a call once, so that a platform may send it again after any failure.
    const stored = await services.origin.write(callOutcomeSchema, write, caller)
    return stored.ok ? ok(respondJson(stored.value)) : stored
  },
})

function ignored(reason: Extract<CallOutcome, { status: 'ignored' }>['reason']) {
  return ok(respondJson({ status: 'ignored', reason }))
}

export const voiceRoutes: readonly Route[] = [initiation, postCall]
