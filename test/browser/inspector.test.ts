import { beforeAll, describe, expect, it } from 'vitest'
import { resources } from '../../shared/resources/index.ts'
import { cases } from '../resources/cases/index.ts'
import { fillPlaces, placesAt } from '../resources/story.ts'
import { chromiumPath } from '../support/chromium.ts'
import { useDashboard } from './dashboard-tests.ts'

const now = new Date().toISOString()

/** The parameters of a path, as its route names them. */
function parametersOf(route: string, path: string): [string, string][] {
  const url = new URL(path, 'https://boardcache.test')
  const parts = url.pathname.split('/')
  const named = route.split('/').flatMap((part, place): [string, string][] => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    return name === undefined ? [] : [[name, decodeURIComponent(parts[place] ?? '')]]
  })
  return [...named, ...url.searchParams].filter(([name]) => name !== 'workspaceId')
}

describe.skipIf(chromiumPath === null)('the inspector', () => {
  const given = useDashboard({ contacts: 500 })

  beforeAll(async () => {
    await fillPlaces(given.stack, Object.values(cases), now)
  })

  const isForMembers = ({ callers }: (typeof resources)[number]) =>
    callers.some((caller) => caller === 'member')

  it.each(resources.filter(isForMembers))(
    'offers $name for a read too, and explains its answer',
    async ({ name, route }) => {
      const { open, panel, page, seriousFaults } = await given.reloaded()
      const asked = parametersOf(route, cases[name].there(placesAt(now).here))
      const choose = async (title: string, isWhole: boolean) => {
        await panel(title).getByLabel('Resource').selectOption(name)
        for (const [parameter, value] of asked) {
          const field = panel(title).locator(`[name="${parameter}"]`)
          if (!isWhole && !(await field.isVisible())) continue
          const isMenu = (await field.evaluate((element) => element.nodeName)) === 'SELECT'
          await (isMenu ? field.selectOption(value) : field.fill(value))
        }
      }
      await open('Inspector')
      await choose('Question', true)
      await page.getByRole('button', { name: 'Explain' }).click()
      await panel('Explanation')
        .getByText(/version \+[\d,]+ of ledger/)
        .waitFor()
      expect(await seriousFaults()).toEqual([])
      await open('Workspace')
      await choose('Try a read', false)
      await page.getByRole('button', { name: 'Read', exact: true }).click()
      await panel('Try a read')
        .getByText(/^(HIT|MISS)$/)
        .first()
        .waitFor()
    },
  )

  it('explains that something does not exist as it explains an answer', async () => {
    const { open, panel, seriousFaults } = await given.reloaded()
    const ask = async (title: string, button: string) => {
      await panel(title).getByLabel('Resource').selectOption('contact')
      await panel(title).getByLabel('Id', { exact: true }).fill('contact_none')
      await panel(title).getByRole('button', { name: button, exact: true }).click()
    }
    await open('Inspector')
    await ask('Question', 'Explain')
    const explanation = panel('Explanation')
    await explanation.getByText('There is no such contact in this workspace.').waitFor()
    await explanation.getByText('this contact (bucket').waitFor()
    await explanation.getByText(/^Boardcache; .*detail=/).waitFor()
    expect(await seriousFaults()).toEqual([])
    await open('Workspace')
    await ask('Try a read', 'Read')
    const read = panel('Try a read').getByRole('listitem').first()
    await read.getByText('HIT').waitFor()
    await read.getByText('There is no such contact in this workspace.').waitFor()
  })

  it.each(resources.filter((resource) => !isForMembers(resource)))(
    'says of $name that only the backend may ask for it',
    async ({ name, route }) => {
      const { open, panel, page } = await given.reloaded()
      await open('Inspector')
      await panel('Question').getByLabel('Resource').selectOption(name)
      await panel('Question').getByText(`GET ${route}`).waitFor()
      expect(await page.getByRole('button', { name: 'Explain' }).isDisabled()).toBe(true)
    },
  )
})
