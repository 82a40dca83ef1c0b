import { DurableObject } from 'cloudflare:workers'
import { familyMove, moveSchema } from '../../../shared/tags/moves.ts'
import { Book } from '../../../worker/ledger/book.ts'
import type { LedgerEvent } from '../../../worker/ledger/ledger-messages.ts'
import { advanceCopy, type Copy } from '../../../worker/ledger/moved-tags.ts'
import { countRows, type Rows } from '../../support/counted-rows.ts'
import { OlderBook } from './older-ledger.ts'

/** The calls of the benchmark, made one at a time. They answer rows; times are taken outside. */
export class Books extends DurableObject {
  private readonly rows: Rows
  private readonly open: { book: () => Book; older: () => OlderBook }
  private book: Book
  private older: OlderBook
  private readonly copy: Copy

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env)
    const { counted, rows } = countRows(state.storage)
    this.rows = rows
    this.open = {
      book: () => new Book(counted, () => ({ ledgerId: 'ledger', version: Date.now() })),
      older: () => new OlderBook(counted),
    }
    // The older tables have other names here. Otherwise the book would take them for a ledger that it must upgrade.
    this.book = this.open.book()
    this.older = this.open.older()
    this.copy = advanceCopy(null, this.book.since(null, 0))
  }

  measure(what: string, times: number): Rows {
    const before = { ...this.rows }
    for (let index = 0; index < times; index += 1) this.run(what, index)
    return { read: this.rows.read - before.read, written: this.rows.written - before.written }
  }

  private run(what: string, index: number): void {
    if (what === '/write') this.book.advance([eventOf(index)])
    if (what === '/older-write') this.older.advance(`outbox:${index}`, tagsOf(index))
    if (what === '/since') this.book.since('ledger', this.book.since(null, 0).version)
    if (what === '/older-since') this.older.since(this.older.version() - 10)
    if (what === '/wake') this.book = this.open.book()
    if (what === '/older-wake') this.older = this.open.older()
    if (what === '/refresh') advanceCopy(this.copy, { ...this.copy, moved: noChange })
    if (what === '/refresh-moved') advanceCopy(this.copy, { ...this.copy, moved: oneChange })
    if (what === '/older-refresh') new Map(this.olderView).set('counts', index)
  }

  private readonly olderView = new Map(
    Array.from({ length: 10_000 }, (_, index) => [`board:${index}`, index]),
  )
}

const noChange = { tags: new Uint16Array(), distances: new Uint32Array() }
const oneChange = { tags: Uint16Array.of(3), distances: Uint32Array.of(2) }

/** A change of a contact's facet, with the moves that the database's triggers note for it. */
function eventOf(index: number): LedgerEvent {
  const places = [`place#${index % 512}#3802`, `place#${(index * 7) % 512}#1802`]
  const moves = [`contact#${index % 1_024}`, `user#${index % 256}`, ...places].map((text) =>
    moveSchema.parse(text),
  )
  return { moves: [...moves, familyMove('counts')], eventId: `outbox:${index}`, digest: `${index}` }
}

function tagsOf(index: number): string[] {
  return [`column:board_${index % 40}:col_${index % 8}`, `open:board_${index % 40}`, 'counts']
}

export default {
  async fetch(request: Request, env: { BOOKS: DurableObjectNamespace<Books> }): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const books = env.BOOKS.get(env.BOOKS.idFromName('bench'))
    return Response.json(await books.measure(pathname, Number(searchParams.get('times'))))
  },
}
