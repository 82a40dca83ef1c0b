import type { PageAnswer, RowPage } from './row-page.ts'

/** The versions that are remembered of a page. Pages that wait for each other are at most some versions apart. */
const pointsMax = 8

/**
 * One page over time: its newest answer, and what it contained at the last versions that were named for it. Nothing is assumed about
 * the versions in between, in which the page may have been another one.
 */
export class PageHistory<Row> {
  newest: PageAnswer<Row> | null = null
  #points: readonly { readonly version: number; readonly page: RowPage<Row> }[] = []

  /** Takes a new answer. False if its version is below the last one: versions began again, and the earlier ones mean nothing any more. */
  take(answer: PageAnswer<Row>): boolean {
    const { data: page, version } = answer
    const last = this.versions.at(-1) ?? 0
    const isNewPage = page !== this.newest?.data
    this.newest = answer
    if (page === undefined || version === null) {
      // The earlier pages are older than this one, whose version is not known.
      if (isNewPage) this.forget()
      return true
    }
    const older = version < last ? [] : this.#points.filter((point) => point.version < version)
    this.#points = [...older, { version, page }].slice(-pointsMax)
    return version >= last
  }

  forget(): void {
    this.#points = []
  }

  at(version: number): RowPage<Row> | undefined {
    return this.#points.find((point) => point.version === version)?.page
  }

  get versions(): number[] {
    return this.#points.map(({ version }) => version)
  }
}
