import { useId } from 'react'
import { formatCount, formatMs } from '../parts/format.ts'
import { deedTitles } from './deed-titles.ts'
import type { Run } from './use-deployment.ts'
import { standingOf } from './workspace-run.ts'

interface RunProgressProps {
  readonly run: Run
  onPause(): void
  onResume(): void
  onStop(): void
}

const endWords = { stopped: 'stopped', done: 'done' } as const

/** How far a run is, with the buttons that hold it. Only its end is announced, and not each workspace. */
export function RunProgress({ run, onPause, onResume, onStop }: RunProgressProps) {
  const { deed, total, results, state, waitSeconds } = run
  const { done, refused, leftMs } = standingOf(results, total)
  const isOver = state === 'done' || state === 'stopped'
  const id = useId()
  return (
    <div className="run">
      <label htmlFor={id}>
        {deedTitles[deed].title}: {formatCount(done)} of {formatCount(total)}
        {refused > 0 && <span className="bad">, {formatCount(refused)} refused</span>}
      </label>
      <progress id={id} max={total} value={done} />
      <p className="quiet small">{tellingOf(state, waitSeconds, leftMs)}</p>
      {!isOver && (
        <span className="row">
          {state === 'paused' ? (
            <button type="button" onClick={onResume}>
              Go on
            </button>
          ) : (
            <button type="button" onClick={onPause}>
              Pause
            </button>
          )}
          <button type="button" className="plain" onClick={onStop}>
            Stop
          </button>
        </span>
      )}
      <p className="hidden" role="status">
        {isOver &&
          `${deedTitles[deed].title} is ${endWords[state]}: ${formatCount(done)} of ${formatCount(total)}, ${formatCount(refused)} refused.`}
      </p>
    </div>
  )
}

function tellingOf(state: Run['state'], waitSeconds: number, leftMs: number | null): string {
  if (state === 'done') return 'All of them have an answer.'
  if (state === 'stopped') return 'Stopped. The rest were not asked.'
  if (state === 'paused') return 'Paused. The one under way ends first.'
  if (waitSeconds > 0) return `The API asks to wait ${waitSeconds} s; the run goes on then.`
  return leftMs === null ? 'The first one is under way.' : `About ${formatMs(leftMs)} left.`
}
