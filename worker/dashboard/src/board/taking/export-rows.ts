import type { PageOptions } from '../../../../client/api.ts'
import { BoardcacheError } from '../../../../client/client-error.ts'
import type { Boardcache } from '../../../../client/types.ts'
import type { Board } from '../../api/directory.ts'
import { csvHead, csvOf } from './contact-csv.ts'

/** A page costs a request of the user's limit, so this many rows are a hundred of 600 a minute. */
export const exportedRowsMax = 10_000
const perPage = 100

export interface ExportProgress {
  readonly rows: number
  /** The rows that there are to write, at most `exportedRowsMax`; about that many of a search with very many matches. */
  readonly of: number
}

export interface Exported {
  /** The parts of the file. */
  readonly parts: readonly string[]
  readonly rows: number
  /** Whether there were more rows than the bound. */
  readonly isCut: boolean
}

interface ExportJob {
  readonly client: Pick<Boardcache, 'board'>
  /** Written one after the other. */
  readonly boards: readonly Board[]
  readonly options: Omit<PageOptions, 'perPage'>
  readonly signal: AbortSignal
  onProgress(progress: ExportProgress): void
}

/**
 * Reads page after page along their cursors, so that no row is written twice while others write. Rejects with the signal's reason once it
 * is aborted, and with a BoardcacheError if a page cannot be read.
 */
export async function exportRows({
  client,
  boards,
  options,
  signal,
  onProgress,
}: ExportJob): Promise<Exported> {
  const parts = [csvHead]
  let rows = 0
  let total = 0
  let isCut = false
  for (const { id } of boards) {
    const board = client.board(id)
    let page = board.page(1, { ...options, perPage })
    for (let isFirst = true; ; isFirst = false) {
      const { data, error } = await page.read({ signal })
      signal.throwIfAborted()
      if (data === undefined) throw error ?? unanswered()
      const left = exportedRowsMax - rows
      const taken = data.contacts.slice(0, left)
      parts.push(csvOf(taken, boards))
      rows += taken.length
      if (isFirst) total += data.pagination.total
      onProgress({ rows, of: Math.min(Math.max(total, rows), exportedRowsMax) })
      const cursor = data.pagination.next_cursor
      isCut ||= data.contacts.length > left || (rows >= exportedRowsMax && cursor !== null)
      if (cursor === null || rows >= exportedRowsMax) break
      page = board.cursor(cursor, { ...options, perPage })
    }
  }
  return { parts, rows, isCut }
}

const unanswered = () =>
  new BoardcacheError({ code: 'answer_invalid', message: 'A page came without its rows.' })

/** A name for the file, of the board and the day. */
export function fileNameOf(boards: readonly Board[], now: Date): string {
  const [only] = boards
  const name = boards.length === 1 && only !== undefined ? only.name : 'all boards'
  const plain = name.replaceAll(/[^\p{L}\p{N}]+/gu, '-').replaceAll(/^-|-$/g, '')
  return `${plain === '' ? 'board' : plain.slice(0, 60)}-${now.toISOString().slice(0, 10)}.csv`
}
