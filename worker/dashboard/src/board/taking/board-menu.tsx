import { useId, useRef, useState } from 'react'
import { limits } from '../../../../../shared/limits.ts'
import type { Board } from '../../api/directory.ts'
import { usePlace } from '../../place.ts'
import { inspectorAddress } from '../../resources/inspector-address.ts'
import { useChoices } from '../../routing.ts'
import { useBoardClient } from '../board-client.tsx'
import { shapeIn } from '../columns/board-shape.ts'
import { type ListQuestion, pageOptionsOf, parametersOf } from '../list-question.ts'
import { sharedAddress } from '../saved/saved-filters.ts'
import { CopyReport, useCopier } from './copy-text.tsx'
import { curlLine } from './curl-line.ts'
import { ExportReport } from './export-report.tsx'
import { Menu } from './menu.tsx'
import { useExport } from './use-export.ts'

interface BoardMenuProps {
  readonly boards: readonly Board[]
  readonly question: ListQuestion
}

/** Takes what is shown elsewhere: as a file, as a request, as an address, and as a question to the inspector. */
export function BoardMenu({ boards, question }: BoardMenuProps) {
  const { workspace } = usePlace()
  const client = useBoardClient()
  const copier = useCopier()
  const { query } = useChoices()
  const { exporting, start, cancel, close } = useExport()
  const button = useRef<HTMLButtonElement>(null)
  const [at, setAt] = useState<{ readonly xPx: number; readonly yPx: number } | null>(null)
  const id = useId()

  function open() {
    const { left = 0, bottom = 0 } = button.current?.getBoundingClientRect() ?? {}
    setAt({ xPx: left, yPx: bottom + 4 })
  }
  function copyRequests() {
    const lines = boards.map((board) => {
      const { path } = client.board(board.id).page(1, pageOptionsOf(question))
      return curlLine(window.location.origin, path, workspace.id)
    })
    copier.copy(lines.length === 1 ? 'the request as curl' : 'the requests as curl', lines.join('\n'))
  }
  function copyAddress() {
    const { origin, pathname, search, hash } = window.location
    copier.copy('the address', `${origin}${pathname}${search}${sharedAddress(hash)}`)
  }
  function inspect(boardId: string) {
    const asked = { boardId, per_page: limits.perPageMax, ...parametersOf(question) }
    window.location.hash = inspectorAddress('contact-list', asked)
  }
  const [only] = boards
  const isOneList = boards.length === 1 && shapeIn(query) === 'list'
  return (
    <div className="taking">
      <button
        ref={button}
        type="button"
        aria-haspopup="menu"
        aria-expanded={at !== null}
        aria-describedby={id}
        onClick={open}
      >
        Export and copy
      </button>
      <span id={id} className="hidden">
        Of what is shown: its rows as CSV, its request as curl, its address.
      </span>
      {at !== null && (
        <Menu
          label="Export and copy"
          at={at}
          onClose={() => setAt(null)}
          items={[
            { title: 'Export rows as CSV', act: () => start(boards, question) },
            { title: 'Copy as curl', group: 'copy', act: copyRequests },
            { title: 'Copy address', group: 'copy', act: copyAddress },
            ...(only !== undefined && isOneList && workspace.role === 'admin'
              ? [{ title: 'Inspect this list', group: 'inspect', act: () => inspect(only.id) }]
              : []),
          ]}
        />
      )}
      <CopyReport copier={copier} />
      {exporting !== null && (
        <ExportReport exporting={exporting} boards={boards} onCancel={cancel} onClose={close} />
      )}
    </div>
  )
}
