/** A header field of a message. Its name is in lower case and its value is unfolded, with encoded words as they came. */
export interface HeaderField {
  readonly name: string
  readonly value: string
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
/** Printable ASCII without a colon (RFC 5322 section 2.2), and short enough to be one. */
const fieldName = /^[!-9;-~]{1,100}$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const western = new TextDecoder('windows-1252')

/**
 * Where the header of a message ends: the index behind the empty line, or -1 if `bytes` has no empty line, so that the header may go on
 * behind them. Lines end with a line feed, with or without carriage returns in front of it.
 */
export function headerEnd(bytes: Uint8Array): number {
  let isEmpty = true
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] === lineFeed) {
      if (isEmpty) return at + 1
      isEmpty = true
    } else if (bytes[at] !== carriageReturn) isEmpty = false
  }
  return -1
}

/**
 * The fields of a header, in their order. Only a space or a tab continues a field (RFC 5322 section 2.2.3). A line that is no field is
 * skipped, as is the line with which a message in an mbox begins, so a broken line spoils only itself. The result agrees with
 * postal-mime's, which parses the same bytes at the origin.
 */
export function headerFields(header: Uint8Array): readonly HeaderField[] {
  const fields: HeaderField[] = []
  for (const lines of foldedLines(header)) {
    const line = lines.join('')
    const colon = line.indexOf(':')
    const name = trimSpaces(line.slice(0, Math.max(0, colon)))
    if (!fieldName.test(name)) continue
    fields.push({
      name: name.toLowerCase(),
      value: trimSpaces(line.slice(colon + 1).replace(/[\r\n]+/g, ' ')),
    })
  }
  return fields
}

/** The first field of a name. Where a message repeats a field that may occur once, every reader has to take the same one. */
export function firstValue(fields: readonly HeaderField[], name: string): string | null {
  return fields.find((field) => field.name === name)?.value ?? null
}

/** The fields of a name that may be repeated. */
export function allValues(fields: readonly HeaderField[], name: string): readonly string[] {
  return fields.filter((field) => field.name === name).map(({ value }) => value)
}

function foldedLines(header: Uint8Array): string[][] {
  const folded: string[][] = []
  for (const line of linesOf(header)) {
    if (line === '') break
    const open = folded.at(-1)
    if (open !== undefined && /^[ \t]/.test(line)) open.push(line)
    else folded.push([line])
  }
  return folded
}

/** The lines without their ends. */
function linesOf(header: Uint8Array): string[] {
  const whole = decodedUtf8(header)
  const lines =
    whole?.split('\n') ?? byteLines(header).map((line) => decodedUtf8(line) ?? western.decode(line))
  return lines.map(withoutReturns)
}

function byteLines(header: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let start = 0; start <= header.length; ) {
    const feed = header.indexOf(lineFeed, start)
    const end = feed < 0 ? header.length : feed
    lines.push(header.subarray(start, end))
    start = end + 1
  }
  return lines
}

/** Header lines are in UTF-8 (RFC 6532). Those that are not come from programs that wrote the bytes of a Western character set. */
function decodedUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

function withoutReturns(line: string): string {
  let end = line.length
  while (end > 0 && line.charCodeAt(end - 1) === carriageReturn) end -= 1
  return line.slice(0, end)
}

/** Trims the white space that RFC 5322 knows. `trim()` would make a field of a line that strict parsers skip. */
function trimSpaces(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start += 1
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}
