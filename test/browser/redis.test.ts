import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { redisReportSchema } from '../../shared/contract/redis.ts'
import { ask } from '../support/api-client.ts'
import { chromiumPath } from '../support/chromium.ts'
import { operator } from './dashboard-page.ts'
import { useDashboard } from './dashboard-tests.ts'

const answerSchema = z.object({ success: z.literal(true), data: redisReportSchema })

describe.skipIf(chromiumPath === null)('the Redis databases in a browser', () => {
  const given = useDashboard({ contacts: 500 })

  async function clearsOf() {
    const headers = { Authorization: `Bearer ${given.stack.internalAuthKey}` }
    const { text } = await ask(`${given.stack.worker}/api/admin/redis`, { headers })
    return answerSchema.parse(JSON.parse(text)).data.clears
  }

  it('are cleared by an operator who said yes, and by nobody who said no', async () => {
    const { panel, signIn } = await given.open()
    await signIn(operator, given.stack.password)
    const redis = panel('Redis')
    await redis.getByRole('row', { name: /Mailboxes.*healthy/ }).waitFor()
    const before = (await clearsOf()).length
    const clear = redis.getByRole('button', { name: 'Clear mailboxes' })
    await clear.click()
    await redis.getByRole('alertdialog').getByRole('button', { name: 'No' }).click()
    expect(await clearsOf()).toHaveLength(before)
    await clear.click()
    await redis.getByRole('alertdialog').getByRole('button', { name: 'Yes, clear' }).click()
    await redis.getByRole('status').getByText('Mailboxes cleared.').waitFor()
    const [latest] = await clearsOf()
    expect(latest).toMatchObject({ database: 'emailCache', outcome: 'cleared', by: { kind: 'user' } })
  })

  it('are not shown to members', async () => {
    const { page, openByAddress } = await given.signedIn({ email: 'member@boardcache.example' })
    await openByAddress('Live')
    await page.getByText('Only operators see live figures').waitFor()
    expect(await page.getByRole('region', { name: 'Redis' }).count()).toBe(0)
  })
})
