import { limits } from '../../../shared/limits.ts'
import { attachmentSchema } from '../../../shared/resources/communications/communication-attachments.ts'
import { companyCommunicationSchema } from '../../../shared/resources/communications/company-communications.ts'
import { threadCommunicationSchema, threadSchema } from '../../../shared/resources/communications/thread.ts'
import { createRowReader, unknownInstant } from '../../database/rows.ts'

/** The substitutes for values of a communication that do not fit and may not be null. */
const communication = {
  id: 'unknown',
  direction: 'inbound',
  from_address: '(unknown)',
  subject: '',
  sent_at: unknownInstant,
} as const

export const readCompanyCommunication = createRowReader({
  schema: companyCommunicationSchema,
  substitutes: { ...communication, to_addresses: [], preview: '' },
  bytesMax: limits.companyCommunicationBytesMax,
})

export const readThreadCommunication = createRowReader({
  schema: threadCommunicationSchema,
  substitutes: { ...communication, to_addresses: [], body: '', is_id_reused: false, attachments: 0 },
  bytesMax: limits.threadCommunicationBytesMax,
})

export const readThread = createRowReader({
  schema: threadSchema,
  substitutes: { id: 'unknown', subject: '', created_at: unknownInstant, updated_at: unknownInstant },
  bytesMax: limits.threadCommunicationBytesMax,
})

export const readAttachment = createRowReader({
  schema: attachmentSchema,
  substitutes: { name: '(unknown)', content_type: 'application/octet-stream', size_bytes: 0 },
  bytesMax: limits.attachmentBytesMax,
})
