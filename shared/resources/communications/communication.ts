import { z } from 'zod'
import { mailMarkSchema } from '../../contract/inbound-email.ts'
import { limits } from '../../limits.ts'
import { text } from '../../text.ts'
import { storedId, storedInstant } from '../stored-values.ts'

/** A communication as every list shows it. Its bounds are those of the database, so that the size of a list is bounded too. */
export const communicationSchema = z.object({
  id: storedId,
  contact_id: storedId.nullable(),
  /** The user who sent or received it. */
  user_id: storedId.nullable(),
  direction: z.enum(['inbound', 'outbound']),
  from_address: text(1, limits.emailCharactersMax),
  to_addresses: z.array(text(1, limits.emailCharactersMax)).max(limits.recipientsMax),
  subject: text(0, limits.subjectCharactersMax),
  sent_at: storedInstant,
  /** Why an inbound message was taken for an automatic one, from which no company and no contact was made. */
  automated: mailMarkSchema.nullable(),
})

export const communicationExample: z.output<typeof communicationSchema> = {
  id: 'communication_0042',
  contact_id: 'contact_000042',
  user_id: null,
  direction: 'inbound',
  from_address: 'john@alder.example',
  to_addresses: ['sales@northwind.example'],
  subject: 'Re: The offer',
  sent_at: '2026-01-31T12:00:00.000000+00:00',
  automated: null,
}
