import { type UseMutationResult, useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import {
  performanceAnswerSchema,
  warmUpSchema,
  workspaceInvalidatedSchema,
} from '../../../../shared/contract/management.ts'
import { formatCount, formatMs, formatThings } from '../parts/format.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { Version } from '../parts/version.tsx'
import { usePlace } from '../place.ts'
import { titleOf } from '../resources/resource-question.ts'
import { PerformanceResult } from './performance-result.tsx'

/** Invalidate, warm up and test performance. Each shows what it did. */
export function ActionsPanel() {
  const { api, user, workspace } = usePlace()
  const workspaceId = workspace.id
  const invalidate = useMutation({
    mutationFn: async () => {
      const request = { path: '/api/cache-settings/invalidate', body: { workspaceId } }
      return (await api.fetch(workspaceInvalidatedSchema, request)).data
    },
  })
  const warm = useMutation({
    mutationFn: async () => {
      const request = { path: '/api/cache-settings/warm-cache', body: { workspaceId, userId: user.id } }
      return (await api.fetch(warmUpSchema, request)).data
    },
  })
  const test = useMutation({
    mutationFn: async () => {
      const request = { path: '/api/cache-settings/test-performance', body: { workspaceId, userId: user.id } }
      return (await api.fetch(performanceAnswerSchema, request)).data
    },
  })
  return (
    <Panel title="Actions">
      {workspace.role === 'admin' && (
        <Action
          title="Invalidate"
          what="Marks every cached entry of the workspace as outdated. One second later, no reader gets older data."
          deed={invalidate}
          isGuarded
        >
          {invalidate.data !== undefined && (
            <Notice tone="good">
              {formatThings(invalidate.data.deletedEntries, 'tag')} moved; the workspace is at version{' '}
              <Version version={invalidate.data.version} base={null} />.{' '}
              <code>{invalidate.data.patterns.join('  ')}</code>
            </Notice>
          )}
        </Action>
      )}
      <Action
        title="Warm up"
        what="Loads into every tier what users open first: pages of boards, counts and figures, then leads, campaigns and segments."
        deed={warm}
      >
        {warm.data !== undefined && (
          <Notice tone="good">
            {formatThings(warm.data.entriesWarmed, 'entry is', 'entries are')} warm after{' '}
            {formatMs(warm.data.warmupTimeMs)}: {warmedOf(warm.data.resources)}.
          </Notice>
        )}
      </Action>
      <Action
        title="Test performance"
        what="Reads a resource from the database and from each shared tier, and shows how long each took."
        deed={test}
      >
        {test.data !== undefined && <PerformanceResult answer={test.data} />}
      </Action>
    </Panel>
  )
}

/** `3 × contact list, 1 × contact counts`: how many entries of each resource are warm. */
function warmedOf(resources: Readonly<Record<string, number>>): string {
  return Object.entries(resources)
    .map(([name, entries]) => `${formatCount(entries)} × ${titleOf(name).toLowerCase()}`)
    .join(', ')
}

interface ActionProps {
  readonly title: string
  readonly what: string
  readonly deed: Pick<UseMutationResult<unknown, Error, void>, 'isPending' | 'isError' | 'error' | 'mutate'>
  /** The user confirms before it is done. */
  readonly isGuarded?: boolean
  readonly children: ReactNode
}

function Action({ title, what, deed, isGuarded, children }: ActionProps) {
  const [isConfirming, setIsConfirming] = useState(false)
  function act() {
    setIsConfirming(false)
    deed.mutate()
  }
  return (
    <div className="action">
      <div className="row">
        <span className="action-what">
          <strong>{title}</strong>
          <span className="quiet small">{what}</span>
        </span>
        {isConfirming ? (
          <span className="row">
            <button type="button" className="danger" onClick={act}>
              Yes, {title.toLowerCase()}
            </button>
            <button type="button" className="plain" onClick={() => setIsConfirming(false)}>
              No
            </button>
          </span>
        ) : (
          <button
            type="button"
            disabled={deed.isPending}
            onClick={() => (isGuarded === true ? setIsConfirming(true) : act())}
          >
            {deed.isPending ? 'Working …' : title}
          </button>
        )}
      </div>
      {deed.isError ? <FailureNotice error={deed.error} /> : children}
    </div>
  )
}
