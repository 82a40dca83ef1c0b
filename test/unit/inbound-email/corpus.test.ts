import { describe, expect, test } from 'vitest'
import { emailOfMime } from '../../../origin/inbound-email/mime.ts'
import { inboundEmailSchema } from '../../../shared/contract/inbound-email.ts'
import { readMailHead } from '../../../shared/inbound-email/mail-head.ts'
import { mails } from '../../corpus/mails.ts'

describe('a message', () => {
  test.each(mails)('$name', async ({ bytes, envelope = null, gives }) => {
    const read = await emailOfMime(bytes, envelope)
    if (typeof gives === 'string') {
      expect(read).toEqual({ ok: false, error: gives })
      return
    }
    const email = inboundEmailSchema.parse(read.ok ? read.value : null)
    expect(email).toMatchObject(gives)
    expect((await readMailHead(bytes, envelope)).digest, 'the Worker names it alike').toBe(email.digest)
  })

  test('comes in every kind: the corpus has at least 60', () => {
    expect(new Set(mails.map(({ name }) => name)).size).toBeGreaterThanOrEqual(60)
  })
})
