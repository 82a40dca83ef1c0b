import './rollout.css'
import { useState } from 'react'
import type { Rollout } from '../../../../shared/contract/rollout.ts'
import { rolloutLists, rolloutModes } from '../../../../shared/contract/rollout.ts'
import { ApiFailure } from '../api/failure.ts'
import { formatClock, formatDay, formatThings } from '../parts/format.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { Question } from '../parts/question.tsx'
import { Segments } from '../parts/segments.tsx'
import type { DraftedChange, RolloutDraft } from './rollout-words.ts'
import {
  changeOf,
  draftOf,
  idsOf,
  listTitles,
  modeSentences,
  modeTitles,
  percentOf,
  sentencesOf,
} from './rollout-words.ts'
import { ShadowFindings } from './shadow-findings.tsx'
import { useChangeRollout, useRollout } from './use-rollout.ts'

const tones = { on: 'good', percent: 'warn', shadow: 'warn', off: 'bad' } as const

/** Which workspaces the tiers answer, for operators, who change it here and see what shadow found. */
export function RolloutPanel() {
  const rollout = useRollout()
  if (rollout.data === undefined) {
    return (
      <Panel title="Rollout">
        {rollout.isError ? (
          <FailureNotice error={rollout.error} retry={() => void rollout.refetch()} />
        ) : (
          <Waiting what="the rollout" />
        )}
      </Panel>
    )
  }
  const { mode } = rollout.data
  return (
    <Panel title="Rollout" aside={<span className={`state state-${tones[mode]}`}>{modeTitles[mode]}</span>}>
      <RolloutForm rollout={rollout.data} />
      <LastChange rollout={rollout.data} />
      <ShadowFindings />
    </Panel>
  )
}

/** A change that waits for a yes. A freeze is sent without a version: nobody's change may stop it. */
interface AskedChange {
  readonly change: DraftedChange
  readonly isFreeze: boolean
}

function RolloutForm({ rollout }: { rollout: Rollout }) {
  const [draft, setDraft] = useState<RolloutDraft>(() => draftOf(rollout))
  /** The version that the draft began with. A newer one is shown once this one is saved or taken back. */
  const [shown, setShown] = useState(rollout)
  const [asked, setAsked] = useState<AskedChange | null>(null)
  const saving = useChangeRollout()
  const change = changeOf(draft, shown)
  const isUnchanged = change !== null && Object.keys(change).length === 0
  const begin = (from: Rollout) => {
    setShown(from)
    setDraft(draftOf(from))
  }
  if (isUnchanged && shown.version !== rollout.version) begin(rollout)
  const isConflict = saving.error instanceof ApiFailure && saving.error.code === 'rollout_changed'
  return (
    <div className="rollout-form">
      <Fields draft={draft} onChange={setDraft} />
      <div className="row">
        <button
          type="button"
          disabled={change === null || isUnchanged || saving.isPending}
          onClick={() => change !== null && setAsked({ change, isFreeze: false })}
        >
          Change
        </button>
        {rollout.mode !== 'off' && (
          <button
            type="button"
            className="danger"
            disabled={saving.isPending}
            onClick={() => setAsked({ change: { mode: 'off' }, isFreeze: true })}
          >
            Freeze everything
          </button>
        )}
      </div>
      {asked !== null && (
        <Question
          title={asked.isFreeze ? 'Freeze everything?' : 'Change the rollout?'}
          yes={asked.isFreeze ? 'Yes, freeze' : 'Yes, change'}
          onNo={() => setAsked(null)}
          onYes={() => {
            setAsked(null)
            const { version } = shown
            saving.mutate(asked.isFreeze ? asked.change : { ...asked.change, version }, { onSuccess: begin })
          }}
        >
          {sentencesOf(asked.change, asked.isFreeze ? rollout : shown).join(' ')} It is in force everywhere
          within seconds, and written down with your name.
        </Question>
      )}
      {isConflict && (
        <ConflictNotice
          theirs={rollout}
          onShow={() => {
            saving.reset()
            begin(rollout)
          }}
        />
      )}
      {saving.isError && !isConflict && <FailureNotice error={saving.error} />}
    </div>
  )
}

interface ConflictNoticeProps {
  readonly theirs: Rollout
  onShow(): void
}

function ConflictNotice({ theirs, onShow }: ConflictNoticeProps) {
  return (
    <Notice tone="bad">
      <p>
        Somebody else has changed the rollout meanwhile: it is {modeTitles[theirs.mode].toLowerCase()}, at{' '}
        {theirs.percent} %. Nothing of yours was saved.
      </p>
      <button type="button" onClick={onShow}>
        Show theirs
      </button>
    </Notice>
  )
}

interface FieldsProps {
  readonly draft: RolloutDraft
  onChange(draft: RolloutDraft): void
}

function Fields({ draft, onChange }: FieldsProps) {
  const isPercentBad = percentOf(draft.percent) === null
  return (
    <>
      <Segments
        label="Mode"
        value={draft.mode}
        options={rolloutModes.map((value) => ({ value, title: modeTitles[value] }))}
        onChange={(mode) => onChange({ ...draft, mode })}
      />
      <p className="quiet small">{modeSentences[draft.mode]}</p>
      <label className="field rollout-percent">
        <span>Percentage of the workspaces</span>
        <input
          inputMode="decimal"
          value={draft.percent}
          aria-invalid={isPercentBad}
          onChange={({ target }) => onChange({ ...draft, percent: target.value })}
        />
        {isPercentBad && <span className="bad small">From 0 to 100, with at most two decimals.</span>}
      </label>
      <details>
        <summary>Single workspaces</summary>
        <div className="rollout-lists">
          {rolloutLists.map((name) => {
            const isBad = idsOf(draft.lists[name]) === null
            return (
              <label key={name} className="field">
                <span>{listTitles[name].title}</span>
                <textarea
                  value={draft.lists[name]}
                  aria-invalid={isBad}
                  spellCheck={false}
                  onChange={({ target }) =>
                    onChange({ ...draft, lists: { ...draft.lists, [name]: target.value } })
                  }
                />
                <span className="quiet small">{listTitles[name].hint}</span>
                {isBad && <span className="bad small">One of these is no id of a workspace.</span>}
              </label>
            )
          })}
        </div>
      </details>
    </>
  )
}

function LastChange({ rollout: { changed, unconfirmed } }: { rollout: Rollout }) {
  return (
    <p className="quiet small">
      {changed === null ? (
        'Nobody has changed it yet.'
      ) : (
        <>
          Changed{' '}
          <time dateTime={changed.at}>
            {formatDay(changed.at)}, {formatClock(changed.at)}
          </time>{' '}
          {changed.by === null
            ? 'by itself, after proved violations.'
            : `by ${changed.by.userId ?? 'a holder of the internal key'}.`}
        </>
      )}
      {unconfirmed > 0 && ` ${formatThings(unconfirmed, 'ledger has', 'ledgers have')} not confirmed it yet.`}
    </p>
  )
}
