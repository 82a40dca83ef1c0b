import type { PhoneNumber } from '../../shared/contact-points/phone.ts'
import { parsePhone, phoneKey } from '../../shared/contact-points/phone.ts'
import type { CallStart } from '../../shared/contract/voice.ts'

/** The two numbers of a call. */
export interface CallParties {
  readonly called: PhoneNumber
  /** The caller's number as the platform gives it. It is parsed when the organization's region is known. */
  readonly caller: string
  /** The same without punctuation, to count calls by; null if the number is withheld. */
  readonly callerKey: string | null
}

/** The numbers of a call; null if the called one is missing or invalid. */
export function partiesOf({ called_number, caller_id }: Partial<CallStart>): CallParties | null {
  const called = parsePhone(called_number ?? '', null)
  if (!called.ok) return null
  const caller = caller_id ?? ''
  return { called: called.value, caller, callerKey: phoneKey(caller) }
}
