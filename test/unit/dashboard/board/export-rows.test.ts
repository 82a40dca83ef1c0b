import { describe, expect, it } from 'vitest'
import { exampleContact } from '../../../../shared/resources/contacts/whole-contact.ts'
import type { Contact, ContactPage, PageOptions } from '../../../../worker/client/api.ts'
import type { Boardcache } from '../../../../worker/client/types.ts'
import { csvHead, csvOf } from '../../../../worker/dashboard/src/board/taking/contact-csv.ts'
import { curlLine } from '../../../../worker/dashboard/src/board/taking/curl-line.ts'
import {
  exportedRowsMax,
  exportRows,
  fileNameOf,
} from '../../../../worker/dashboard/src/board/taking/export-rows.ts'

const { company_id: _company, language: _language, follow_up_at: _at, ...row } = exampleContact
const contact: Contact = { ...row, board_id: 'b', board_column_id: 'col_1' }
const board = {
  id: 'b',
  name: 'Sales / EU',
  board_columns: [{ id: 'col_1', name: 'New "hot"', position: 1 }],
}

/** A board of so many rows, and the pages that were asked for. */
function boardOf(rows: number) {
  const asked: PageOptions[] = []
  const query = (first: number, options: PageOptions = {}) => ({
    async read({ signal }: { readonly signal?: AbortSignal } = {}) {
      signal?.throwIfAborted()
      asked.push(options)
      const perPage = options.perPage ?? 50
      const contacts = Array.from({ length: Math.max(0, Math.min(perPage, rows - first)) }, (_, at) => ({
        ...contact,
        id: `contact_${first + at}`,
      }))
      const next = first + perPage
      const data: ContactPage = {
        contacts,
        pagination: {
          ...{ page: 1, per_page: perPage, total: rows, total_pages: 1 },
          next_cursor: next < rows ? `${next}` : null,
        },
      }
      return { data, status: 'current', asOfMs: 0, version: 1, isPending: false, error: null } as const
    },
  })
  const client = {
    board: () => ({
      page: (_page: number, options?: PageOptions) => query(0, options),
      cursor: (cursor: string, options?: PageOptions) => query(Number(cursor), options),
    }),
  } as unknown as Pick<Boardcache, 'board'>
  return { client, asked }
}

const run = (rows: number, signal = new AbortController().signal, onProgress = (_: object) => {}) => {
  const { client, asked } = boardOf(rows)
  const job = { client, boards: [board], options: { filter: 'open' as const }, signal, onProgress }
  return { asked, exported: exportRows(job) }
}

describe('an export of what is shown', () => {
  it('has each row once, page after page of the filter, and says how far it is', async () => {
    const seen: object[] = []
    const { asked, exported } = run(250, undefined, (progress) => seen.push(progress))
    const { parts, rows, isCut } = await exported
    expect({ rows, isCut }).toEqual({ rows: 250, isCut: false })
    const ids = parts.join('').match(/contact_\d+/g) ?? []
    expect(new Set(ids).size).toBe(250)
    expect(asked).toEqual(Array.from({ length: 3 }, () => ({ filter: 'open', perPage: 100 })))
    expect(seen).toEqual([
      { rows: 100, of: 250 },
      { rows: 200, of: 250 },
      { rows: 250, of: 250 },
    ])
  })

  it('ends at its bound and says that there is more, and does not say so of exactly as many', async () => {
    expect(await run(exportedRowsMax + 1).exported).toMatchObject({ rows: exportedRowsMax, isCut: true })
    expect(await run(exportedRowsMax).exported).toMatchObject({ rows: exportedRowsMax, isCut: false })
    expect(await run(0).exported).toMatchObject({ rows: 0, isCut: false, parts: [csvHead, ''] })
  })

  it('reads no further page once it is cancelled', async () => {
    const stop = new AbortController()
    const { asked, exported } = run(500, stop.signal, () => stop.abort())
    await expect(exported).rejects.toThrow()
    expect(asked).toHaveLength(1)
  })
})

it('a row of CSV has its column by name, and no text that a spreadsheet takes for a formula', () => {
  const line = csvOf([{ ...contact, name: '=HYPERLINK("x")', email: null, tags: ['a', 'b'] }], [board])
  expect(line).toContain(`"'=HYPERLINK(""x"")",,`)
  expect(line).toContain('"a, b"')
  expect(line.endsWith('"New ""hot"""\r\n')).toBe(true)
  expect(csvHead.startsWith('\uFEFF"id","name","email"')).toBe(true)
  expect(csvHead.split(',').length).toBe(22)
})

it('a request as curl lets nobody in, and a quote in it ends nothing', () => {
  expect(curlLine('https://b.example', "/api/boards/b/contacts?search=o'neil", '15213')).toBe(
    `curl -H "Authorization: Bearer $TOKEN" -H 'X-Workspace-ID: 15213' 'https://b.example/api/boards/b/contacts?search=o'\\''neil'`,
  )
})

it('a file is named after its board and the day', () => {
  const now = new Date('2026-11-27T12:00:00Z')
  expect(fileNameOf([board], now)).toBe('Sales-EU-2026-11-27.csv')
  expect(fileNameOf([board, board], now)).toBe('all-boards-2026-11-27.csv')
  expect(fileNameOf([{ ...board, name: '///' }], now)).toBe('board-2026-11-27.csv')
})
