import { useEffect, useRef, useState } from 'react'
import type { Board } from '../../api/directory.ts'
import { useBoardClient } from '../board-client.tsx'
import { failureOfClient } from '../client-failure.ts'
import type { ListQuestion } from '../list-question.ts'
import { pageOptionsOf } from '../list-question.ts'
import { type Exported, type ExportProgress, exportRows, fileNameOf } from './export-rows.ts'

export type Exporting =
  | ({ readonly kind: 'running' } & ExportProgress)
  | { readonly kind: 'done'; readonly rows: number; readonly isCut: boolean }
  | { readonly kind: 'cancelled'; readonly rows: number }
  | { readonly kind: 'failed'; readonly reason: string }

interface ExportControl {
  readonly exporting: Exporting | null
  start(boards: readonly Board[], question: ListQuestion): void
  cancel(): void
  close(): void
}

/** An export of rows into a file of the user's, one at a time. It ends with the view. */
export function useExport(): ExportControl {
  const client = useBoardClient()
  const [exporting, setExporting] = useState<Exporting | null>(null)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  async function run(boards: readonly Board[], question: ListQuestion, stop: AbortController) {
    let rows = 0
    try {
      const exported = await exportRows({
        ...{ client, boards, options: pageOptionsOf(question), signal: stop.signal },
        onProgress(progress) {
          rows = progress.rows
          setExporting({ kind: 'running', ...progress })
        },
      })
      save(exported, fileNameOf(boards, new Date()))
      setExporting({ kind: 'done', rows: exported.rows, isCut: exported.isCut })
    } catch (error) {
      if (stop.signal.aborted) setExporting({ kind: 'cancelled', rows })
      else setExporting({ kind: 'failed', reason: failureOfClient(error).message })
    } finally {
      if (running.current === stop) running.current = null
    }
  }

  return {
    exporting,
    start(boards, question) {
      if (running.current !== null) return
      const stop = new AbortController()
      running.current = stop
      setExporting({ kind: 'running', rows: 0, of: 0 })
      void run(boards, question, stop)
    },
    cancel: () => running.current?.abort(),
    close: () => setExporting(null),
  }
}

/** The browser has taken the file from the URL by then. */
const keptMs = 60_000

function save({ parts }: Exported, fileName: string): void {
  const url = URL.createObjectURL(new Blob([...parts], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), keptMs)
}
