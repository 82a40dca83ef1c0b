import type { Outbox, PartHealth } from '../../../../shared/contract/monitoring.ts'
import { formatCompact, formatCount, formatMs, formatSeconds } from '../parts/format.ts'
import { Panel } from '../parts/panel.tsx'

const partTitles: Readonly<Record<PartHealth['part'], string>> = {
  memory: 'Memory',
  edge_cache: 'Edge cache',
  kv: 'KV',
  redis: 'Redis',
  ledger: 'Ledger',
  origin: 'Origin',
}

const stateTones: Readonly<Record<PartHealth['state'], string>> = {
  healthy: 'good',
  failing: 'warn',
  away: 'bad',
  idle: 'quiet',
  disabled: 'quiet',
}

const outboxTones: Readonly<Record<Outbox['status'], string>> = {
  off: 'quiet',
  running: 'good',
  failing: 'bad',
  lagging: 'warn',
  parked: 'warn',
}

/** How each part stands, as its callers everywhere saw it over the last minute. */
export function PartsPanel({ parts, outbox }: { parts: readonly PartHealth[]; outbox: Outbox | null }) {
  return (
    <Panel title="Tiers and breakers" aside={<span className="quiet small">last minute</span>}>
      <table className="grid-table">
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col">State</th>
            <th scope="col" className="number">
              Calls
            </th>
            <th scope="col" className="number">
              Failed
            </th>
            <th scope="col" className="number">
              p95
            </th>
            <th scope="col">Breaker</th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <tr key={part.part}>
              <th scope="row">{partTitles[part.part]}</th>
              <td>
                <span className={`state state-${stateTones[part.state]}`}>
                  {part.state}
                  {part.away_seconds !== null && ` ${formatSeconds(part.away_seconds)}`}
                </span>
              </td>
              <td className="number">{formatCompact(part.calls)}</td>
              <td className={part.failures > 0 ? 'number bad' : 'number'}>{formatCompact(part.failures)}</td>
              <td className="number">{formatMs(part.p95_ms)}</td>
              <td>
                <Breakers breakers={part.breakers} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {outbox !== null && (
        <p className="outbox">
          <strong>Outbox</strong>{' '}
          <span className={`state state-${outboxTones[outbox.status]}`}>{outbox.status}</span>
          <span>
            {formatCount(outbox.depth)} waiting, oldest {formatMs(outbox.oldest_age_ms)},{' '}
            {formatCount(outbox.parked)} parked, {formatCount(outbox.relayed)} relayed
          </span>
        </p>
      )}
    </Panel>
  )
}

/** Reads and writes have a breaker each; where both are closed, or there is one, a word says it. */
function Breakers({ breakers: { get, put } }: { breakers: PartHealth['breakers'] }) {
  if (get === null && put === null) return <span className="quiet">none</span>
  if (put === null || get === put) return <Breaker state={get ?? 'closed'} />
  return (
    <>
      <Breaker title="get" state={get} /> <Breaker title="put" state={put} />
    </>
  )
}

function Breaker({ title, state }: { title?: string; state: string | null }) {
  const tone = state === 'open' ? 'bad' : state === 'half-open' ? 'warn' : 'good'
  return (
    <span className={`state state-${tone}`}>
      {title !== undefined && `${title} `}
      {state ?? 'none'}
    </span>
  )
}
