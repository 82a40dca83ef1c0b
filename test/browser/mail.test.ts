import { describe, expect, it } from 'vitest'
import { ask } from '../support/api-client.ts'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { useDashboard } from './dashboard-tests.ts'

describe.skipIf(chromiumPath === null)('inbound e-mail in a browser', () => {
  const given = useDashboard({ contacts: 300 })
  // A message with another date is another message.
  const sentAt = new Date().toISOString()

  async function send(messageId: string, text: string): Promise<number> {
    const { worker, emailWebhookSecret, emailAddress } = given.stack
    const { status } = await ask(`${worker}/api/email-webhook`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${emailWebhookSecret}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        messageId,
        from: { name: 'Ann Lee', email: 'ann.lee@acme-tools.example' },
        to: [{ name: '', email: emailAddress }],
        subject: 'A secret subject',
        date: sentAt,
        attachments: [],
        text,
      }),
    })
    return status
  }

  it('shows the last hours, and the way of each message without its contents', async () => {
    for (let time = 0; time < 2; time += 1)
      expect(await send('one@acme-tools.example', 'A secret text')).toBeLessThan(300)
    const dashboard = await given.signedIn()
    await dashboard.open('Mail')
    const list = dashboard.panel('Recent messages')
    await list.getByRole('row', { name: /processed.*acme-tools\.example.*received.*processed/ }).waitFor()
    await dashboard
      .panel('Busiest senders today')
      .getByRole('rowheader', { name: 'acme-tools.example' })
      .waitFor()
    await dashboard.panel('Waiting in the queue').getByText('high priority').waitFor()
    const shown = await dashboard.page.getByRole('main').innerText()
    expect(shown).not.toMatch(/secret|ann\.lee/i)
    expect(await dashboard.seriousFaults()).toEqual([])
    await list.getByLabel('State').selectOption('failed')
    await list.getByText('There are no such messages.').waitFor()
    await dashboard.page.reload()
    await list.getByText('There are no such messages.').waitFor()
    expect(new URL(dashboard.page.url()).hash).toBe('#/mail?state=failed')
  })

  it('fits a phone, in the dark too', async () => {
    await send('phone@acme-tools.example', 'x')
    const dashboard = await given.signedIn({ width: 390, theme: 'dark' })
    await dashboard.open('Mail')
    await dashboard
      .panel('Recent messages')
      .getByRole('row', { name: /received/ })
      .first()
      .waitFor()
    expect(await dashboard.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(await dashboard.seriousFaults()).toEqual([])
  })

  it('lets an admin change the limits, which are then in force', async () => {
    const dashboard = await given.signedIn()
    await dashboard.open('Mail')
    const panel = dashboard.panel('Limits of senders')
    await panel.getByLabel('Messages of a sender in any hour').fill('2')
    await panel.getByLabel('Domains without a limit, one a line').fill('Example.com\nexample.org')
    await panel.getByRole('button', { name: 'Save limits' }).click()
    await panel.getByText('The limits are saved.').waitFor()
    // As they are stored, without another look at the page.
    expect(await panel.getByLabel('Domains without a limit, one a line').inputValue()).toBe(
      'example.com\nexample.org',
    )
    await eventually(async () => (await send(`more-${Date.now()}@acme-tools.example`, 'x')) === 429)
  })

  it('says to a member that only admins see it', async () => {
    const dashboard = await given.signedIn({ email: 'member@boardcache.example' })
    await dashboard.openByAddress('Mail')
    await dashboard.page.getByText('Only admins of the workspace see its mail.').waitFor()
    expect(await dashboard.page.getByLabel('Mail of').count()).toBe(0)
    expect(await dashboard.panel('The last 24 hours').count()).toBe(0)
  })
})
