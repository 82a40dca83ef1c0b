import { z } from 'zod'
import type { HistoryCursor } from '../../../shared/contract/history-cursor.ts'
import { encodeHistoryCursor, parseHistoryCursor } from '../../../shared/contract/history-cursor.ts'
import { leadHistory } from '../../../shared/resources/conversations/lead-history.ts'
import { err, ok } from '../../../shared/result.ts'
import { defineLoader } from '../loader.ts'

const resultSchema = z.object({ messages: leadHistory.data.shape.messages, has_more: z.boolean() })

/** Loads a page of a lead's messages, by its offset or after a cursor. */
export const leadHistoryLoader = defineLoader(
  leadHistory,
  async ({ id, limit, offset, cursor }, { workspaceId, query }) => {
    let after: HistoryCursor | null = null
    if (cursor !== null) {
      const parsed = parseHistoryCursor(cursor)
      if (!parsed.ok) return err({ kind: 'invalid_cursor' })
      after = parsed.value
    }
    const queried = await query(resultSchema, 'lead_history', {
      p_workspace: workspaceId,
      p_contact: id,
      p_limit: limit,
      p_offset: after === null ? offset : 0,
      p_after: after?.sentAt ?? null,
      p_after_id: after?.id ?? null,
    })
    if (!queried.ok) return queried
    const { messages, has_more } = queried.value
    const last = has_more ? messages.at(-1) : undefined
    return ok({
      messages,
      pagination: {
        limit,
        offset: after === null ? offset : null,
        next_cursor: last === undefined ? null : encodeHistoryCursor({ sentAt: last.sent_at, id: last.id }),
      },
    })
  },
)
