import type { PerformanceAnswer } from '../../../../shared/contract/management.ts'
import { wireNamesOfTiers } from '../../../../shared/contract/tier-names.ts'
import { formatMs, unknown } from '../parts/format.ts'
import { titleOf } from '../resources/resource-question.ts'

/** Shows how long each of four reads took, as bars relative to the slowest. */
export function PerformanceResult({ answer }: { answer: PerformanceAnswer }) {
  const { performance, cacheStats, resource } = answer
  const { standard, redisCold, redisWarm, edge } = performance
  const rows = [
    { title: 'Database', source: 'database', read: { ...standard, improvementPercent: null } },
    { title: 'Redis, cold', source: wireNamesOfTiers.redis.source, read: redisCold },
    { title: 'Redis, warm', source: wireNamesOfTiers.redis.source, read: redisWarm },
    { title: 'KV', source: wireNamesOfTiers.kv.source, read: edge },
  ] as const
  const slowestMs = Math.max(...rows.map(({ read }) => read?.timeMs ?? 0), 1)
  return (
    <div role="status">
      <table className="bars">
        <caption className="hidden">How long a read of {titleOf(resource).toLowerCase()} took</caption>
        <thead className="hidden">
          <tr>
            <th scope="col">From</th>
            <th scope="col">Bar</th>
            <th scope="col">Time</th>
            <th scope="col">Against the database</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ title, source, read }) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              <td className="bar-cell">
                <span
                  className={`bar-fill swatch-source-${source}`}
                  style={{ inlineSize: `${((read?.timeMs ?? 0) / slowestMs) * 100}%` }}
                />
              </td>
              <td className="number">{read === null ? 'not measured' : formatMs(read.timeMs)}</td>
              <td className="number quiet">{comparison(read?.improvementPercent ?? null)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet small">
        {titleOf(resource)}, read once from each. Deployment since start: hit rate {cacheStats.hitRate},{' '}
        {cacheStats.total} reads.
      </p>
    </div>
  )
}

function comparison(improvementPercent: number | null): string {
  if (improvementPercent === null) return unknown
  return improvementPercent >= 0 ? `${improvementPercent} % faster` : `${-improvementPercent} % slower`
}
