import { beforeAll, describe, expect, it } from 'vitest'
import { resources } from '../../shared/resources/index.ts'
import { inspectorAddress } from '../../worker/dashboard/src/resources/inspector-address.ts'
import { cases } from '../resources/cases/index.ts'
import { fillPlaces, placesAt } from '../resources/story.ts'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { useDashboard } from './dashboard-tests.ts'

const now = new Date().toISOString()

/** The parameters of a path, as its route names them. */
function parametersOf(route: string, path: string): Record<string, string> {
  const url = new URL(path, 'https://boardcache.test')
  const parts = url.pathname.split('/')
  const named = route.split('/').flatMap((part, place): [string, string][] => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    return name === undefined ? [] : [[name, decodeURIComponent(parts[place] ?? '')]]
  })
  return Object.fromEntries([...named, ...url.searchParams].filter(([name]) => name !== 'workspaceId'))
}

const plain = (pathname = '') => decodeURIComponent(pathname)

type Declared = (typeof resources)[number]

const isForMembers = ({ callers }: Declared) => callers.some((caller) => caller === 'member')
const members = resources.filter(isForMembers).map(({ name, route }) => {
  const path = cases[name].there(placesAt(now).here)
  const { pathname } = new URL(path, 'https://boardcache.test')
  return { name, pathname, asked: parametersOf(route, path) }
})

describe.skipIf(chromiumPath === null)('the inspector', () => {
  const given = useDashboard({ contacts: 500 })

  beforeAll(async () => {
    await fillPlaces(given.stack, Object.values(cases), now)
  })

  // One page goes from resource to resource, as somebody who follows links. Reloading it for each took most of a minute.
  it('explains the answer of every resource at its address, whose values its form shows', async () => {
    const { open, panel, page, seriousFaults } = await given.reloaded()
    await open('Inspector')
    const explanation = panel('Explanation')
    for (const { name, pathname, asked } of members) {
      await page.evaluate(`location.hash = ${JSON.stringify(inspectorAddress(name, asked))}`)
      await eventually(async () => {
        const paths = await explanation.locator('code.path').allTextContents()
        return paths.some((path) => plain(path.replace('GET ', '').split('?')[0]) === plain(pathname))
      })
      await explanation.getByText(/version \+[\d,]+ of ledger/).waitFor()
      expect([name, await panel('Question').getByLabel('Resource').inputValue()]).toEqual([name, name])
      for (const [parameter, value] of Object.entries(asked))
        expect(await panel('Question').locator(`[name="${parameter}"]`).inputValue()).toBe(value)
      // Every tier that this stack has, and the database.
      expect(await explanation.locator('.lane').count()).toBeGreaterThanOrEqual(3)
      expect((await explanation.locator('.why').textContent())?.length).toBeGreaterThan(20)
    }
    expect(await seriousFaults()).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await seriousFaults()).toEqual([])
    await page.goBack()
    const before = members.at(-2)
    await eventually(
      async () => (await panel('Question').getByLabel('Resource').inputValue()) === before?.name,
    )
  })

  it('offers every resource for a read too', async () => {
    const { open, panel, page } = await given.reloaded()
    await open('Workspace')
    const read = panel('Try a read')
    for (const [index, { name, asked }] of members.entries()) {
      await read.getByLabel('Resource').selectOption(name)
      for (const [parameter, value] of Object.entries(asked)) {
        const field = read.locator(`[name="${parameter}"]`)
        if (!(await field.isVisible())) continue
        if ((await field.getAttribute('list')) === null && (await field.locator('option').count()) > 0)
          await field.selectOption(value)
        else await field.fill(value)
      }
      await page.getByRole('button', { name: 'Read', exact: true }).click()
      await read.locator(`[data-reads="${index + 1}"]`).waitFor()
      await read
        .getByRole('listitem')
        .first()
        .getByText(/^(HIT|MISS)$/)
        .waitFor()
    }
    const newest = read.getByRole('listitem').first()
    const path = (await newest.locator('.path').textContent())?.split('?')[0] ?? ''
    await newest.getByRole('link', { name: /^Inspect/ }).click()
    await panel('Explanation').locator('code.path').getByText(path).first().waitFor()
  })

  it('explains by its form that something does not exist as it explains an answer', async () => {
    const { open, panel, page, seriousFaults } = await given.reloaded()
    const ask = async (title: string, button: string) => {
      await panel(title).getByLabel('Resource').selectOption('contact')
      await panel(title).getByLabel('Id', { exact: true }).fill('contact_none')
      await panel(title).getByRole('button', { name: button, exact: true }).click()
    }
    await open('Inspector')
    await ask('Question', 'Explain')
    const explanation = panel('Explanation')
    await explanation.getByText('There is no such contact in this workspace.').waitFor()
    await explanation.getByText('a contact (bucket').waitFor()
    await explanation.getByText(/^Boardcache; .*detail=/).waitFor()
    expect(page.url()).toMatch(/#\/inspector\/contact\?id=contact_none$/)
    expect(await seriousFaults()).toEqual([])
    await open('Workspace')
    await ask('Try a read', 'Read')
    const read = panel('Try a read').getByRole('listitem').first()
    await read.getByText('HIT').waitFor()
    await read.getByText('There is no such contact in this workspace.').waitFor()
  })

  it('says of the others that only the backend may ask for them, and of none that it exists', async () => {
    const { open, panel, page } = await given.reloaded()
    await open('Inspector')
    for (const { name, route } of resources.filter((resource) => !isForMembers(resource))) {
      await panel('Question').getByLabel('Resource').selectOption(name)
      await panel('Question').getByText(`GET ${route}`).waitFor()
      expect(await page.getByRole('button', { name: 'Explain' }).isDisabled()).toBe(true)
    }
    await page.evaluate("location.hash = '#/inspector/nothing'")
    await panel('Explanation').getByText('There is no resource with the name nothing.').waitFor()
  })
})
