import { useSyncExternalStore } from 'react'
import { formatThings } from '../../parts/format.ts'
import { FreshnessLine } from '../freshness-line.tsx'
import type { ColumnsOnScreen } from './columns-on-screen.ts'

interface ColumnsHeadProps {
  readonly columns: number
  readonly onScreen: ColumnsOnScreen
  /** The cards answer an earlier question. */
  readonly isEarlier: boolean
}

/** How many columns the board has, and how much those in view can be relied on. */
export function ColumnsHead({ columns, onScreen, isEarlier }: ColumnsHeadProps) {
  useSyncExternalStore(onScreen.subscribe, onScreen.changes)
  return (
    <div className="list-head">
      <p className="count">{formatThings(columns, 'column')}</p>
      <FreshnessLine read={onScreen.read} isEarlier={isEarlier} />
    </div>
  )
}
