import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { z } from 'zod'

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const reportSchema = z.object({
  violations: z.array(
    z.object({
      id: z.string(),
      impact: z.string().nullable(),
      nodes: z.array(z.object({ html: z.string(), failureSummary: z.string().optional() })),
    }),
  ),
})

/**
 * The faults of a page that axe calls serious or critical, by all of its rules or by those given. Uses the debugging protocol, which the page's
 * content security policy does not restrict.
 */
export async function seriousFaultsOf(page: Page, rules: readonly string[] | null = null): Promise<string[]> {
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(await axeSource)
  // Only a rule about audio, of which there is none, needs that axe loads files of the page again.
  const options = {
    resultTypes: ['violations'],
    preload: false,
    ...(rules === null ? {} : { runOnly: rules }),
  }
  const { violations } = reportSchema.parse(
    await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`),
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    )
}
