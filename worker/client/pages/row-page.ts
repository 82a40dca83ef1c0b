/** A row of a list. Rows are the same row if their ids are equal. */
export interface Identified {
  readonly id: string
}

/** A numbered page of a list, as `data` of its answer. A row that another page shows already is undefined. */
export interface RowPage<Row> {
  readonly contacts: readonly (Row | undefined)[]
  readonly pagination: {
    readonly total: number
    readonly total_is_estimate?: true | undefined
    readonly next_cursor: string | null
  }
}

/** What a query knows about its page (Answer in the client). */
export interface PageAnswer<Row> {
  readonly data: RowPage<Row> | undefined
  readonly status: 'current' | 'unproved' | 'stale' | 'loading' | 'failed'
  /** A version at which the list had this page; null if none is known. */
  readonly version: number | null
  /** A write of this client is in the data, and its answer is still on its way. */
  readonly isPending: boolean
  readonly error: Error | null
}

/** The query of a page. The client's queries fit. */
export interface PageQuery<Row> {
  subscribe(listener: (answer: PageAnswer<Row>) => void): () => void
  peek(): PageAnswer<Row>
  /** Asks the server to say that the page is current at this version at least, or how it has changed. It may stay without an answer. */
  prove(version: number): void
}
