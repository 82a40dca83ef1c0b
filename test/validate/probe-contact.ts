import { z } from 'zod'
import { Unmet } from './check-endings.ts'
import type { Ask } from './deployment.ts'
import type { ProbeContact, Run } from './run.ts'

const writtenSchema = z.object({
  data: z.object({
    contact: z.object({ id: z.string() }),
    version: z.number().nullable(),
    invalidation: z.string(),
  }),
})

/** Makes the contact that is changed during the run, through the API, as a browser does. Answers what was seen instead if that fails. */
export async function createProbeContact(
  ask: Ask,
  place: { readonly boardId: string; readonly columnId: string },
): Promise<ProbeContact | { readonly refusal: string }> {
  const id = `validate-${Date.now().toString(36)}`
  const { boardId, columnId } = place
  const body = JSON.stringify({ id, board_id: boardId, board_column_id: columnId, name: 'Zqvalidate' })
  const answer = await ask('/api/contacts', {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json' },
  })
  if (answer.status !== 201) return { refusal: describeAnswer(answer) }
  return {
    id,
    path: `/api/contacts/${id}`,
    page: `/api/boards/${encodeURIComponent(boardId)}/contacts?column_id=${encodeURIComponent(columnId)}&per_page=100`,
  }
}

/** A name that was in no answer before, and that no other round has. */
export function nameOfRound(word: string, index: number): string {
  return `Zq${word} ${index} ${crypto.randomUUID()}`
}

/** Renames the contact through the API. Answers the version that the write took, or null if it could not be told at once. */
export async function renameThroughApi(
  ask: Ask,
  contact: ProbeContact,
  name: string,
): Promise<number | null> {
  const answer = await ask(contact.path, {
    method: 'PATCH',
    body: JSON.stringify({ name }),
    headers: { 'Content-Type': 'application/json' },
  })
  if (answer.status !== 200) throw new Unmet('an admin changes a contact', describeAnswer(answer))
  return writtenSchema.parse(JSON.parse(answer.text)).data.version
}

/** Renames the contact in the database where there is one, else through the API. */
export async function rename(run: Run, contact: ProbeContact, name: string): Promise<void> {
  const { rows } = run.canary
  if (rows === null) await renameThroughApi(run.ask, contact, name)
  else await rows.rename(contact.id, name)
}

const errorSchema = z.object({ code: z.string() })

/** An answer in a few words: its status and its code, and nothing of its content. */
export function describeAnswer({ status, text }: { readonly status: number; readonly text: string }): string {
  const code = errorSchema.safeParse(parseJson(text)).data?.code
  return code === undefined ? `${status}` : `${status} ${code}`
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
