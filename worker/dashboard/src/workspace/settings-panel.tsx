import { type FormEvent, useState } from 'react'
import type { CacheConfig, CacheSettings, CacheSettingsChange } from '../../../../shared/contract/settings.ts'
import { limits } from '../../../../shared/limits.ts'
import { Switch } from '../parts/choice.tsx'
import { formatClock, formatLifetime } from '../parts/format.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { Question } from '../parts/question.tsx'
import { usePlace } from '../place.ts'
import { settingText, settingTitle } from '../resources/setting-titles.ts'
import { changeOf, type LifetimeDraft, lifetimesIn } from './lifetime-draft.ts'
import { draftAfter } from './settings-conflict.ts'
import { useSaveSettings, useSettings } from './use-settings.ts'

/** Hints for features whose titles do not explain them. */
const hints: Readonly<Record<string, string>> = {
  prefetch: 'Loads the next page of a list in advance, and changed pages that are in use',
  warmBeforeWork:
    'Loads what was in use on the last working day some minutes before the working hours of the workspace begin',
}

/** The cache's switch, the features and the lifetimes. Members see them, and admins change them. The view shows it once there are settings. */
export function SettingsPanel() {
  const settings = useSettings()
  if (settings.isError) {
    return (
      <Panel title="Cache settings">
        <FailureNotice error={settings.error} retry={() => void settings.refetch()} />
      </Panel>
    )
  }
  return settings.data !== undefined && <SettingsForm settings={settings.data} />
}

function SettingsForm({ settings }: { settings: CacheSettings }) {
  const { workspace } = usePlace()
  const save = useSaveSettings()
  const [isSwitchingOff, setIsSwitchingOff] = useState(false)
  const isLocked = workspace.role !== 'admin' || save.isPending
  // A change is shown while it is being saved, and taken back if it is refused.
  const shown = save.isPending ? merged(settings, save.variables.change) : settings
  const change = (changed: CacheSettingsChange) => save.mutate({ change: changed, shown: settings })
  return (
    <Panel title="Cache settings">
      {workspace.role !== 'admin' && (
        <Notice tone="info">Only an admin of the workspace may change these.</Notice>
      )}
      <Switch
        label="Cache"
        hint="When it is off, every answer comes from the database"
        isOn={shown.cacheEnabled}
        disabled={isLocked}
        onChange={(cacheEnabled) => {
          if (cacheEnabled) change({ cacheEnabled })
          else setIsSwitchingOff(true)
        }}
      />
      {isSwitchingOff && (
        <Question
          title="Switch the cache off?"
          yes="Yes, switch off"
          onYes={() => {
            setIsSwitchingOff(false)
            change({ cacheEnabled: false })
          }}
          onNo={() => setIsSwitchingOff(false)}
        >
          Every read of everybody in <bdi>{workspace.name}</bdi> then waits for the database, until it is on
          again.
        </Question>
      )}
      <h3>Features</h3>
      <p className="quiet small">A feature that is off is read from the database each time.</p>
      {Object.entries(shown.features).map(([name, isOn]) => (
        <Switch
          key={name}
          label={settingTitle(name)}
          hint={hints[name]}
          isOn={isOn}
          disabled={isLocked || !shown.cacheEnabled}
          onChange={(isSwitchedOn) => change({ features: { [name]: isSwitchedOn } })}
        />
      ))}
      <Lifetimes
        config={settings.cacheConfig}
        isLocked={isLocked}
        mayChange={workspace.role === 'admin'}
        onSave={(cacheConfig) => change({ cacheConfig })}
      />
      <Outcome save={save} />
    </Panel>
  )
}

/** The outcome of the last change: it is saved, was refused, or would have taken back somebody else's. */
function Outcome({ save }: { save: ReturnType<typeof useSaveSettings> }) {
  if (save.isError) return <FailureNotice error={save.error} />
  if (!save.isSuccess) return null
  const { data, variables } = save
  if (data.kind === 'saved') {
    return (
      <Notice tone="good">
        Saved at {formatClock(data.at)}: {describe(variables.change)}. It is in force everywhere within a
        second.
      </Notice>
    )
  }
  return (
    <Notice tone="bad">
      <p>Not saved: somebody else has changed the same since this page showed it.</p>
      <ul>
        {data.conflicts.map(({ name, theirSeconds, ownSeconds }) => (
          <li key={name}>
            {settingTitle(name)} is {theirSeconds} s now. You want {ownSeconds} s.
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => save.mutate({ change: variables.change, shown: data.settings })}>
        Save mine all the same
      </button>
    </Notice>
  )
}

interface LifetimesProps {
  readonly config: CacheConfig
  readonly isLocked: boolean
  readonly mayChange: boolean
  onSave(change: CacheSettingsChange['cacheConfig']): void
}

/** The lifetimes. A typed value stays when the settings are read again, and is forgotten once it is saved. */
function Lifetimes({ config, isLocked, mayChange, onSave }: LifetimesProps) {
  const [typed, setTyped] = useState<LifetimeDraft>({})
  const draft = draftAfter(typed, config)
  const change = changeOf(config, draft)
  function submit(event: FormEvent) {
    event.preventDefault()
    if (change !== null) onSave(change)
  }
  return (
    <form onSubmit={submit}>
      <h3>Lifetimes</h3>
      <div className="lifetimes">
        {lifetimesIn(config, draft).map(({ key, name, seconds }) => (
          <label key={key} className="field">
            <span>{settingTitle(name)}</span>
            <span className="with-unit">
              <input
                type="number"
                min={limits.lifetimeSecondsMin}
                max={limits.lifetimeSecondsMax}
                required
                disabled={isLocked}
                value={Number.isNaN(seconds) ? '' : seconds}
                onChange={({ target }) => setTyped({ ...draft, [key]: target.valueAsNumber })}
              />
              <span className="quiet">s</span>
            </span>
          </label>
        ))}
      </div>
      {mayChange && (
        <p className="row">
          <button type="submit" disabled={isLocked || change === null}>
            Save lifetimes
          </button>
          <button
            type="button"
            className="plain"
            disabled={isLocked || change === null}
            onClick={() => setTyped({})}
          >
            Discard changes
          </button>
          <span className="quiet small">30 seconds to 24 hours</span>
        </p>
      )}
    </form>
  )
}

function merged(settings: CacheSettings, change: CacheSettingsChange): CacheSettings {
  return {
    cacheEnabled: change.cacheEnabled ?? settings.cacheEnabled,
    features: { ...settings.features, ...given(change.features) },
    // The field of a lifetime shows the new value already.
    cacheConfig: settings.cacheConfig,
  }
}

function given<Value>(
  values: Readonly<Record<string, Value | undefined>> | undefined,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(values ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

function describe({ cacheEnabled, features, cacheConfig }: CacheSettingsChange): string {
  if (cacheEnabled !== undefined) return `the cache is ${settingText(cacheEnabled)}`
  const { lifetimes, ...named } = cacheConfig ?? {}
  const changes = [
    ...Object.entries(given<boolean>(features)).map(([name, isOn]) => [name, settingText(isOn)] as const),
    ...Object.entries({ ...given<number>(named), ...given<number>(lifetimes) }).map(
      ([name, seconds]) => [name, formatLifetime(seconds)] as const,
    ),
  ]
  return changes.map(([name, value]) => `${settingTitle(name).toLowerCase()} ${value}`).join(', ')
}
