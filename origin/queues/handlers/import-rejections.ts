import type { ImportReport } from '../../../shared/contract/contacts.ts'
import type { RejectedLine } from '../../../shared/contract/imports.ts'
import { limits } from '../../../shared/limits.ts'

/** The lines that were refused: their number, and the first of them. */
export interface Rejections {
  add(report: ImportReport): void
  /** Those of the lines up to this one. */
  upTo(line: number): { readonly rejected: number; readonly rejections: readonly RejectedLine[] }
  first(): readonly RejectedLine[]
}

interface Known {
  readonly rejected: number
  readonly rejections: readonly RejectedLine[]
}

/** Continues with those of earlier runs. */
export function createRejections(known: Known): Rejections {
  const kept: RejectedLine[] = [...known.rejections]
  /** Of this run, in the order in which they were found. */
  const lines: number[] = []
  const inOrder = (rejections: readonly RejectedLine[]) =>
    rejections.toSorted((one, other) => one.line - other.line).slice(0, limits.importReportsMax)
  return {
    add(report) {
      if (report.type !== 'rejected') return
      const { line, code, details } = report
      lines.push(line)
      if (lines.length <= limits.importReportsMax)
        kept.push({ line, code, ...(details === undefined ? {} : { details }) })
    },
    upTo: (line) => ({
      rejected: known.rejected + lines.filter((each) => each <= line).length,
      rejections: inOrder(kept.filter((each) => each.line <= line)),
    }),
    first: () => inOrder(kept),
  }
}
