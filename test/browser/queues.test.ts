import { beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../support/api-client.ts'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import type { DashboardPage } from './dashboard-page.ts'
import { useDashboard } from './dashboard-tests.ts'

const manager = 'manager@xenia.example'
const member = 'member@boardcache.example'

describe.skipIf(chromiumPath === null)('the queues in a browser', () => {
  const given = useDashboard({ contacts: 500 })

  beforeEach(async () => {
    await given.stack.sql`delete from bullmq.job where queue in ('emails', 'flows')`
    await given.stack.sql`delete from bullmq.meta where field = 'paused'`
  })

  interface Made {
    readonly workspaceId?: string
    readonly state?: 'failed' | 'waiting'
    readonly reason?: string | null
    readonly jobs?: number
  }

  /** Puts jobs into the queue `emails`, which no process runs here, so that they stay as they are. */
  async function makeJobs({ workspaceId = '15213', state = 'failed', reason = null, jobs = 1 }: Made) {
    await given.stack.sql`
      insert into bullmq.job (queue, id, seq, name, state, data, priority, max_attempts, attempts_made, failed_reason,
        added_at_ms, processed_at_ms, finished_at_ms)
      select 'emails', ${workspaceId}::text || '~' || ${state}::text || n, nextval('bullmq.job_seq'), 'reminder',
        ${state}::bullmq.job_state,
        jsonb_build_object('workspaceId', ${workspaceId}::text, 'input', jsonb_build_object('note', 'words of ' || ${workspaceId}::text)),
        5, 5, 5, ${reason}, 1790000000000, 1790000001000, 1790000002500
      from generate_series(1, ${jobs}::integer) n`
  }

  const statesOf = async () => {
    const rows = await given.stack.sql<{ state: string; count: number }[]>`
      select state::text as state, count(*)::integer as count from bullmq.job where queue = 'emails' group by 1`
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
  }

  /** Signs in and opens the jobs of the queue `emails`. */
  async function openEmails(as: Parameters<typeof given.signedIn>[0] = {}): Promise<DashboardPage> {
    const dashboard = await given.signedIn(as)
    await dashboard.open('Queues')
    await dashboard.page
      .getByRole('link', { name: 'emails', exact: true })
      .or(dashboard.page.getByRole('link', { name: 'emails failed jobs' }))
      .click()
    await dashboard.panel('Jobs of emails').waitFor()
    return dashboard
  }

  it('are shown to an operator with depths and reasons, and a job runs again', async () => {
    await makeJobs({ reason: 'the receiver answers 422' })
    await makeJobs({ workspaceId: '15214', state: 'waiting', jobs: 3 })
    const { panel, page } = await openEmails()
    await panel('All queues')
      .getByRole('row', { name: /^emails not served 3 .* 0 0 1/ })
      .waitFor()
    const jobs = panel('Jobs of emails')
    await jobs.getByText('the receiver answers 422').waitFor()
    await jobs.getByText('workspace 15213', { exact: true }).waitFor()
    await jobs.getByRole('button', { name: 'Retry 15213~failed1' }).click()
    await jobs.getByText('reminder will run again.').waitFor()
    await jobs.getByText('No job has failed.').waitFor()
    expect(await statesOf()).toEqual({ waiting: 4 })
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Failed jobs')
  })

  it('show why runs failed, how long jobs waited and ran, and how many ended', async () => {
    const added = await ask(`${given.stack.worker}/api/v1/queues/notifications/jobs`, {
      method: 'POST',
      headers: {
        ...{ Authorization: `Bearer ${given.stack.internalAuthKey}`, 'X-Workspace-ID': '15214' },
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ jobs: [{ data: {} }, { data: {} }] }),
    })
    expect(added.status).toBe(201)
    const { open, panel } = await given.signedIn()
    await open('Queues')
    const row = panel('All queues').getByRole('row', { name: /^notifications running .* 100\.0 %$/ })
    await row.waitFor({ timeout: 25_000 })
    await row.getByRole('link').click()
    const queue = panel('Queue notifications')
    await queue.getByText(/^0 done and 2 failed in the last hour: .* failure rate 100\.0 %$/).waitFor()
    await queue.getByText('the data of the job are not those of a notification').waitFor()
    expect(await queue.getByRole('row', { name: /^Wait/ }).textContent()).toMatch(/(\d+(\.\d)? m?s){3}$/)
    expect(await queue.getByRole('row', { name: /^Run/ }).textContent()).toMatch(/(\d+(\.\d)? m?s){3}$/)
    await panel('All queues').getByText('Last 24 hours').click()
    await queue.getByText(/^0 done and 2 failed in the last 24 hours/).waitFor()
  })

  it('are paused and resumed by an operator who said yes, and by nobody who said no', async () => {
    const { panel, page } = await openEmails()
    const queue = panel('Queue emails')
    const isPaused = async () =>
      (
        await given.stack
          .sql`select from bullmq.meta where queue = 'emails' and field = 'paused' and value = '1'`
      ).length === 1
    const pause = queue.getByRole('button', { name: 'Pause emails' })
    await pause.press('Enter')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('No')
    await page.keyboard.press('Escape')
    await queue.getByRole('alertdialog').waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Pause emails')
    expect(await isPaused()).toBe(false)
    await pause.click()
    await queue.getByRole('alertdialog').getByRole('button', { name: 'Yes, pause' }).click()
    await queue.getByText('emails is paused.').waitFor()
    await panel('All queues')
      .getByRole('row', { name: /^emails paused/ })
      .waitFor()
    expect(await isPaused()).toBe(true)
    await queue.getByRole('button', { name: 'Resume emails' }).click()
    await queue.getByRole('alertdialog').getByRole('button', { name: 'Yes, resume' }).click()
    await queue.getByText('emails is running again.').waitFor()
    expect(await isPaused()).toBe(false)
  })

  it('are cleaned by an operator who said yes', async () => {
    await makeJobs({ jobs: 1_200 })
    await makeJobs({ state: 'waiting', jobs: 2 })
    const { panel } = await openEmails()
    const queue = panel('Queue emails')
    await queue.getByRole('button', { name: 'Clean' }).click()
    const question = queue.getByRole('alertdialog', { name: 'Remove the failed jobs of emails of any age?' })
    await question.getByRole('button', { name: 'No' }).click()
    expect(await statesOf()).toEqual({ failed: 1_200, waiting: 2 })
    await queue.getByRole('button', { name: 'Clean' }).click()
    await question.getByRole('button', { name: 'Yes, remove' }).click()
    await queue.getByText('1,200 jobs removed.').waitFor()
    expect(await statesOf()).toEqual({ waiting: 2 })
    await panel('Jobs of emails').getByText('No job has failed.').waitFor()
  })

  it('show ten thousand failed jobs fifty at a time, and retry them together after a question', async () => {
    await makeJobs({ jobs: 10_000 })
    const { panel, page } = await openEmails()
    const jobs = panel('Jobs of emails')
    const names = () => jobs.getByRole('listitem').filter({ has: page.locator('.job-name') })
    await jobs.getByText('1 to 50, the newest first').waitFor()
    expect(await names().count()).toBe(50)
    await jobs.getByRole('button', { name: 'Older' }).click()
    await jobs.getByText('51 to 100, the newest first').waitFor()
    await jobs.getByRole('button', { name: 'reminder 15213~failed9950' }).waitFor()
    expect(await names().count()).toBe(50)
    await jobs.getByRole('button', { name: 'Newer' }).click()
    await jobs.getByRole('button', { name: 'reminder 15213~failed10000' }).waitFor()
    await jobs.getByRole('button', { name: 'Retry all failed' }).click()
    await jobs.getByRole('alertdialog').getByRole('button', { name: 'Yes, retry all' }).click()
    await eventually(async () => expect((await statesOf())['waiting'] ?? 0).toBeGreaterThan(20))
    await jobs.getByRole('button', { name: 'Stop' }).click()
    await jobs.getByText('There are more failed jobs.').waitFor()
    const { waiting = 0, failed = 0 } = await statesOf()
    expect(waiting + failed).toBe(10_000)
    expect(failed).toBeGreaterThan(5_000)
  })

  it("are shown to an admin as the own workspace's jobs, with their data, and without what operators do", async () => {
    await makeJobs({ reason: 'not theirs' })
    await makeJobs({ workspaceId: '15214', reason: 'the address bounces' })
    await makeJobs({ workspaceId: '15214', state: 'waiting' })
    const { panel, page } = await openEmails({ email: manager })
    const jobs = panel('Jobs of emails')
    await jobs.getByText('the address bounces').waitFor()
    expect(await page.getByText('not theirs').count()).toBe(0)
    expect(await page.getByRole('button', { name: /^(Pause|Resume|Clean)/ }).count()).toBe(0)
    await jobs.getByRole('button', { name: 'reminder 15214~failed1', exact: true }).click()
    expect(await jobs.getByRole('textbox', { name: 'Data' }).inputValue()).toContain('words of 15214')
    await jobs.getByRole('button', { name: 'Retry 15214~failed1' }).click()
    await jobs.getByText('No job has failed.').waitFor()
    await jobs.getByRole('link', { name: 'Waiting' }).click()
    await jobs.getByRole('button', { name: 'Cancel 15214~waiting1' }).click()
    await jobs.getByRole('alertdialog').getByRole('button', { name: 'Yes, cancel' }).click()
    await jobs.getByText('reminder is removed.').waitFor()
    expect(await statesOf()).toEqual({ failed: 1, waiting: 1 })
  })

  it("do not show an operator the data of another workspace's job", async () => {
    await makeJobs({ workspaceId: '15214' })
    const { panel, page } = await openEmails()
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    const jobs = panel('Jobs of emails')
    await jobs.getByRole('button', { name: 'reminder 15214~failed1', exact: true }).click()
    await jobs.getByText('are shown to admins of its workspace, 15214').waitFor()
    expect(asked.filter((url) => url.includes('15214~failed1'))).toEqual([])
  })

  it('tell a member who sees them, which is no error', async () => {
    const { page, openByAddress } = await given.signedIn({ email: member })
    await openByAddress('Queues')
    const notice = page.getByText(
      'Operators see all queues here, and the admins of a workspace see its jobs.',
    )
    await notice.waitFor()
    // The name of the workspace is no row of its own within the sentence.
    expect(await notice.innerText()).toMatch(/ member of .+: ask one of its admins/)
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(await page.getByRole('table').count()).toBe(0)
  })

  it('say that their figures are old while the queues do not answer', async () => {
    const { page } = await openEmails()
    await page.route('**/api/v1/queues/metrics*', (route) => route.abort())
    await page.getByText(/^You see the figures of \d\d:\d\d:\d\d\. Reading them again/).waitFor()
    await page.getByRole('alert').getByText('The server cannot be reached from here.').waitFor()
    await page.unroute('**/api/v1/queues/metrics*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText(/^You see the figures of/).waitFor({ state: 'detached' })
  })

  it('lead from a figure to the queue with most of it', async () => {
    await makeJobs({ state: 'waiting', jobs: 2 })
    const { open, page, panel } = await given.signedIn()
    await open('Queues')
    await page.getByRole('link', { name: 'Waiting in emails' }).first().click()
    await panel('Jobs of emails').getByRole('button', { name: 'reminder 15213~waiting2' }).waitFor()
    expect(new URL(page.url()).hash).toBe('#/queues/emails/waiting')
  })

  it('keep what is shown in the address, over a reload', async () => {
    await makeJobs({ state: 'waiting' })
    const { page, panel } = await openEmails()
    await panel('Jobs of emails').getByRole('link', { name: 'Waiting' }).click()
    await panel('Jobs of emails').getByRole('button', { name: 'reminder 15213~waiting1' }).waitFor()
    expect(new URL(page.url()).hash).toBe('#/queues/emails/waiting')
    await panel('All queues').getByText('Last 24 hours').click()
    await panel('Jobs of emails')
      .getByLabel(/^Only of /)
      .check()
    await page.reload()
    await panel('Jobs of emails').getByRole('button', { name: 'reminder 15213~waiting1' }).waitFor()
    expect(await panel('All queues').getByLabel('Last 24 hours').isChecked()).toBe(true)
    expect(
      await panel('Jobs of emails')
        .getByLabel(/^Only of /)
        .isChecked(),
    ).toBe(true)
  })

  it.each([
    { theme: 'light', width: 1_280 },
    { theme: 'dark', width: 390 },
  ] as const)('have nothing that axe calls serious, and fit: %o', async ({ theme, width }) => {
    await makeJobs({ reason: `the receiver says ${'no'.repeat(200)}`, jobs: 3 })
    const { panel, page, seriousFaults } = await openEmails({ theme, width })
    const jobs = panel('Jobs of emails')
    await jobs.getByRole('button', { name: 'reminder 15213~failed1', exact: true }).click()
    await jobs.getByRole('textbox', { name: 'Data' }).waitFor()
    await jobs.getByRole('button', { name: 'Retry all failed' }).click()
    expect(await seriousFaults()).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
  })
})

describe.skipIf(chromiumPath === null)('a deployment without queues, in a browser', () => {
  const given = useDashboard({ contacts: 500, originEnvironment: { QUEUE_DATABASE_URL: '' } })

  it.each(['ops@boardcache.example', manager])('says so to %s', async (email) => {
    const { page, open } = await given.signedIn({ email })
    await open('Queues')
    await page.getByText('This deployment has no queues').first().waitFor()
  })
})
