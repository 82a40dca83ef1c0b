import type { HubFrame } from '../../../shared/contract/live.ts'

type Members = Readonly<Record<string, unknown>>

const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value)
const isNumberOrNull = (value: unknown) => value === null || isNumber(value)
const isText = (value: unknown) => typeof value === 'string'
const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const proof = { version: isNumber, asOfAgeMs: isNumber, provedAgeMs: isNumberOrNull }
const isTimes = (value: unknown) =>
  value === undefined || (Array.isArray(value) && value.length === 4 && value.every(isNumberOrNull))
const aboutQuestion = { id: isNumber, version: isNumber, times: isTimes }

const checks: Readonly<Record<HubFrame['type'], Readonly<Record<string, (value: unknown) => boolean>>>> = {
  welcome: { ...proof, ledger: isText, tokenExpiresInMs: isNumber },
  proof: { ...proof, ledger: isText, sent: (value) => value === undefined || isNumber(value) },
  shown: { ...aboutQuestion, etag: isText, dueInMs: isNumberOrNull },
  changed: { ...aboutQuestion, from: isText, to: isText, difference: isObject, dueInMs: isNumberOrNull },
  moved: aboutQuestion,
  renewed: { tokenExpiresInMs: isNumber },
  refused: { id: isNumberOrNull, code: isText },
}

/**
 * Parses a frame by hand, since a schema library would be larger than the client. `later` is a frame of a type that this client does not
 * know, as a later hub may send; null is none of the protocol.
 */
export function readFrame(text: string): HubFrame | 'later' | null {
  try {
    const frame: unknown = JSON.parse(text)
    if (!isObject(frame) || typeof frame['type'] !== 'string') return null
    if (!Object.hasOwn(checks, frame['type'])) return 'later'
    return isFrame(frame) ? frame : null
  } catch {
    return null
  }
}

function isFrame(frame: Members): frame is Members & HubFrame {
  const members = checks[frame['type'] as HubFrame['type']]
  return Object.entries(members).every(([name, check]) => check(frame[name]))
}
