import { limits } from '../limits.ts'
import { textOfHtml } from './html-text.ts'
import { cutText, wellFormed } from './plain-line.ts'

/** All control characters but line feeds and tabs. */
const controls = /(?![\n\t])\p{Cc}/gu

/** The text of a message: its plain part, or what a reader sees of its HTML if the plain part is absent or blank. */
export function mailText(plain: string, html: string): string {
  const text = tidyText(plain)
  return text === '' ? tidyText(textOfHtml(html)) : text
}

function tidyText(text: string): string {
  // One character is up to two units long, and what is cut off needs no work.
  const start = wellFormed(text.slice(0, 2 * limits.mailTextCharactersMax))
  return cutText(
    start.replace(/\r\n?/g, '\n').replace(controls, '').trim(),
    limits.mailTextCharactersMax,
  ).trimEnd()
}
