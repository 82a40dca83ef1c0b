import { parsePhone } from '../../shared/contact-points/phone.ts'
import type { CallOutcome, EndedCall, StoredCall } from '../../shared/contract/voice.ts'
import { callIdSchema } from '../../shared/ids.ts'
import { limits } from '../../shared/limits.ts'
import type { Result } from '../../shared/result.ts'
import { err, ok } from '../../shared/result.ts'

/** Why a call is not stored. */
type Ignored = Extract<CallOutcome, { status: 'ignored' }>['reason']

/**
 * Makes of the platform's report what is stored. The organization is that of the number that the platform itself names, and not
 * one of the variables of the call: those of a call from a web page are chosen by the page.
 */
export function storedCallOf({ data }: EndedCall): Result<StoredCall, Ignored> {
  const { conversation_id: conversationId, metadata, transcript, analysis } = data
  const phoneCall = metadata.phone_call ?? null
  if (phoneCall === null) return err('no_phone_call')
  const called = parsePhone(phoneCall.agent_number ?? '', null)
  if (!called.ok) return err('organization_unknown')
  const callerPhone = (phoneCall.external_number ?? '').slice(0, limits.phoneCharactersMax).trim()
  if (callerPhone === '') return err('caller_unknown')

  const startedAtMs = metadata.start_time_unix_secs * 1_000
  const messages = messagesOf(transcript, startedAtMs)
  const lastAtMs = Date.parse(messages.at(-1)?.sentAt ?? new Date(startedAtMs).toISOString())
  const endedAtMs = Math.max(lastAtMs, startedAtMs + Math.round((metadata.call_duration_secs ?? 0) * 1_000))
  const callId = callIdSchema.safeParse(phoneCall.call_sid)
  return ok({
    conversationId,
    callId: callId.success ? callId.data : conversationId,
    calledPhone: called.value,
    callerPhone,
    startedAt: new Date(startedAtMs).toISOString(),
    endedAt: new Date(endedAtMs).toISOString(),
    messages,
    summary: summaryOf(analysis),
  })
}

/**
 * The turns that have text, in their order. Their instants never go back, since the history of a lead is sorted by them, and a turn
 * that is longer than a message becomes several.
 */
function messagesOf(
  transcript: EndedCall['data']['transcript'],
  startedAtMs: number,
): StoredCall['messages'] {
  let atMs = startedAtMs
  return transcript.flatMap(({ role, message, time_in_call_secs }) => {
    atMs = Math.max(atMs, startedAtMs + Math.round((time_in_call_secs ?? 0) * 1_000))
    const sentAt = new Date(atMs).toISOString()
    const direction = role === 'user' ? ('inbound' as const) : ('outbound' as const)
    return piecesOf(message ?? '', limits.messageCharactersMax).map((body) => ({ direction, body, sentAt }))
  })
}

/** The text in pieces of at most this many UTF-16 units. Pieces of white space alone are left out. */
function piecesOf(text: string, charactersMax: number): string[] {
  const pieces: string[] = []
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + charactersMax)
    if (!text.slice(start, end).isWellFormed()) end -= 1
    pieces.push(text.slice(start, end))
    start = end
  }
  return pieces.filter((piece) => piece.trim() !== '')
}

function summaryOf(analysis: EndedCall['data']['analysis']): StoredCall['summary'] {
  const [text] = piecesOf(analysis?.transcript_summary ?? '', limits.summaryCharactersMax)
  if (text === undefined) return null
  const collected = analysis?.data_collection_results?.open_questions?.value
  const questions = typeof collected === 'string' ? collected.split('\n') : collected
  const openQuestions = (Array.isArray(questions) ? questions : [])
    .filter((question) => typeof question === 'string')
    .flatMap((question) => piecesOf(question.trim(), limits.openQuestionCharactersMax).slice(0, 1))
  return { text, openQuestions: openQuestions.slice(0, limits.openQuestionsMax) }
}
