import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import type { TestStack } from '../support/local-stack.ts'
import { accountOf } from './dashboard-page.ts'
import type { Hand } from './hand.ts'

/** A task of the dashboard that a user does with keys alone. It fails if a step does not have its effect. */
export interface Tour {
  readonly task: string
  readonly view: string
  run(hand: Hand, stack: TestStack): Promise<void>
}

const panel = (page: Page, title: string) => page.getByRole('region', { name: title, exact: true })

async function pressOn({ tabTo, press }: Hand, place: Locator, key = 'Enter'): Promise<void> {
  await tabTo(place)
  await press(key)
}

/** Types over what is in a field. */
async function typeInto(hand: Hand, field: Locator, text: string): Promise<void> {
  await hand.tabTo(field)
  await hand.press('Control+a')
  await hand.type(text)
}

/** A question takes the focus on the answer that does no harm, and Escape gives it back to the button that asked. */
async function askAndEscape(hand: Hand, button: Locator): Promise<void> {
  await pressOn(hand, button)
  const question = hand.page.getByRole('alertdialog')
  await question.waitFor()
  await eventually(() =>
    question.getByRole('button', { name: 'No' }).evaluate((each) => each.matches(':focus')),
  )
  await hand.press('Escape')
  await question.waitFor({ state: 'detached' })
  await eventually(() => button.evaluate((each) => each.matches(':focus')))
}

/** Says yes to a question. The focus must not be lost with the question. */
async function askAndConfirm(hand: Hand, button: Locator, yes: string): Promise<void> {
  await pressOn(hand, button)
  await pressOn(hand, hand.page.getByRole('alertdialog').getByRole('button', { name: yes }), 'Space')
  await hand.page.getByRole('alertdialog').waitFor({ state: 'detached' })
  await keepsFocus(hand.page)
}

async function keepsFocus(page: Page): Promise<void> {
  await eventually(() => page.evaluate('document.activeElement !== document.body'))
}

async function chooseRange(hand: Hand): Promise<void> {
  const { page, tabTo, press } = hand
  await tabTo(page.getByRole('group', { name: 'Time shown' }).getByRole('radio', { checked: true }))
  await press('ArrowRight')
  await page.waitForURL(/range=15min/)
  await press('ArrowRight', 2)
  await page.locator('input[name="from"]').waitFor()
  // The form stands before the choice.
  const show = page.getByRole('button', { name: 'Show', exact: true })
  await press('Shift+Tab')
  await eventually(() => show.evaluate((each) => each.matches(':focus')))
  await press('Enter')
  await page.waitForURL(/from=\d+&to=\d+/)
  expect(await show.evaluate((each) => each.matches(':focus'))).toBe(true)
  await pressOn(hand, page.getByRole('button', { name: 'Reset zoom' }))
  await page.waitForURL(/range=1h/)
  await keepsFocus(page)
}

async function changeThreshold(hand: Hand): Promise<void> {
  const alerts = panel(hand.page, 'Alerts')
  await pressOn(hand, alerts.locator('summary').filter({ hasText: 'Thresholds' }))
  await pressOn(hand, alerts.locator('.thresholds summary').filter({ hasText: 'Job overdue' }))
  const form = alerts.getByRole('form', { name: 'Job overdue' })
  await typeInto(hand, form.getByLabel('Fires above'), '901')
  await hand.press('Enter')
  await form.getByRole('status').getByText('Saved at').waitFor()
}

async function askActivity(hand: Hand): Promise<void> {
  const { page, tabTo, press, type } = hand
  const list = panel(page, 'What happened')
  await tabTo(list.getByLabel('Kind'))
  await type('Deploy')
  await page.waitForURL(/kind=deploy/)
  const row = list.getByRole('button', { name: /Version \S+ runs/ })
  await pressOn(hand, row)
  await list.getByRole('link', { name: 'Figures and alerts around then' }).waitFor()
  // From the row back up to the button above the list.
  await press('Shift+Tab')
  await eventually(() =>
    list.getByRole('button', { name: 'Pause' }).evaluate((each) => each.matches(':focus')),
  )
  await press('Space')
  await list.getByText('Paused.').waitFor()
  await press('Space')
  await pressOn(hand, list.getByRole('link', { name: 'Figures and alerts around then' }))
  await page.getByRole('main', { name: 'Live' }).waitFor()
}

async function breakDown(hand: Hand): Promise<void> {
  const { page, tabTo, press, type } = hand
  const breakdown = panel(page, 'Breakdown')
  await tabTo(page.getByRole('radio', { name: '24 h' }))
  await press('ArrowRight')
  await page.waitForURL(/hours=168/)
  await tabTo(breakdown.getByLabel('Order'))
  await type('Slow')
  await page.waitForURL(/sort=time/)
  await hand.press('Shift+Tab')
  await press('ArrowRight', 2)
  await page.waitForURL(/by=board/)
  await typeInto(hand, breakdown.getByRole('textbox', { name: 'Board' }), 'board_none')
  await press('Enter')
  await breakdown.getByText(/Board board_none (was not read|is none)/).waitFor()
}

async function askInspector(hand: Hand): Promise<void> {
  const { page, tabTo, press, type } = hand
  const question = panel(page, 'Question')
  await tabTo(question.getByLabel('Resource'))
  await type('Contact l')
  await typeInto(hand, question.getByRole('combobox', { name: 'Board' }), 'board_123')
  await press('Enter')
  await panel(page, 'Explanation').getByText('Judged by').waitFor()
}

async function actOnDeployment(hand: Hand): Promise<void> {
  const { page } = hand
  await typeInto(hand, page.getByLabel('Find by name or id'), '15214')
  await pressOn(hand, page.getByLabel('All found: 1'), 'Space')
  const acts = panel(page, 'Act on the chosen ones')
  await acts.getByText('1 workspace chosen.').waitFor()
  const button = (name: string) => acts.getByRole('button', { name, exact: true })
  await askAndEscape(hand, button('Invalidate'))
  await askAndConfirm(hand, button('Test performance'), 'Yes, test performance')
  await acts.getByText('Test performance is done: 1 of 1, 0 refused.').waitFor({ state: 'attached' })
}

async function pauseQueue(hand: Hand): Promise<void> {
  const { page } = hand
  const queue = panel(page, 'Queue flows')
  await pressOn(hand, page.getByRole('link', { name: 'flows' }).first())
  await askAndEscape(hand, queue.getByRole('button', { name: 'Pause flows' }))
  await askAndConfirm(hand, queue.getByRole('button', { name: 'Pause flows' }), 'Yes, pause')
  await askAndConfirm(hand, queue.getByRole('button', { name: 'Resume flows' }), 'Yes, resume')
  await queue.getByText('flows is running again.').waitFor()
}

async function changeMailLimits(hand: Hand): Promise<void> {
  const limits = panel(hand.page, 'Limits of senders')
  await typeInto(hand, limits.getByLabel('Messages of a domain in any hour'), '499')
  await hand.press('Enter')
  await limits.getByText('The limits are saved.').waitFor()
}

async function saveOverConflict(hand: Hand, stack: TestStack): Promise<void> {
  const settings = panel(hand.page, 'Cache settings')
  const lifetime = settings.getByRole('spinbutton', { name: /^Search/ })
  await lifetime.waitFor()
  await stack.api().changeSettings({ cacheConfig: { searchTTL: 71 } })
  await typeInto(hand, lifetime, '72')
  await hand.press('Enter')
  await settings.getByText('Not saved: somebody else has changed the same').waitFor()
  await pressOn(hand, settings.getByRole('button', { name: 'Save mine all the same' }))
  await settings.getByText('search 72 s').waitFor()
}

async function readNotifications(hand: Hand): Promise<void> {
  const { page, press } = hand
  const button = page.getByRole('button', { name: /^Notifications/ })
  await pressOn(hand, button)
  await pressOn(hand, page.getByRole('button', { name: 'Mark as read' }))
  await page.getByRole('button', { name: 'Notifications', exact: true }).waitFor()
  await press('Escape')
  await eventually(() => button.evaluate((each) => each.matches(':focus')))
}

async function openDocs(hand: Hand): Promise<void> {
  const { page } = hand
  await pressOn(hand, accountOf(page))
  await pressOn(hand, page.getByRole('link', { name: 'API documentation' }))
  await page.waitForURL(/\/docs$/)
  await page.goBack()
  await accountOf(page).waitFor()
}

/** All but those that have tests of their own: the board, its columns, and the palette. */
export const tours: readonly Tour[] = [
  { task: 'choose what the plots show', view: 'live', run: chooseRange },
  { task: 'change a threshold', view: 'live', run: changeThreshold },
  {
    task: 'decide not to clear Redis',
    view: 'live',
    run: (hand) => askAndEscape(hand, hand.page.getByRole('button', { name: 'Clear mailboxes' })),
  },
  { task: 'filter and pause the activity, and follow it', view: 'activity', run: askActivity },
  { task: 'break figures down', view: 'causes', run: breakDown },
  { task: 'have an answer explained', view: 'inspector', run: askInspector },
  { task: 'act on a workspace of the deployment', view: 'deployment', run: actOnDeployment },
  { task: 'pause a queue and resume it', view: 'queues', run: pauseQueue },
  { task: 'change the limits of mail', view: 'mail', run: changeMailLimits },
  { task: 'save a setting that somebody else has changed', view: 'workspace', run: saveOverConflict },
  { task: 'read notifications', view: 'live', run: readNotifications },
  { task: 'open the documentation', view: 'live', run: openDocs },
]

const stopSchema = z.enum(['outside', 'first again', 'on the way'])

/** Where Tab has come to. The first stop of every page is the link past the navigation. */
const lookAtStop = `(() => {
  const element = document.activeElement
  if (element === null || element === document.body) return 'outside'
  const isKnown = element.dataset.walked === 'yes'
  element.dataset.walked = 'yes'
  return isKnown && element.matches('.skip') ? 'first again' : 'on the way'
})()`

/** Goes with Tab through everything that a page has, once, and answers the stops. Without an end it is a trap. */
export async function walkThrough({ page, tab }: Hand, stopsMax = 250): Promise<readonly string[]> {
  await page.evaluate(`(() => {
    for (const each of document.querySelectorAll('[data-walked]')) delete each.dataset.walked
    document.activeElement?.blur()
    document.querySelector('.skip').focus()
  })()`)
  await page.evaluate(lookAtStop)
  const stops: string[] = []
  while (stops.length < stopsMax) {
    stops.push(await tab())
    if (stopSchema.parse(await page.evaluate(lookAtStop)) !== 'on the way') return stops
  }
  throw new Error(`Tab does not leave the page: ${stops.slice(-30).join(' | ')}`)
}
