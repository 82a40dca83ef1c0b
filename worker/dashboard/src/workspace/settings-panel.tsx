import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  type CacheConfig,
  type CacheSettings,
  type CacheSettingsChange,
  cacheSettingsSchema,
  savedSettingsSchema,
} from '../../../../shared/contract/settings.ts'
import { limits } from '../../../../shared/limits.ts'
import { Switch } from '../parts/choice.tsx'
import { formatClock, formatSeconds } from '../parts/format.ts'
import { FailureNotice, Notice } from '../parts/notice.tsx'
import { Panel, Waiting } from '../parts/panel.tsx'
import { usePlace } from '../place.ts'
import { titleOf } from '../resources/resource-question.ts'
import { changeOf, type LifetimeDraft, lifetimesIn } from './lifetime-draft.ts'

/** Titles and hints for settings whose names do not explain them. The others are named by `titleOf`. */
const words: Readonly<Record<string, { readonly title: string; readonly hint?: string }>> = {
  prefetch: {
    title: 'Load ahead',
    hint: 'Loads the next page of a list in advance, and changed pages that are in use',
  },
  contactsTTL: { title: 'Contact lists' },
  contactCountsTTL: { title: 'Contact counts' },
  searchTTL: { title: 'Search' },
  messageHistoryTTL: { title: 'Message history' },
}

function settingTitle(name: string): string {
  return words[name]?.title ?? titleOf(name)
}

/** The cache's switch, the features and the lifetimes. Members see them, and admins change them. */
export function SettingsPanel() {
  const settings = useSettings()
  if (settings.isPending) {
    return (
      <Panel title="Cache settings">
        <Waiting what="the settings" />
      </Panel>
    )
  }
  if (settings.isError) {
    return (
      <Panel title="Cache settings">
        <FailureNotice error={settings.error} retry={() => void settings.refetch()} />
      </Panel>
    )
  }
  return <SettingsForm settings={settings.data} />
}

function SettingsForm({ settings }: { settings: CacheSettings }) {
  const { workspace } = usePlace()
  const save = useSaveSettings()
  const isLocked = workspace.role !== 'admin' || save.isPending
  // A change is shown while it is being saved, and taken back if it is refused.
  const shown = save.isPending ? merged(settings, save.variables) : settings
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
        onChange={(cacheEnabled) => save.mutate({ cacheEnabled })}
      />
      <h3>Features</h3>
      <p className="quiet small">A feature that is off is read from the database each time.</p>
      {Object.entries(shown.features).map(([name, isOn]) => (
        <Switch
          key={name}
          label={settingTitle(name)}
          hint={words[name]?.hint}
          isOn={isOn}
          disabled={isLocked || !shown.cacheEnabled}
          onChange={(isSwitchedOn) => save.mutate({ features: { [name]: isSwitchedOn } })}
        />
      ))}
      <Lifetimes
        key={JSON.stringify(settings.cacheConfig)}
        config={settings.cacheConfig}
        isLocked={isLocked}
        mayChange={workspace.role === 'admin'}
        onSave={(cacheConfig) => save.mutate({ cacheConfig })}
      />
      {save.isError && <FailureNotice error={save.error} />}
      {save.isSuccess && (
        <Notice tone="good">
          Saved at {formatClock(save.data.updated_at)}: {describe(save.variables)}. It is in force everywhere
          within a second.
        </Notice>
      )}
    </Panel>
  )
}

interface LifetimesProps {
  readonly config: CacheConfig
  readonly isLocked: boolean
  readonly mayChange: boolean
  onSave(change: CacheSettingsChange['cacheConfig']): void
}

function Lifetimes({ config, isLocked, mayChange, onSave }: LifetimesProps) {
  const [draft, setDraft] = useState<LifetimeDraft>({})
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
                onChange={({ target }) => setDraft({ ...draft, [key]: target.valueAsNumber })}
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
          <span className="quiet small">30 seconds to 24 hours</span>
        </p>
      )}
    </form>
  )
}

function useSettings() {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: ['settings', workspace.id],
    queryFn: async ({ signal }) =>
      (await api.fetch(cacheSettingsSchema, { path: settingsPath(workspace.id), signal })).data,
  })
}

function useSaveSettings() {
  const { api, workspace } = usePlace()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (change: CacheSettingsChange) =>
      (await api.fetch(savedSettingsSchema, { path: settingsPath(workspace.id), body: change })).data,
    onSuccess: ({ settings: { cache } }) => {
      const saved: CacheSettings = {
        cacheEnabled: cache.enabled,
        features: cache.features,
        cacheConfig: cache.config,
      }
      queries.setQueryData(['settings', workspace.id], saved)
    },
  })
}

function settingsPath(workspaceId: string): string {
  return `/api/cache-settings/workspace/${encodeURIComponent(workspaceId)}/settings`
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
  const onOff = (isOn: boolean) => (isOn ? 'on' : 'off')
  if (cacheEnabled !== undefined) return `the cache is ${onOff(cacheEnabled)}`
  const { lifetimes, ...named } = cacheConfig ?? {}
  const changes = [
    ...Object.entries(given<boolean>(features)).map(([name, isOn]) => [name, onOff(isOn)] as const),
    ...Object.entries({ ...given<number>(named), ...given<number>(lifetimes) }).map(
      ([name, seconds]) => [name, formatSeconds(seconds)] as const,
    ),
  ]
  return changes.map(([name, value]) => `${settingTitle(name).toLowerCase()} ${value}`).join(', ')
}
