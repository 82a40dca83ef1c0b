import type { Locator, Page } from 'playwright-core'
import { z } from 'zod'

/** A user at a page, with a mouse or with keys alone. Its clicks and keys are counted. */
export interface Hand {
  readonly page: Page
  /** Clicks and drags so far. */
  readonly clicks: number
  /** Keys pressed so far; each letter of a typed text is one. */
  readonly keys: number
  /** Elements that had the focus, and did not show it. */
  readonly hiddenFocus: readonly string[]
  click(place: Locator, position?: { readonly x: number; readonly y: number }): Promise<void>
  /** Opens the list of a select and clicks an entry: two clicks. */
  pick(select: Locator, index: number): Promise<void>
  press(key: string, times?: number): Promise<void>
  type(text: string): Promise<void>
  /** Presses Tab, looks whether the focus can be seen, and answers what has it. */
  tab(): Promise<string>
  /** Presses Tab until the place has the focus. Fails if it is never reached, as behind a trap. */
  tabTo(place: Locator): Promise<void>
}

const tabsMax = 160

/** Where the focus is, and whether a sighted user can tell. */
const focusSchema = z.object({ name: z.string(), isShown: z.boolean() })

/**
 * The element with the focus shows it by an outline: its own, or that of the element beside or around it which stands for it (a switch, a
 * segment), or that of the active cell of a grid.
 */
const lookAtFocus = `(() => {
  const element = document.activeElement
  if (element === null || element === document.body) return { name: 'the page', isShown: true }
  const active = document.getElementById(element.getAttribute('aria-activedescendant') ?? '')
  const hasOutline = (each) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(each)
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0
  }
  const signs = [element, element.nextElementSibling, active].filter((each) => each instanceof Element)
  // The button in a field for a time is the browser's own, with an outline of its own.
  const isInPicker = element.matches('input[type^="date"]:not(:focus-visible)')
  const { width, height } = (signs.find(hasOutline) ?? element).getBoundingClientRect()
  return {
    name: element.tagName.toLowerCase() + ' ' + (element.ariaLabel ?? element.textContent).trim().slice(0, 60),
    isShown: element.id === 'view' || isInPicker || (signs.some(hasOutline) && width > 0 && height > 0),
  }
})()`

export function handOn(page: Page): Hand {
  let clicks = 0
  let keys = 0
  const hiddenFocus: string[] = []
  async function press(key: string, times = 1): Promise<void> {
    for (let time = 0; time < times; time += 1) await page.keyboard.press(key)
    keys += times
  }
  async function tab(): Promise<string> {
    await press('Tab')
    const { name, isShown } = focusSchema.parse(await page.evaluate(lookAtFocus))
    if (!isShown) hiddenFocus.push(name)
    return name
  }
  const hasFocus = (place: Locator) =>
    place.evaluateAll((found) => found.some((each) => each.matches(':focus')))
  return {
    page,
    hiddenFocus,
    get clicks() {
      return clicks
    },
    get keys() {
      return keys
    },
    async click(place, position) {
      await place.click(position === undefined ? {} : { position })
      clicks += 1
    },
    // The opened list belongs to the browser, where no script reaches it.
    async pick(select, index) {
      await select.selectOption({ index })
      clicks += 2
    },
    press,
    async type(text) {
      await page.keyboard.type(text)
      keys += text.length
    },
    tab,
    async tabTo(place) {
      await place.first().waitFor({ state: 'attached' })
      const passed: string[] = []
      for (let tabs = 0; tabs < tabsMax; tabs += 1) {
        if (await hasFocus(place)) return
        passed.push(await tab())
      }
      throw new Error(`Tab does not reach ${place}; it passed ${passed.slice(-40).join(' | ')}`)
    },
  }
}

/** Whether a field for a time has twelve hours and a half of the day, as this browser writes it. */
export async function hasHalfDays(page: Page): Promise<boolean> {
  const probe = await page.context().newPage()
  await probe.setContent('<input type="time">')
  await probe.locator('input').focus()
  // With half days, the first digit is a whole hour already.
  await probe.keyboard.type('2230')
  const typed = await probe.locator('input').inputValue()
  await probe.close()
  return typed !== '22:30'
}

/** Types a time into a field for day and time that has the focus: past the day, then hours and minutes. */
export async function typeTime(hand: Hand, atMs: number, isHalfDay: boolean): Promise<void> {
  const at = new Date(atMs)
  const two = (part: number) => String(part).padStart(2, '0')
  await hand.press('ArrowRight', 3)
  const hours = isHalfDay ? at.getHours() % 12 || 12 : at.getHours()
  await hand.type(`${two(hours)}${two(at.getMinutes())}`)
  if (isHalfDay) await hand.type(at.getHours() < 12 ? 'a' : 'p')
}
