import type { SourceName } from '../../../../shared/contract/tier-names.ts'
import { sourceTitles } from './source-titles.ts'

export { sourceTitles } from './source-titles.ts'

/** The source of an answer, in its colour. */
export function SourceTag({ source }: { source: SourceName }) {
  return (
    <span className={`source source-${source}`}>
      <span className="source-dot" aria-hidden="true" />
      {sourceTitles[source]}
    </span>
  )
}
