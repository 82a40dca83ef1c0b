import './inspector.css'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, Fragment, useEffect, useState } from 'react'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'
import { type DeclaredResource, declaredResources } from '../resources/declared.ts'
import { freshnessParameter } from '../resources/inspector-address.ts'
import {
  BackendNotice,
  firstResource,
  ResourceChoice,
  ResourceFields,
  useCanAsk,
  useResourcePath,
  valuesIn,
  workspaceParameter,
} from '../resources/resource-fields.tsx'
import { readServed } from '../resources/served-answer.ts'
import { useChoices, useRestOfAddress } from '../routing.ts'
import { Explained, type ExplainedAnswer } from './explained.tsx'

const freshness = [
  { value: '', title: 'As usual' },
  { value: 'no-cache', title: 'Current now (no-cache)' },
  { value: 'only-if-cached', title: 'Cached (only-if-cached)' },
] as const

/** Reads any declared resource and shows how its answer came about. The address has the question. The API allows this to admins only. */
export function InspectorView() {
  const { workspace } = usePlace()
  if (workspace.role !== 'admin') {
    return <Notice tone="info">Only an admin of the workspace can see how an answer came about.</Notice>
  }
  return <Inspector />
}

/** The question that the address has: `contact` and its parameters in `#/inspector/contact?id=contact_42`. */
function useAsked() {
  const named = useRestOfAddress()
  const { query, choose } = useChoices()
  const [times, setTimes] = useState(1)
  const resource = declaredResources.find(({ name }) => name === named) ?? null
  const values = Object.fromEntries(query)
  return {
    named,
    resource,
    values,
    times,
    /** Puts a question into the address. The same question is asked again. */
    ask(asked: DeclaredResource, given: Readonly<Record<string, string>>) {
      const before = Object.fromEntries([...query.keys()].map((name) => [name, null]))
      const typed = Object.entries(given).map(([name, value]) => [name, value === '' ? null : value] as const)
      choose({ ...before, ...Object.fromEntries(typed) }, { rest: asked.name })
      setTimes((already) => already + 1)
    },
  }
}

/** Counts how often the user came to another address by a link or by going back. The form has other values then. */
function useArrivals(): number {
  const [arrivals, setArrivals] = useState(0)
  useEffect(() => {
    const arrive = () => setArrivals((before) => before + 1)
    window.addEventListener('popstate', arrive)
    window.addEventListener('hashchange', arrive)
    return () => {
      window.removeEventListener('popstate', arrive)
      window.removeEventListener('hashchange', arrive)
    }
  }, [])
  return arrivals
}

/** Whether a question has all that it needs. A link may name the resource alone. */
function isWhole(
  { parameters, isForMembers }: DeclaredResource,
  values: Readonly<Record<string, string>>,
): boolean {
  return (
    !isForMembers ||
    parameters.every(
      ({ name, isRequired }) => !isRequired || name === workspaceParameter || (values[name] ?? '') !== '',
    )
  )
}

function Inspector() {
  const { named, resource, values, times, ask } = useAsked()
  const inspect = useInspect(resource, values, times)
  const arrivals = useArrivals()
  return (
    <div className="inspector">
      <Panel title="Question">
        <QuestionForm
          key={arrivals}
          first={resource ?? firstResource()}
          values={values}
          isLocked={inspect.isFetching}
          onAsk={ask}
        />
      </Panel>
      <Panel title="Explanation">
        {named !== '' && resource === null && (
          <Notice tone="info">There is no resource with the name {named}.</Notice>
        )}
        {inspect.isError && <FailureNotice error={inspect.error} />}
        {resource !== null && !isWhole(resource, values) && (
          <p className="empty">Fill in the question to see how its answer comes about.</p>
        )}
        {resource === null && (
          <p className="empty">
            Choose a resource to see which tiers were read, what each of them had, and why the answer counts
            as fresh.
          </p>
        )}
        {resource !== null && inspect.isLoading && <p className="waiting">Waiting for the answer …</p>}
        {inspect.isSuccess && <Explained answer={inspect.data} />}
      </Panel>
    </div>
  )
}

interface QuestionFormProps {
  readonly first: DeclaredResource
  readonly values: Readonly<Record<string, string>>
  readonly isLocked: boolean
  onAsk(resource: DeclaredResource, values: Readonly<Record<string, string>>): void
}

function QuestionForm({ first, values, isLocked, onAsk }: QuestionFormProps) {
  const [resource, setResource] = useState(first)
  const canAsk = useCanAsk(resource)
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    onAsk(resource, valuesIn(event.currentTarget))
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
        <ResourceFields resource={resource} isWhole values={values} />
      </Fragment>
      <label className="field wide">
        <span>Freshness</span>
        <select name={freshnessParameter} defaultValue={values[freshnessParameter] ?? ''}>
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

/** Asks the question of the address once, and again whenever `times` grows. */
function useInspect(
  resource: DeclaredResource | null,
  values: Readonly<Record<string, string>>,
  times: number,
) {
  const { api, workspace } = usePlace()
  const pathIn = useResourcePath()
  const path = resource === null ? '' : pathIn(resource, values)
  const cacheControl = values[freshnessParameter] ?? ''
  return useQuery({
    queryKey: ['inspect', workspace.id, path, cacheControl, times],
    enabled: resource?.isForMembers === true && isWhole(resource, values),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    queryFn: async ({ signal }): Promise<ExplainedAnswer> => {
      const headers = { 'X-Explain': '1', ...(cacheControl === '' ? {} : { 'Cache-Control': cacheControl }) }
      const answer = await readServed(api, { path, workspaceId: workspace.id, headers, signal })
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
