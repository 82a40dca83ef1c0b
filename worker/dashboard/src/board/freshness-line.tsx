import { useEffect, useReducer, useState } from 'react'
import { formatSeconds } from '../parts/format.ts'
import { Version } from '../parts/version.tsx'
import { useBoardClient } from './board-client.tsx'
import { freshnessOf, type OnScreen } from './freshness.ts'

/** The age is counted on by this much, so that it does not flicker. */
const tickMs = 1_000

interface FreshnessLineProps {
  /** Called again each second, since answers grow old without a change. */
  read(): OnScreen
  /** The rows answer an earlier question. */
  readonly isEarlier: boolean
}

/** `Current as of version +5, 0.4 s ago`: how much the rows on the screen can be relied on, from what the client knows. */
export function FreshnessLine({ read, isEarlier }: FreshnessLineProps) {
  const client = useBoardClient()
  const [, tick] = useReducer((ticks: number) => ticks + 1, 0)
  useEffect(() => {
    const stop = client.onStatus(tick)
    const timer = setInterval(tick, tickMs)
    return () => {
      stop()
      clearInterval(timer)
    }
  }, [client])
  const connection = client.status()
  const { state, version, answers } = read()
  const asOf = answers.flatMap(({ asOfMs }) => (asOfMs === null ? [] : [asOfMs]))
  const { tone, words, ageMs, announced } = freshnessOf({
    connection,
    state,
    isEarlier,
    statuses: answers.map(({ status }) => status),
    oldestAgeMs: asOf.length === 0 ? null : Math.max(0, Date.now() - Math.min(...asOf)),
  })
  const base = useFirst(connection.ledger, version)
  return (
    <>
      <p className={`freshness freshness-${tone}`} data-mode={connection.mode}>
        <span className="freshness-dot" aria-hidden="true" />
        <span>
          {words}{' '}
          {version !== null && (
            <>
              version <Version version={version} base={base} />
              {ageMs !== null && ', '}
            </>
          )}
          {ageMs === null
            ? version === null && 'a time that is not known'
            : `${formatSeconds(ageMs / 1_000)} ago`}
          {answers.some(({ isPending }) => isPending) && ' · saving a change of yours'}
        </span>
      </p>
      {/* The age changes every second, which nobody wants to have read out. */}
      <p className="hidden" role="status">
        {announced}
      </p>
    </>
  )
}

/** The first version that this list was seen at, from which later ones are counted. Those of another ledger begin again. */
function useFirst(ledger: string | null, version: number | null): number | null {
  const [first, setFirst] = useState<{ readonly ledger: string | null; readonly version: number } | null>(
    null,
  )
  const isOther = first === null || (ledger !== null && first.ledger !== null && first.ledger !== ledger)
  if (version !== null && (isOther || version < first.version)) setFirst({ ledger, version })
  else if (first !== null && first.ledger === null && ledger !== null) setFirst({ ...first, ledger })
  return first?.version ?? version
}
