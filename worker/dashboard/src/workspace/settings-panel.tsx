import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
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

type FeatureName = keyof CacheSettings['features']
type LifetimeName = keyof CacheSettings['cacheConfig']

const features: readonly { readonly name: FeatureName; readonly title: string; readonly hint: string }[] = [
  { name: 'contactLists', title: 'Contact lists', hint: 'Pages of boards come from the cache' },
  { name: 'contactCounts', title: 'Contact counts', hint: "The workspace's counts come from the cache" },
  { name: 'search', title: 'Search', hint: 'Pages of a search come from the cache' },
  { name: 'messageHistory', title: 'Message history', hint: 'Histories come from the cache' },
  { name: 'prefetch', title: 'Load ahead', hint: 'The next page, and what is looked at once it changed' },
]

const lifetimes: readonly { readonly name: LifetimeName; readonly title: string }[] = [
  { name: 'contactsTTL', title: 'Contact lists' },
  { name: 'contactCountsTTL', title: 'Contact counts' },
  { name: 'searchTTL', title: 'Search' },
  { name: 'messageHistoryTTL', title: 'Message history' },
]

/** The switch, the toggles and the lifetimes; a member sees them, an admin changes them. */
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
  // What is on its way is shown as if it were there, and goes back if it is refused.
  const shown = save.isPending ? merged(settings, save.variables) : settings
  return (
    <Panel title="Cache settings">
      {workspace.role !== 'admin' && (
        <Notice tone="info">Only an admin of the workspace may change these.</Notice>
      )}
      <Switch
        label="Cache"
        hint="Off: every answer comes from the database"
        isOn={shown.cacheEnabled}
        disabled={isLocked}
        onChange={(cacheEnabled) => save.mutate({ cacheEnabled })}
      />
      <h3>Features</h3>
      {features.map(({ name, title, hint }) => (
        <Switch
          key={name}
          label={title}
          hint={hint}
          isOn={shown.features[name]}
          disabled={isLocked || !shown.cacheEnabled}
          onChange={(isOn) => save.mutate({ features: { [name]: isOn } })}
        />
      ))}
      <Lifetimes
        key={JSON.stringify(settings.cacheConfig)}
        config={settings.cacheConfig}
        isLocked={isLocked}
        onSave={(cacheConfig) => save.mutate({ cacheConfig })}
      />
      {save.isError && <FailureNotice error={save.error} />}
      {save.isSuccess && (
        <Notice tone="good">
          Saved at {formatClock(save.data.updated_at)}: {describe(save.variables)}. In force everywhere within
          a second.
        </Notice>
      )}
    </Panel>
  )
}

interface LifetimesProps {
  readonly config: CacheSettings['cacheConfig']
  readonly isLocked: boolean
  onSave(config: CacheSettings['cacheConfig']): void
}

function Lifetimes({ config, isLocked, onSave }: LifetimesProps) {
  const [draft, setDraft] = useState(config)
  const isChanged = lifetimes.some(({ name }) => draft[name] !== config[name])
  function submit(event: FormEvent) {
    event.preventDefault()
    onSave(draft)
  }
  return (
    <form onSubmit={submit}>
      <h3>Lifetimes</h3>
      <div className="lifetimes">
        {lifetimes.map(({ name, title }) => (
          <label key={name} className="field">
            <span>{title}</span>
            <span className="with-unit">
              <input
                type="number"
                min={limits.lifetimeSecondsMin}
                max={limits.lifetimeSecondsMax}
                required
                disabled={isLocked}
                value={Number.isNaN(draft[name]) ? '' : draft[name]}
                onChange={({ target }) => setDraft({ ...draft, [name]: target.valueAsNumber })}
              />
              <span className="quiet">s</span>
            </span>
          </label>
        ))}
      </div>
      <p className="row">
        <button type="submit" disabled={isLocked || !isChanged}>
          Save lifetimes
        </button>
        <span className="quiet small">30 seconds to 24 hours</span>
      </p>
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
  const given = <Values extends object>(values: Values | undefined) =>
    Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined))
  return {
    cacheEnabled: change.cacheEnabled ?? settings.cacheEnabled,
    features: { ...settings.features, ...given(change.features) },
    cacheConfig: { ...settings.cacheConfig, ...given(change.cacheConfig) },
  }
}

function describe({ cacheEnabled, features: toggled, cacheConfig }: CacheSettingsChange): string {
  const onOff = (isOn: boolean | undefined) => (isOn === true ? 'on' : 'off')
  if (cacheEnabled !== undefined) return `the cache is ${onOff(cacheEnabled)}`
  if (cacheConfig !== undefined) {
    return lifetimes
      .map(({ name, title }) => `${title.toLowerCase()} ${formatSeconds(cacheConfig[name] ?? null)}`)
      .join(', ')
  }
  return features
    .filter(({ name }) => toggled?.[name] !== undefined)
    .map(({ name, title }) => `${title.toLowerCase()} ${onOff(toggled?.[name])}`)
    .join(', ')
}
