import { decodeEntities } from './html-entities.ts'

/** No letter has as many. Text behind them is not read. */
const htmlCharactersMax = 2_097_152
/** No tag that means something is longer. A longer one, or one that never ends, is dropped up to here. */
const tagCharactersMax = 16_384

/** Their contents are for programs, or are not shown. */
const unshown: ReadonlySet<string> = new Set([
  ...['head', 'math', 'noscript', 'object', 'script', 'select', 'style', 'svg', 'template', 'textarea'],
  ...['title', 'iframe', 'audio', 'video'],
])
const lines: ReadonlySet<string> = new Set([
  ...['address', 'article', 'aside', 'blockquote', 'br', 'center', 'dd', 'div', 'dl', 'dt', 'footer', 'form'],
  ...['header', 'hr', 'li', 'main', 'nav', 'ol', 'pre', 'section', 'table', 'tr', 'ul'],
])
const paragraphs: ReadonlySet<string> = new Set(['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'p'])
const tagName = /^\/?([a-z][a-z0-9:-]{0,40})/i

/**
 * The text that a reader of this HTML sees, in lines. It reads the HTML once, from its beginning to its end, so the time that it takes grows
 * with the length alone, whatever is nested or left open. Scripts, styles and attributes are dropped, links included: the result is plain
 * text and is shown as such.
 */
export function textOfHtml(html: string): string {
  const source = html.slice(0, htmlCharactersMax)
  const pieces: string[] = []
  for (let at = 0; at < source.length; ) {
    const open = source.indexOf('<', at)
    const textEnd = open < 0 ? source.length : open
    if (textEnd > at) pieces.push(decodeEntities(source.slice(at, textEnd)).replace(/\s+/gu, ' '))
    if (open < 0) break
    at = behindMarkup(source, open, pieces)
  }
  return tidyLines(pieces.join(''))
}

/** Adds what the markup at `open` means, and returns the index behind it. */
function behindMarkup(source: string, open: number, pieces: string[]): number {
  if (source.startsWith('<!--', open)) return behind(source, '-->', open + 2)
  if (source.startsWith('<![CDATA[', open)) return behind(source, ']]>', open)
  const isTag = /^[a-z/!?]/i.test(source.charAt(open + 1))
  if (!isTag) {
    pieces.push('<')
    return open + 1
  }
  const end = tagEnd(source, open)
  const tag = source.slice(open + 1, end)
  const name = tagName.exec(tag)?.[1]?.toLowerCase() ?? ''
  if (paragraphs.has(name)) pieces.push('\n\n')
  else if (lines.has(name)) {
    if (pieces.at(-1) !== '\n') pieces.push('\n')
    if (name === 'li' && !tag.startsWith('/')) pieces.push('- ')
  } else if (name === 'td' || name === 'th') pieces.push(' ')
  const isOpened = !tag.startsWith('/') && !tag.endsWith('/>')
  return isOpened && unshown.has(name) ? behindElement(source, name, end) : end
}

/** The index behind the next `close`, or the end: an element that is never closed hides everything behind it. */
function behind(source: string, close: string, from: number): number {
  const at = source.indexOf(close, from)
  return at < 0 ? source.length : at + close.length
}

function behindElement(source: string, name: string, from: number): number {
  const closing = new RegExp(`</${name}[\\s/>]`, 'gi')
  closing.lastIndex = from
  return closing.test(source) ? tagEnd(source, closing.lastIndex - 1) : source.length
}

const simpleTag = /<[^<>"']{0,200}>/y

/** The index behind the `>` of a tag. Within quotation marks it is part of a value. */
function tagEnd(source: string, open: number): number {
  simpleTag.lastIndex = open
  if (simpleTag.test(source)) return simpleTag.lastIndex
  const limit = Math.min(source.length, open + tagCharactersMax)
  let quote = ''
  let firstClose = -1
  for (let at = open; at < limit; at += 1) {
    const character = source.charAt(at)
    if (character === '>' && firstClose < 0) firstClose = at + 1
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '>') return at + 1
    else if (character === '"' || character === "'") quote = character
  }
  return firstClose < 0 ? limit : firstClose
}

/** At most one empty line between two others, and no white space at the ends of lines. */
function tidyLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}
