import type { Outbox, PartHealth } from '../../../../shared/contract/monitoring.ts'
import { byTier, wireNamesOfTiers } from '../../../../shared/contract/tier-names.ts'
import { formatCompact, formatCount, formatMs, formatSeconds, unknown } from '../parts/format.ts'
import { Panel } from '../parts/panel.tsx'
import { sourceTitles } from '../parts/source.tsx'

const partTitles: Readonly<Record<PartHealth['part'], string>> = {
  ...byTier((tier) => sourceTitles[wireNamesOfTiers[tier].source]),
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

/** The health of each part over the last minute, as seen by its callers everywhere. */
export function PartsPanel({ parts, outbox }: { parts: readonly PartHealth[]; outbox: Outbox | null }) {
  return (
    <Panel title="Tiers and breakers" aside={<span className="quiet small">last minute</span>}>
      <table className="grid-table parts-table">
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
                <Breakers part={part.part} breakers={part.breakers} />
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

/** Parts that are called without a breaker. */
const unguarded: ReadonlySet<PartHealth['part']> = new Set(['memory', 'ledger'])

/** Reads and writes have a breaker each. If both have the same state, it is shown once. */
function Breakers({ part, breakers }: Pick<PartHealth, 'part' | 'breakers'>) {
  if (unguarded.has(part)) return <span className="quiet">{unknown}</span>
  // A breaker that no location reported has never left `closed`.
  const { get, put } = { get: breakers.get ?? 'closed', put: breakers.put ?? 'closed' }
  if (get === put || part === 'origin') return <Breaker state={get} />
  return (
    <>
      <Breaker title="reads" state={get} /> <Breaker title="writes" state={put} />
    </>
  )
}

function Breaker({ title, state }: { title?: string; state: string }) {
  const tone = state === 'open' ? 'bad' : state === 'half-open' ? 'warn' : 'good'
  return (
    <span className={`state state-${tone}`}>
      {title !== undefined && `${title} `}
      {state}
    </span>
  )
}
