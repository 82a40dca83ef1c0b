import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { SourceName } from '../../../../shared/contract/tier-names.ts'
import { formatClock, formatCount, formatMs } from '../parts/format.ts'
import { FailureNotice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { SourceTag } from '../parts/source.tsx'
import { usePlace } from '../place.ts'
import { InspectorLink } from '../resources/inspector-link.tsx'
import {
  BackendNotice,
  firstResource,
  ResourceChoice,
  ResourceFields,
  useCanAsk,
  useResourcePath,
  valuesIn,
} from '../resources/resource-fields.tsx'
import { readServed } from '../resources/served-answer.ts'

/** One read, and where it came from. */
interface Read {
  readonly id: number
  readonly path: string
  readonly resource: string
  /** The parameters of the question, for the inspector. */
  readonly parameters: Readonly<Record<string, string>>
  readonly source: SourceName
  readonly status: string
  readonly durationMs: number
  readonly total: number | null
  readonly absence: string | null
  readonly at: string
}

const readsMax = 6
const readsKeptMax = 50

/** Reads as a browser client does, so that the effect of a changed setting or an invalidation can be seen. */
export function ReadPanel() {
  const [resource, setResource] = useState(firstResource)
  const [reads, setReads] = useState<readonly Read[]>([])
  const canAsk = useCanAsk(resource)
  const pathIn = useResourcePath()
  const read = useRead()
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const parameters = valuesIn(event.currentTarget)
    read.mutate(
      { resource: resource.name, parameters, path: pathIn(resource, parameters) },
      {
        onSuccess: (told) =>
          setReads((before) => [{ ...told, id: (before[0]?.id ?? 0) + 1 }, ...before].slice(0, readsKeptMax)),
      },
    )
  }
  return (
    <Panel title="Try a read">
      <form onSubmit={submit}>
        <div className="row row-end">
          <ResourceChoice value={resource} onChange={setResource} />
          <button type="submit" className="primary" disabled={read.isPending || !canAsk}>
            Read
          </button>
        </div>
        <BackendNotice resource={resource} />
        <div className="fields" key={resource.name}>
          <ResourceFields resource={resource} isWhole={false} />
        </div>
      </form>
      {read.isError && <FailureNotice error={read.error} />}
      {reads.length === 0 && <p className="empty">No reads yet.</p>}
      <ol className="reads" aria-live="polite" data-reads={reads[0]?.id ?? 0}>
        {reads.slice(0, readsMax).map((each) => (
          <li key={each.id}>
            <time className="quiet">{each.at}</time>
            <code className="path">{each.path}</code>
            <span className="status-word">{each.status}</span>
            <SourceTag source={each.source} />
            <span className="number">{formatMs(each.durationMs)}</span>
            <span className="number quiet">{formatCount(each.total)}</span>
            <InspectorLink resource={each.resource} parameters={each.parameters} of={each.path} />
            {each.absence !== null && <span className="quiet small absence">{each.absence}</span>}
          </li>
        ))}
      </ol>
    </Panel>
  )
}

function useRead() {
  const { api, workspace } = usePlace()
  return useMutation({
    mutationFn: async (asked: Pick<Read, 'resource' | 'parameters' | 'path'>): Promise<Omit<Read, 'id'>> => {
      const at = formatClock(Date.now())
      const { served, durationMs } = await readServed(api, { path: asked.path, workspaceId: workspace.id })
      const { status, source, total, absence } = served
      return { ...asked, at, status, source, durationMs, total, absence }
    },
  })
}
