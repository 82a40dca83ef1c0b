/**
 * CSV after RFC 4180: cells in quotes, lines that end in CR and LF. The byte order mark before the first line makes spreadsheets read
 * UTF-8. A value that is not set is an empty cell without quotes, and no cell is taken for a formula.
 */
export function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(cellOf).join(',')}\r\n`
}

export const byteOrderMark = '\uFEFF'

type CsvValue = string | boolean | null | readonly string[]

/** A spreadsheet may take these for the beginning of a formula; a quotation mark may hide one, and the apostrophe is our own sign. */
const dangerous = /["'=+\-@＝＋－＠]/u
/** A spreadsheet may strip these from the beginning of a cell. */
const stripped = /[\s\p{Z}\p{Cc}\p{Cf}]/u
/** A spreadsheet may take these for the end of a cell. */
const separator = /[,;|\t\r\n]/
/** Only a text in which this occurs can need an apostrophe. */
const suspect = /(?:^|[,;|\s\p{Z}\p{Cc}\p{Cf}])["'=+\-@＝＋－＠]/u

function cellOf(value: CsvValue): string {
  if (value === null) return ''
  const text = typeof value === 'object' ? value.join(', ') : `${value}`
  return `"${withoutFormulas(text).replaceAll('"', '""')}"`
}

/**
 * A text that no spreadsheet takes for a formula (OWASP, "CSV Injection"), whatever it takes for a separator and whatever it strips: an
 * apostrophe is put before each place at which one could begin. Before an apostrophe too, so that those that were put there can be told
 * from the text's own. Takes time in proportion to the text.
 */
export function withoutFormulas(text: string): string {
  if (!suspect.test(text)) return text
  const characters = Array.from(text)
  let leadsToDanger = false
  for (let index = characters.length - 1; index >= 0; index -= 1) {
    const character = characters[index] ?? ''
    if (leadsToDanger && separator.test(character)) characters[index] = `${character}'`
    leadsToDanger = dangerous.test(character) || (leadsToDanger && stripped.test(character))
  }
  return leadsToDanger ? `'${characters.join('')}` : characters.join('')
}
