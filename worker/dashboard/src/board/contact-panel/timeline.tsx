import { useEffect, useState } from 'react'
import type { Answer, ToldChange } from '../../../../client/index.ts'
import { formatDayIfPast, formatMs } from '../../parts/format.ts'
import { Version } from '../../parts/version.tsx'
import { useBoardClient } from '../board-client.tsx'
import { type ChangeStep, delaysOf, stepsOfChange } from './change-steps.ts'

const titles: Readonly<Record<ChangeStep['name'], string>> = {
  commit: 'Commit',
  outbox: 'Outbox',
  version: 'Version',
  screen: 'This screen',
}

const hints: Readonly<Record<ChangeStep['name'], string>> = {
  commit:
    'The contact’s updated_at: the database’s time when the transaction of the change began. It was committed after that.',
  outbox: 'The outbox told the edge, which it does after the commit.',
  version: 'The workspace’s ledger gave the change its version.',
  screen: 'This page showed it.',
}

interface TimelineProps {
  readonly path: string
  readonly answer: Pick<Answer<unknown>, 'version' | 'isPending'>
  readonly updatedAt: string
}

/** How the last change of the contact came to this screen, each step with its time. */
export function Timeline({ path, answer, updatedAt }: TimelineProps) {
  const told = useToldChange(path)
  const shownAtMs = useShownAt(told, answer)
  const steps = stepsOfChange({ updatedAt, told, shownAtMs })
  const delays = delaysOf(steps)
  return (
    <section className="timeline" aria-labelledby="timeline-title">
      <h3 id="timeline-title">
        The last change{' '}
        {told !== null && (
          <span className="quiet">
            version <Version version={told.version} base={null} />
          </span>
        )}
      </h3>
      <ol>
        {steps.map(({ name, atMs }, index) => (
          <li
            key={name}
            data-step={name}
            data-at={atMs ?? undefined}
            className={atMs === null ? 'step-unknown' : ''}
          >
            <span className="step-name" title={hints[name]}>
              {titles[name]}
            </span>
            <span className="number">{atMs === null ? 'not known here' : formatInstant(atMs)}</span>
            <span className="quiet number step-delay">
              {delays[index] == null ? '' : `+${formatMs(delays[index] ?? null)}`}
            </span>
          </li>
        ))}
      </ol>
      <p className="quiet small">
        The time of the commit is the contact’s <code>updated_at</code>, when its transaction began. The
        database keeps no later one, so the way took at most as long as it says.
      </p>
      <p className="quiet small">
        {told === null
          ? 'The steps between are known of changes that come while the contact is open, and of those just before.'
          : 'By this device’s clock, compared with the servers’ by the frame that told the change.'}
      </p>
    </section>
  )
}

/** The last change of a query that the hub told. */
function useToldChange(path: string): ToldChange | null {
  const client = useBoardClient()
  const find = () => client.status().changes?.find((change) => change.path === path) ?? null
  const [told, setTold] = useState(find)
  // Each answer renders this again, and a frame comes before the answer that it leads to.
  const now = find()
  if (now !== null && now.version !== told?.version) setTold(now)
  return now ?? told
}

/** When this page showed an answer with the change. */
function useShownAt(told: ToldChange | null, { version, isPending }: TimelineProps['answer']): number | null {
  const [shown, setShown] = useState<{ readonly version: number; readonly atMs: number } | null>(null)
  const has = told !== null && !isPending && version !== null && version >= told.version
  const toldVersion = told?.version
  useEffect(() => {
    if (!has || toldVersion === undefined) return
    setShown((before) =>
      before?.version === toldVersion ? before : { version: toldVersion, atMs: Date.now() },
    )
  }, [has, toldVersion])
  return shown !== null && shown.version === toldVersion ? shown.atMs : null
}

const clock = new Intl.DateTimeFormat('en-GB', {
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  fractionalSecondDigits: 3,
})

function formatInstant(atMs: number): string {
  return formatDayIfPast(atMs, clock.format(atMs))
}
