import { describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { useClient } from './client-tests.ts'
import type { OpenApp } from './open-app.ts'
import { watchForDoubles } from './shown-rows.ts'

const boardId = 'board_123'

describe.skipIf(chromiumPath === null)('a board in two browsers', () => {
  const given = useClient({ contacts: 3_000 })

  /** The contacts of the board, in the order of the list. */
  const listed = () =>
    given.stack.sql<{ id: string; name: string }[]>`
      select id, name from contacts where workspace_id = '15213' and board_id = ${boardId}
      order by created_at desc, id desc`

  const nameOf = async (id: string) => {
    const [row] = await given.stack.sql<{ name: string }[]>`
      select name from contacts where workspace_id = '15213' and id = ${id}`
    return row?.name
  }

  async function openTwo(): Promise<readonly [OpenApp, OpenApp]> {
    const [one, other] = await Promise.all([given.open(), given.open({ token: given.stack.tokens.member })])
    await Promise.all([one.settled(), other.settled()])
    return [one, other]
  }

  const firstRow = async (app: OpenApp) => {
    const [row] = await app.rows()
    if (row === undefined) throw new Error('no row is shown')
    return row
  }

  /** Until all rows on the screen are those of the database. */
  async function equalsDatabase(app: OpenApp): Promise<void> {
    await eventually(
      async () => {
        const [shown, list] = [await app.rows(), await listed()]
        expect(shown.length).toBeGreaterThan(15)
        expect(shown).toEqual(
          shown.map(({ index }) => ({ index, id: list[index]?.id, name: list[index]?.name })),
        )
        return (await app.state()) === 'current'
      },
      { deadlineMs: 20_000 },
    )
  }

  it('shows in both what is changed in the database, within two seconds', async () => {
    const both = await openTwo()
    const { id } = await firstRow(both[0])
    for (const round of [1, 2, 3]) {
      const name = `Changed by hand ${round}`
      await given.stack.sql`update contacts set name = ${name} where workspace_id = '15213' and id = ${id}`
      await eventually(
        async () => {
          for (const app of both) expect((await firstRow(app)).name).toBe(name)
          return true
        },
        { deadlineMs: 2_000 },
      )
    }
  })

  it('shows counts that follow the database', async () => {
    const [app] = await openTwo()
    const total = () => app.page.locator('[data-count="total"]').textContent()
    const before = Number(await total())
    await insertContacts(3)
    await eventually(async () => Number(await total()) === before + 3, { deadlineMs: 3_000 })
  })

  it('shows no row twice while rows come in and it is scrolled, and is the list of the database in the end', async () => {
    const [app] = await openTwo()
    await app.page.evaluate(watchForDoubles)
    const writing = (async () => {
      for (let round = 0; round < 40; round += 1) await insertContacts(1)
    })()
    for (let row = 0; row < 400; row += 4) {
      await app.scrollTo(row)
      await app.page.evaluate('new Promise((next) => requestAnimationFrame(next))')
    }
    await writing
    const { frames, doubles } = await app.page.evaluate<{ frames: number; doubles: string[] }>('window.seen')
    expect(frames).toBeGreaterThan(50)
    expect(doubles).toEqual([])
    await equalsDatabase(app)
  })

  it('keeps the rows on the screen in their place when others come in above them', async () => {
    const [app] = await openTwo()
    await app.scrollTo(200)
    const place = await eventually(async () => {
      const [row] = await rowsOnScreen(app)
      return row !== undefined && row.index >= 200 && (await app.state()) === 'current' && row
    })
    await insertContacts(5)
    await eventually(async () => {
      const [row] = await rowsOnScreen(app)
      expect(row).toEqual({ ...place, index: place.index + 5 })
      return true
    })
  })

  it('shows a write at once, and takes it back with a reason when it is refused', async () => {
    const [app] = await openTwo()
    const { id, name } = await firstRow(app)
    const { held, release } = await holdWrites(app)
    await app.page.locator(`[data-id="${id}"]`).click()
    const form = app.page.getByRole('form', { name: 'Contact', exact: true })
    await form.getByLabel('Name').fill('Written here')
    await form.getByRole('button', { name: 'Save' }).click()
    await held
    await eventually(async () => (await firstRow(app)).name === 'Written here')
    expect(await nameOf(id)).toBe(name)
    release()
    await form.getByText('change: saved').waitFor()
    expect(await nameOf(id)).toBe('Written here')
    await form.getByLabel('Column').fill('col_999')
    await form.getByRole('button', { name: 'Save' }).click()
    await form.getByText('move: column_not_found').waitFor()
    await equalsDatabase(app)
  })

  it('creates and removes a contact', async () => {
    const [app, other] = await openTwo()
    const form = app.page.getByRole('form', { name: 'New contact' })
    const column = (await app.page.locator('[data-index="0"] span').nth(2).textContent()) ?? ''
    await form.getByLabel('Name of the new contact').fill('Brand new')
    await form.getByLabel('Column of the new contact').fill(column)
    await form.getByRole('button', { name: 'Create' }).click()
    await form.getByText('create: saved').waitFor()
    for (const each of [app, other]) await eventually(async () => (await firstRow(each)).name === 'Brand new')
    await app.page.locator('[data-index="0"]').click()
    await app.page.getByRole('button', { name: 'Remove' }).click()
    for (const each of [app, other]) await equalsDatabase(each)
    expect((await listed())[0]?.name).not.toBe('Brand new')
  })

  it('ends at the truth of the database when two write the same contact', async () => {
    const both = await openTwo()
    const { id } = await firstRow(both[0])
    await Promise.all(
      both.map((app, index) =>
        app.page.evaluate(`(async () => {
          for (let round = 0; round < 5; round += 1)
            await window.client.contacts.change(${JSON.stringify(id)}, { name: 'Writer ${index}, ' + round })
        })()`),
      ),
    )
    for (const app of both) await equalsDatabase(app)
    expect(await nameOf(id)).toMatch(/, 4$/)
  })

  function insertContacts(count: number) {
    return given.stack.sql`
      insert into contacts (workspace_id, id, board_id, board_column_id, name)
      select '15213', 'made_' || gen_random_uuid(), board_id, board_column_id, 'Inserted'
      from (select board_id, board_column_id from contacts where workspace_id = '15213' and board_id = ${boardId} limit 1) place,
        generate_series(1, ${count})`
  }

  /** The rows that can be seen, with their distances from the top, in pixels. */
  const rowsOnScreen = (app: OpenApp) =>
    app.page.evaluate<{ index: number; id: string; top: number }[]>(`(() => {
      const board = document.querySelector('.board').getBoundingClientRect()
      return [...document.querySelectorAll('[data-index][data-id]')]
        .map((row) => ({
          index: Number(row.dataset.index),
          id: row.dataset.id,
          top: Math.round(row.getBoundingClientRect().top - board.top),
        }))
        .filter(({ top }) => top >= 0 && top < board.height)
        .sort((one, other) => one.top - other.top)
    })()`)

  async function holdWrites(app: OpenApp) {
    const { promise: held, resolve: hold } = Promise.withResolvers<void>()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    await app.page.route(/\/api\/contacts\//, async (route) => {
      if (route.request().method() === 'PATCH') {
        hold()
        await released
      }
      await route.continue()
    })
    return { held, release }
  }
})
