import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { chromiumPath } from '../support/chromium.ts'
import { eventually } from '../support/eventually.ts'
import { useClient } from './client-tests.ts'
import type { OpenApp } from './open-app.ts'

describe.skipIf(chromiumPath === null)('a board in a browser that lacks something', () => {
  const given = useClient({ contacts: 500 })

  const firstName = async (app: OpenApp) => (await app.rows())[0]?.name

  async function renameFirst(app: OpenApp, name: string) {
    const id = (await app.rows())[0]?.id ?? ''
    await given.stack.sql`update contacts set name = ${name} where workspace_id = '15213' and id = ${id}`
  }

  it('without a network: reads what is known, says that it is not current, refuses writes, and is current when it is back', async () => {
    const app = await given.open()
    await app.settled()
    const before = await app.rows()
    await app.context.setOffline(true)
    await eventually(async () => (await app.mode()) === 'offline' && (await app.state()) === 'behind')
    expect(await app.rows()).toEqual(before)
    await renameFirst(app, 'Changed meanwhile')
    await app.page.locator('[data-index="0"]').click()
    const refused = await app.page.evaluate(
      `window.client.contacts.change(${JSON.stringify(before[0]?.id)}, { name: 'x' }).catch(({ code }) => code)`,
    )
    expect(refused).toBe('offline')
    await app.context.setOffline(false)
    await app.settled()
    await eventually(async () => (await firstName(app)) === 'Changed meanwhile')
  })

  it('without the Worker: a new page shows the rows of the last one, marked, and is current when it is back', async () => {
    const app = await given.open()
    await app.settled()
    const before = await app.rows()
    await eventually(async () => (await storedEntries(app.page)) > 0)
    await app.page.close()
    await given.stack.pieces.worker.stop()
    const again = await given.open({ context: app.context })
    await eventually(async () => {
      expect(await again.rows()).toEqual(before)
      return true
    })
    expect(await again.state()).toBe('behind')
    await given.stack.pieces.worker.start()
    await again.settled()
  })

  it('while nobody sees it: closes its socket after a minute, and resumes when it is seen', async () => {
    const app = await given.open({ before: hideable })
    const openSockets = () => app.page.evaluate<number>('window.openSockets()')
    await app.settled()
    expect(await openSockets()).toBe(1)
    await app.page.clock.install()
    await app.page.evaluate('window.hide(true)')
    await app.page.clock.fastForward(61_000)
    await eventually(async () => (await openSockets()) === 0)
    await renameFirst(app, 'Changed in the dark')
    await app.page.evaluate('window.hide(false)')
    await app.page.clock.resume()
    await app.settled()
    expect(await openSockets()).toBe(1)
    await eventually(async () => (await firstName(app)) === 'Changed in the dark')
  })

  it('without WebSockets: polls, says so, and follows the database', async () => {
    const app = await given.open({ before: 'delete window.WebSocket' })
    await app.page.getByText('no live connection, asking every few seconds').waitFor()
    await eventually(async () => (await app.rows()).length > 10)
    const answers: number[] = []
    app.page.on('response', (response) => answers.push(response.status()))
    await renameFirst(app, 'Changed for pollers')
    await eventually(async () => (await firstName(app)) === 'Changed for pollers')
    await eventually(() => answers.includes(304))
  })

  it.each([
    ['without IndexedDB', "Object.defineProperty(window, 'indexedDB', { value: undefined })"],
    [
      'in a private window that refuses it',
      'IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError") }',
    ],
    [
      'with a full disk',
      'IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError") }',
    ],
  ])('%s: is live and right', async (_, before) => {
    const app = await given.open({ before })
    await app.settled()
    const name = `Changed ${Math.random()}`
    await renameFirst(app, name)
    await eventually(async () => (await firstName(app)) === name)
  })

  it('after signing out: has nothing of the user on the disk', async () => {
    const app = await given.open()
    await app.settled()
    await eventually(async () => (await storedEntries(app.page)) > 0)
    await app.page.getByRole('button', { name: 'Sign out' }).click()
    await app.page.getByRole('form', { name: 'Sign in' }).waitFor()
    await eventually(async () => (await storedEntries(app.page)) === 0)
  })

  it('is signed in by a form too', async () => {
    const app = await given.open()
    await app.page.getByRole('button', { name: 'Sign out' }).click()
    await app.page.getByLabel('Worker').fill(given.stack.worker)
    await app.page.getByLabel('Token').fill(given.stack.tokens.member)
    await app.page.getByRole('button', { name: 'Sign in' }).click()
    await app.settled()
  })
})

/** The entries of all stores of IndexedDB. */
function storedEntries(page: Page): Promise<number> {
  return page.evaluate<number>(`(async () => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    let entries = 0
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name))
      for (const store of database.objectStoreNames)
        entries += await done(database.transaction(store).objectStore(store).count())
      database.close()
    }
    return entries
  })()`)
}

/** Headless Chromium never hides a page. Sockets are counted beside it. */
const hideable = `(() => {
  let isHidden = false
  Object.defineProperty(document, 'hidden', { get: () => isHidden })
  Object.defineProperty(document, 'visibilityState', { get: () => (isHidden ? 'hidden' : 'visible') })
  window.hide = (hidden) => {
    isHidden = hidden
    document.dispatchEvent(new Event('visibilitychange'))
  }
  const sockets = []
  window.openSockets = () => sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given)
      sockets.push(this)
    }
  }
})()`
