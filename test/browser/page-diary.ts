import type { Page, Request } from 'playwright-core'

const requestsMax = 40
const textCharactersMax = 1_500

/** Notes the requests of a page, so that a test that fails can say how it came there. */
export interface PageDiary {
  /** The address, the text and the last requests of the page, a line each. */
  read(): Promise<string>
}

export function diaryOf(page: Page): PageDiary {
  const began = performance.now()
  const seconds = () => ((performance.now() - began) / 1_000).toFixed(1)
  const lines = new Map<Request, string>()
  const note = (request: Request, end: string) => {
    const { pathname, search } = new URL(request.url())
    const before = lines.get(request) ?? `${seconds()} s`
    lines.set(request, `${before.split(' · ')[0]} · ${request.method()} ${pathname}${search} ${end}`)
    const [oldest] = lines.keys()
    if (lines.size > requestsMax && oldest !== undefined) lines.delete(oldest)
  }
  page.on('request', (request) => note(request, 'without an answer'))
  page.on('response', (response) => note(response.request(), `${response.status()} at ${seconds()} s`))
  page.on('requestfailed', (request) =>
    note(request, `${request.failure()?.errorText ?? 'failed'} at ${seconds()} s`),
  )
  return {
    async read() {
      const text = page
        .locator('body')
        .innerText({ timeout: 5_000 })
        .catch((error: unknown) => `(no text: ${String(error)})`)
      return [
        `The page ${page.url()} at ${seconds()} s`,
        (await text).replace(/\s*\n\s*/g, ' | ').slice(0, textCharactersMax),
        ...lines.values(),
      ].join('\n')
    },
  }
}
