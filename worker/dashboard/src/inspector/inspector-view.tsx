import './inspector.css'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, Fragment, useState } from 'react'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'
import {
  BackendNotice,
  firstResource,
  ResourceChoice,
  ResourceFields,
  useCanAsk,
  useResourcePath,
} from '../resources/resource-fields.tsx'
import { readServed } from '../resources/served-answer.ts'
import { Explained, type ExplainedAnswer } from './explained.tsx'

/** No parameter has this name, because their names have no hyphens. */
const freshnessField = 'cache-control'

const freshness = [
  { value: '', title: 'As usual' },
  { value: 'no-cache', title: 'Current now (no-cache)' },
  { value: 'only-if-cached', title: 'Cached (only-if-cached)' },
] as const

/** Reads any declared resource and shows how its answer came about. The API allows this to admins only. */
export function InspectorView() {
  const { workspace } = usePlace()
  const inspect = useInspect()
  if (workspace.role !== 'admin') {
    return <Notice tone="info">Only an admin of the workspace can see how an answer came about.</Notice>
  }
  return (
    <div className="inspector">
      <Panel title="Question">
        <QuestionForm isLocked={inspect.isPending} onAnswer={inspect.mutate} />
      </Panel>
      <Panel title="Explanation">
        {inspect.isError && <FailureNotice error={inspect.error} />}
        {inspect.isIdle && (
          <p className="empty">
            Choose a resource to see which tiers were read, what each of them had, and why the answer counts
            as fresh.
          </p>
        )}
        {inspect.isPending && <p className="waiting">Waiting for the answer …</p>}
        {inspect.isSuccess && <Explained answer={inspect.data} />}
      </Panel>
    </div>
  )
}

interface Question {
  readonly path: string
  readonly cacheControl: string
}

interface QuestionFormProps {
  readonly isLocked: boolean
  onAnswer(question: Question): void
}

function QuestionForm({ isLocked, onAnswer }: QuestionFormProps) {
  const [resource, setResource] = useState(firstResource)
  const canAsk = useCanAsk(resource)
  const pathIn = useResourcePath()
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    const cacheControl = String(new FormData(form).get(freshnessField) ?? '')
    onAnswer({ path: pathIn(resource, form), cacheControl })
  }
  return (
    <form className="fields" onSubmit={submit}>
      <div className="wide">
        <ResourceChoice value={resource} onChange={setResource} />
      </div>
      <Fragment key={resource.name}>
        <div className="wide">
          <BackendNotice resource={resource} />
        </div>
        <ResourceFields resource={resource} isWhole />
      </Fragment>
      <label className="field wide">
        <span>Freshness</span>
        <select name={freshnessField}>
          {freshness.map(({ value, title }) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" className="primary" disabled={isLocked || !canAsk}>
        Explain
      </button>
    </form>
  )
}

function useInspect() {
  const { api, workspace } = usePlace()
  return useMutation({
    mutationFn: async ({ path, cacheControl }: Question): Promise<ExplainedAnswer> => {
      const headers = { 'X-Explain': '1', ...(cacheControl === '' ? {} : { 'Cache-Control': cacheControl }) }
      const answer = await readServed(api, { path, workspaceId: workspace.id, headers })
      return {
        path,
        durationMs: answer.durationMs,
        served: answer.served,
        headers: ['Cache-Status', 'Age', 'ETag', 'Server-Timing', 'X-Request-ID'].flatMap((name) => {
          const value = answer.headers.get(name)
          return value === null ? [] : [{ name, value }]
        }),
      }
    },
  })
}
