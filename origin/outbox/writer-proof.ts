import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { withinDeadline } from '../../shared/clock.ts'
import type { Result } from '../../shared/result.ts'
import { err } from '../../shared/result.ts'
import type { Database } from '../database/database.ts'
import { createQuery } from '../database/query.ts'
import type { Failure } from '../failures.ts'

/** The functions whose rows of the outbox the origin itself delivers before it answers. */
const deliveredFunctions: ReadonlySet<string> = new Set([
  ...['contact_create', 'contact_update', 'contact_delete', 'contacts_import'],
  ...['mailbox_put', 'mailbox_delete', 'lead_control_write', 'lead_message_create'],
  ...['call_session_put', 'call_session_patch', 'call_session_delete'],
])
/** The header in which the database looks for the proof (private.outbox_hold_ms). */
export const writerProofHeader = 'X-Boardcache-Writer-Proof'

const proofDeadlineMs = 1_000
/** The secret can be changed in the database. A write with the old one succeeds, and its rows are not held back. */
const proofUsedForMs = 600_000
const failureRememberedForMs = 10_000

const proofSchema = z.object({ proof: z.string().min(1) })

/**
 * Sends a secret with each write that proves to the database that the write is the origin's. The database then holds the
 * write's rows back from the relay until the origin has delivered them. No write depends on it: if the secret is not
 * there in time, the write is made without it, and the relay may deliver its rows a second time, which their ids make
 * harmless.
 */
export function withWriterProof(database: Database, clock: Clock): Database {
  let proof: string | null = null
  let fetchAgainAtMs = Number.NEGATIVE_INFINITY
  let fetching: Promise<void> | null = null

  async function fetchProof(): Promise<void> {
    const fetched = await withinDeadline<Result<z.output<typeof proofSchema>, Failure>>(
      clock,
      proofDeadlineMs,
      (signal) => createQuery(database, null, signal)(proofSchema, 'outbox_writer_proof', {}),
      err({ kind: 'timeout' }),
    )
    if (fetched.ok) proof = fetched.value.proof
    fetchAgainAtMs = clock.now() + (fetched.ok ? proofUsedForMs : failureRememberedForMs)
    fetching = null
  }

  /** Only the first writes wait for the proof. Later ones use the known proof while it is fetched again. */
  async function currentProof(): Promise<string | null> {
    if (clock.now() >= fetchAgainAtMs) fetching ??= fetchProof()
    if (proof === null) await fetching
    return proof
  }

  return {
    ...database,
    async callRpc(functionName, args, callerToken, signal) {
      if (!deliveredFunctions.has(functionName)) {
        return database.callRpc(functionName, args, callerToken, signal)
      }
      const known = await currentProof()
      const headers = known === null ? {} : { [writerProofHeader]: known }
      return database.callRpc(functionName, args, callerToken, signal, headers)
    },
  }
}
