import './redis.css'
import { useState } from 'react'
import type {
  RedisClear,
  RedisDatabase,
  RedisReport,
  RedisServer,
} from '../../../../shared/contract/redis.ts'
import { type RedisNamespaceName, redisDatabaseNames } from '../../../../shared/redis/names.ts'
import { ApiFailure } from '../api/failure.ts'
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDay,
  formatMs,
  formatPercent,
  unknown,
} from '../parts/format.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { Question } from '../parts/question.tsx'
import { useClearRedis, useRedisReport } from './use-redis.ts'

const titles: Readonly<Record<RedisDatabase['database'], string>> = {
  sessions: 'Sessions',
  cache: 'Cache',
  queues: 'Queues',
  rateLimit: 'Rate limits',
  emailCache: 'Mailboxes',
}

/** The consequences of a clearing for users, in the words of the question before it. */
const consequences: Readonly<Record<RedisNamespaceName, string>> = {
  sessions: 'Everybody is signed out.',
  cache: 'Answers come from the other tiers, or from the database.',
  rateLimit: 'Everybody who is refused may go on, and counting begins again.',
  emailCache:
    'Mailboxes come from the other tiers, or from the database, which also recognizes mail that was taken before.',
}

const stateTones = { healthy: 'good', degraded: 'warn', unhealthy: 'bad', disabled: 'quiet' } as const
const clearsShown = 5

/** The Redis databases with their health and sizes, for operators, who can clear each of them. */
export function RedisPanel() {
  const report = useRedisReport()
  const clearing = useClearRedis()
  const [asked, setAsked] = useState<RedisNamespaceName | null>(null)
  // Where no workspace is the operators', admins see the figures and none of them operates Redis.
  if (report.error instanceof ApiFailure && report.error.status === 403) return null
  if (report.data === undefined) {
    return (
      <Panel title="Redis">
        {report.isError ? (
          <FailureNotice error={report.error} retry={() => void report.refetch()} />
        ) : (
          <Waiting what="the Redis databases" />
        )}
      </Panel>
    )
  }
  const { databases, servers, clears, overall } = report.data
  return (
    <Panel title="Redis" aside={<span className={`state state-${stateTones[overall]}`}>{overall}</span>}>
      <DatabaseTable databases={databases} isClearing={clearing.isPending} onClear={setAsked} />
      {asked !== null && (
        <ClearQuestion
          database={asked}
          onNo={() => setAsked(null)}
          onYes={(everywhere) => {
            setAsked(null)
            clearing.mutate({ database: asked, everywhere })
          }}
        />
      )}
      {clearing.isError && <FailureNotice error={clearing.error} />}
      {clearing.data !== undefined && !clearing.isPending && (
        <Notice tone="good">
          {titles[clearing.data.database]} cleared{clearing.data.everywhere ? ', in every tier' : ''}.
        </Notice>
      )}
      <Servers servers={servers} />
      <Clears clears={clears} />
    </Panel>
  )
}

interface DatabaseTableProps {
  readonly databases: RedisReport['databases']
  readonly isClearing: boolean
  readonly onClear: (name: RedisNamespaceName) => void
}

function DatabaseTable({ databases, isClearing, onClear }: DatabaseTableProps) {
  return (
    <div className="redis-scroll">
      <table className="grid-table">
        <thead>
          <tr>
            <th scope="col">Database</th>
            <th scope="col">State</th>
            <th scope="col" className="number">
              Keys
            </th>
            <th scope="col" className="number">
              Size
            </th>
            <th scope="col" className="number">
              Counted
            </th>
            <th scope="col">
              <span className="hidden">Clear</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {redisDatabaseNames.map((name) => (
            <DatabaseRow
              key={name}
              database={databases[name]}
              isClearing={isClearing}
              onClear={name === 'queues' ? null : () => onClear(name)}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface DatabaseRowProps {
  readonly database: RedisDatabase
  readonly isClearing: boolean
  /** Null for what cannot be cleared. */
  readonly onClear: (() => void) | null
}

function DatabaseRow({ database, isClearing, onClear }: DatabaseRowProps) {
  const { database: name, status, keys, memoryBytes, asOf, connected } = database
  return (
    <tr>
      <th scope="row">{titles[name]}</th>
      <td>
        <span className={`state state-${stateTones[status]}`}>{status}</span>
      </td>
      <td className="number">{formatCount(keys)}</td>
      <td className="number">{formatBytes(memoryBytes)}</td>
      <td className="number quiet">{formatClock(asOf)}</td>
      <td className="number">
        {onClear !== null && status !== 'disabled' && (
          <button type="button" disabled={isClearing || !connected} onClick={onClear}>
            Clear<span className="hidden"> {titles[name].toLowerCase()}</span>
          </button>
        )}
      </td>
    </tr>
  )
}

interface ClearQuestionProps {
  readonly database: RedisNamespaceName
  readonly onYes: (everywhere: boolean) => void
  readonly onNo: () => void
}

/** Asks before anything is cleared. */
function ClearQuestion({ database, onYes, onNo }: ClearQuestionProps) {
  const [isEverywhere, setIsEverywhere] = useState(false)
  return (
    <Question
      title={`Clear ${titles[database].toLowerCase()}?`}
      yes="Yes, clear"
      onYes={() => onYes(isEverywhere)}
      onNo={onNo}
    >
      {consequences[database]}
      {database === 'cache' && (
        <label className="row">
          <input
            type="checkbox"
            checked={isEverywhere}
            onChange={({ target }) => setIsEverywhere(target.checked)}
          />
          In every tier, for all workspaces: every answer is read from the database again.
        </label>
      )}
    </Question>
  )
}

/** Each Redis by itself: its answer to a PING, and how full it is. */
function Servers({ servers }: { servers: readonly RedisServer[] }) {
  if (servers.length === 0) return <p className="empty">Redis is switched off.</p>
  return (
    <ul className="redis-servers">
      {servers.map(({ name, connected, latencyMs, usedMemoryBytes, maxMemoryBytes, second }) => (
        <li key={name}>
          <strong>{name}</strong>{' '}
          <span className={`state state-${connected ? 'good' : 'bad'}`}>
            {connected ? `answers in ${formatMs(latencyMs)}` : 'does not answer'}
          </span>{' '}
          <span className="quiet small">
            {formatBytes(usedMemoryBytes)} in use, {shareOf(usedMemoryBytes, maxMemoryBytes)}
            {second !== null && `; the second Redis ${second.connected ? 'answers' : 'does not answer'}`}
          </span>
        </li>
      ))}
    </ul>
  )
}

function shareOf(used: number | null, max: number | null): string {
  return used === null || max === null ? 'of unknown size' : `${formatPercent(used / max)} of its memory`
}

function Clears({ clears }: { clears: readonly RedisClear[] }) {
  if (clears.length === 0) return null
  return (
    <details>
      <summary>Latest clearings</summary>
      <ol className="redis-clears">
        {clears.slice(0, clearsShown).map(({ id, database, everywhere, by, at, outcome, swept }) => (
          <li key={id}>
            <time dateTime={at}>
              {formatDay(at)} {formatClock(at)}
            </time>{' '}
            {titles[database]}
            {everywhere && ' everywhere'},{' '}
            {by.kind === 'user' ? <code>{by.userId ?? unknown}</code> : 'the internal key'}
            {outcome !== 'cleared' && <span className="bad"> {outcome}</span>}
            {swept !== null && <span className="quiet">, {formatCount(swept)} keys removed</span>}
          </li>
        ))}
      </ol>
    </details>
  )
}
