import { z } from 'zod'
import { limits } from '../../../shared/limits.ts'
import { communicationAttachments } from '../../../shared/resources/communications/communication-attachments.ts'
import { ok } from '../../../shared/result.ts'
import { defineLoader } from '../loader.ts'
import { readAttachment } from './communication-rows.ts'

const resultSchema = z.object({ attachments: z.array(z.unknown()).max(limits.attachmentsMax) })

/** Loads the names, types and sizes of a communication's attachments. */
export const communicationAttachmentsLoader = defineLoader(
  communicationAttachments,
  async ({ id }, { workspaceId, query, noteUnfit }) => {
    const args = { p_workspace: workspaceId, p_communication: id }
    const queried = await query(resultSchema, 'communication_attachments', args)
    if (!queried.ok) return queried
    return ok({ attachments: queried.value.attachments.map((row) => readAttachment(row, noteUnfit)) })
  },
)
