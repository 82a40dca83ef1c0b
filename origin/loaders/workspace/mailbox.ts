import { z } from 'zod'
import { limits } from '../../../shared/limits.ts'
import { mailbox, mailboxMessageSchema } from '../../../shared/resources/workspace/mailbox.ts'
import { ok } from '../../../shared/result.ts'
import { createRowReader, unknownInstant } from '../../database/rows.ts'
import { defineLoader } from '../loader.ts'

const resultSchema = z.object({
  folder: z.string(),
  synced_at: z.iso.datetime({ offset: true }),
  messages: z.array(z.unknown()).max(limits.mailboxPerPage),
  total: z.int().nonnegative(),
  is_counted: z.boolean(),
})

const readMessage = createRowReader({
  schema: mailboxMessageSchema,
  substitutes: {
    ...{ id: 'unknown', from_address: 'unknown', subject: '', preview: '', is_read: false },
    received_at: unknownInstant,
  },
  bytesMax: limits.mailboxMessageBytesMax,
})

/** Loads a page of a folder of a user's mailbox. */
export const mailboxLoader = defineLoader(
  mailbox,
  async ({ folder, page }, { workspaceId, userId, query, noteUnfit }) => {
    const queried = await query(resultSchema, 'mailbox', {
      p_workspace: workspaceId,
      p_user: userId,
      p_folder: folder,
      p_page: page,
    })
    if (!queried.ok) return queried
    const { messages, total, is_counted, synced_at } = queried.value
    return ok({
      folder,
      synced_at,
      messages: messages.map((row) => readMessage(row, noteUnfit)),
      pagination: {
        page,
        per_page: limits.mailboxPerPage,
        total,
        ...(is_counted ? {} : { total_is_estimate: true as const }),
        total_pages: Math.ceil(total / limits.mailboxPerPage),
      },
    })
  },
)
