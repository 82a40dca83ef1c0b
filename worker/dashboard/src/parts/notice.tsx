import type { ReactNode } from 'react'
import { ApiFailure, sentenceOf } from '../api/failure.ts'
import { AskedAgain } from './asked-again.tsx'

/** A message to the user. Errors are announced at once, other messages when the screen reader is idle. */
export function Notice({ tone, children }: { tone: 'info' | 'good' | 'bad'; children: ReactNode }) {
  return (
    <div className={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {children}
    </div>
  )
}

/** An error in the API's words, with the wait if there were too many requests, with the parameters at fault and the request id for the logs. */
export function FailureNotice({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const failure = error instanceof ApiFailure ? error : null
  const waitSeconds = failure?.status === 429 ? failure.retryAfterSeconds : null
  return (
    <Notice tone="bad">
      <p>{sentenceOf(error)}</p>
      {failure !== null && failure.faults.length > 0 && (
        <ul>
          {failure.faults.map(({ parameter, message }) => (
            <li key={`${parameter} ${message}`}>
              <code>{parameter}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {waitSeconds !== null && retry !== undefined && <AskedAgain afterSeconds={waitSeconds} retry={retry} />}
      {waitSeconds !== null && retry === undefined && <p>Try again in {waitSeconds} s.</p>}
      {failure?.requestId != null && <p className="quiet small">Request {failure.requestId}</p>}
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </Notice>
  )
}
