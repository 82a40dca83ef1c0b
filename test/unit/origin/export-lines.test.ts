import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exportLines } from '../../../origin/queues/handlers/export-lines.ts'
import { withoutFormulas } from '../../../shared/csv.ts'
import { exampleContact } from '../../../shared/resources/contacts/whole-contact.ts'

/** Texts with many of the characters that matter. */
const risky = fc
  .array(fc.constantFrom(...'=+-@\'"＝＋－＠,;|\t\r\n \u00a0\uFEFF\u200bab1'.split('')), { maxLength: 12 })
  .map((characters) => characters.join(''))
const text = fc.oneof(risky, fc.string({ unit: 'grapheme' }))

/** Removes the apostrophes that an export added. */
function withFormulas(text: string): string {
  const added = /(?<=^|[,;|\t\r\n])'(?=[\s\p{Z}\p{Cc}\p{Cf}]*["'=+\-@＝＋－＠])/gu
  return text.replaceAll(added, '')
}

/** The records of an RFC 4180 text, without what a reader of CSV need not know. */
function parseCsv(csv: string): (string | null)[][] {
  const records: (string | null)[][] = []
  const record: (string | null)[] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  for (let match = cell.exec(csv); match !== null; match = cell.exec(csv)) {
    record.push(match[1] === undefined ? null : match[1].replaceAll('""', '"'))
    if (match[3] === '\r\n') records.push(record.splice(0))
  }
  return records
}

const lineOf = (fields: object) => exportLines.csv.lineOf({ ...exampleContact, ...fields })
const columns = parseCsv(exportLines.csv.head.replace('\uFEFF', ''))[0] ?? []

describe('a line of a CSV file', () => {
  test('has the values of its contact, whatever they contain', () => {
    fc.assert(
      fc.property(text, text, (name, message) => {
        const [record, ...more] = parseCsv(lineOf({ name, last_message: message, tags: [] }))
        expect(more).toEqual([])
        expect(record).toHaveLength(columns.length)
        expect(withFormulas(record?.[columns.indexOf('name')] ?? '')).toBe(name)
        expect(withFormulas(record?.[columns.indexOf('last_message')] ?? '')).toBe(message)
        expect(record?.[columns.indexOf('email')]).toBe('john@example.com')
        expect(record?.[columns.indexOf('assigned_to')]).toBeNull()
      }),
      { numRuns: 2_000 },
    )
  })

  test('has no cell that begins a formula, whatever separator a spreadsheet takes and whatever it strips', () => {
    fc.assert(
      fc.property(text, text, (name, message) => {
        const line = lineOf({ name, last_message: message, phone: '+1 555', email: '=HYPERLINK("x")' })
        for (const separator of [',', ';', '\t', '|']) {
          for (const piece of line.split(/[\r\n]/).flatMap((part) => part.split(separator))) {
            expect(piece.replace(/^[\s\p{Z}\p{Cc}\p{Cf}"]*/u, '')).not.toMatch(/^[=+\-@＝＋－＠]/)
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('leaves a text alone that can be no formula', () => {
    for (const harmless of ['Ann Lee', 'a=b', '1-2', 'a@b.example', 'What? Yes!', "O'Neill", '']) {
      expect(withoutFormulas(harmless)).toBe(harmless)
    }
    expect(withoutFormulas('+49 30')).toBe("'+49 30")
  })

  test('begins with a byte order mark and the names of the columns', () => {
    expect(
      exportLines.csv.head.startsWith('\uFEFF"id","workspace_id","board_id","board_column_id","name"'),
    ).toBe(true)
  })
})

describe('a line of an NDJSON file', () => {
  test('is the contact as the API shows it', () => {
    fc.assert(
      fc.property(text, (name) => {
        const line = exportLines.ndjson.lineOf({ ...exampleContact, name })
        expect(line.indexOf('\n')).toBe(line.length - 1)
        expect(JSON.parse(line)).toEqual({ ...exampleContact, name })
      }),
    )
  })
})
