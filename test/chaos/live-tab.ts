import type { Browser, CDPSession, Page } from 'playwright-core'
import { type OpenApp, openApp } from '../browser/open-app.ts'
import { watchForDoubles } from '../browser/shown-rows.ts'
import { eventually } from '../support/eventually.ts'

interface ListedContact {
  readonly id: string
  readonly name: string
}

/** A browser's tab with the example app, which can be put to sleep, and whose whole list can be compared. */
export class LiveTab {
  readonly #app: OpenApp
  readonly #protocol: CDPSession

  private constructor(app: OpenApp, protocol: CDPSession) {
    this.#app = app
    this.#protocol = protocol
  }

  static async open(browser: Browser, origin: string, signIn: Readonly<Record<string, string>>) {
    const context = await browser.newContext({ viewport: { width: 900, height: 900 } })
    const page: Page = await context.newPage()
    await page.goto(
      `${origin}/#${new URLSearchParams({ workspaceId: '15213', pollEveryMs: '1000', ...signIn })}`,
    )
    const app = openApp(page, context)
    await app.settled()
    await page.evaluate(watchForDoubles)
    return new LiveTab(app, await context.newCDPSession(page))
  }

  setOffline(isOffline: boolean): Promise<void> {
    return this.#app.context.setOffline(isOffline)
  }

  async setFrozen(isFrozen: boolean): Promise<void> {
    await this.#protocol.send('Page.setWebLifecycleState', { state: isFrozen ? 'frozen' : 'active' })
  }

  /** Scrolls from the first row to the last, and compares every one. */
  async faults(list: readonly ListedContact[], deadlineMs: number): Promise<string[]> {
    const faults = new Set<string>()
    const seen = new Set<number>()
    for (let row = 0; row < list.length; row += 12) {
      await this.#app.scrollTo(row)
      const shown = await this.#rowsFrom(row, list, deadlineMs).catch((error: Error) => error)
      if (shown instanceof Error) return [`row ${row}: ${String(shown.cause ?? shown.message).slice(0, 500)}`]
      for (const { index } of shown) seen.add(index)
    }
    if (seen.size !== list.length)
      faults.add(`${list.length} rows in the database, ${seen.size} in the browser`)
    const { doubles } = await this.#app.page.evaluate<{ doubles: string[] }>('window.seen')
    if (doubles.length > 0) faults.add(`rows that were shown twice: ${doubles.slice(0, 5)}`)
    return [...faults]
  }

  /** The rows on the screen once they equal the database and the list says that it is current. */
  #rowsFrom(row: number, list: readonly ListedContact[], deadlineMs: number) {
    return eventually(
      async () => {
        const [state, shown] = [await this.#app.state(), await this.#app.rows()]
        const wrong = shown.find(
          ({ index, id, name }) => list[index]?.id !== id || list[index]?.name !== name,
        )
        const last = Math.min(row + 12, list.length - 1)
        if (wrong !== undefined)
          throw new Error(
            `${state}: shows ${JSON.stringify(wrong)}, not ${JSON.stringify(list[wrong.index])}`,
          )
        if (state !== 'current' || !shown.some(({ index }) => index === last))
          throw new Error(`${state} (${await this.#app.mode()}): row ${last} is not shown`)
        return shown
      },
      { deadlineMs },
    )
  }
}
