import type { SettingChange } from '../../../../shared/contract/activity.ts'
import { formatLifetime } from '../parts/format.ts'
import { titleOf } from './resource-question.ts'

/** Titles of settings whose names do not explain them. The others are named by `titleOf`. */
const titles: Readonly<Record<string, string>> = {
  cacheEnabled: 'Cache',
  prefetch: 'Load ahead',
  warmBeforeWork: 'Load ahead before work',
  contactsTTL: 'Contact lists',
  contactCountsTTL: 'Contact counts',
  searchTTL: 'Search',
  messageHistoryTTL: 'Message history',
}

export function settingTitle(name: string): string {
  return titles[name] ?? titleOf(name)
}

/** A changed cache setting in words, by its path in the API: `cacheConfig.searchTTL` is `Search, lifetime 5 min → 1 min`. */
export function changeInWords(change: SettingChange): string {
  const title = settingTitle(change.name.split('.').at(-1) ?? change.name)
  const isLifetime = change.name.startsWith('cacheConfig.')
  return `${title}${isLifetime ? ', lifetime' : ''} ${fromTo(change, isLifetime)}`
}

/** The values of a change: `off → on`, and those in seconds as `30 s → 1 min`. */
export function fromTo({ from, to }: SettingChange, isInSeconds: boolean): string {
  const textOf = (value: SettingChange['from']) =>
    isInSeconds && typeof value === 'number' ? formatLifetime(value) : settingText(value)
  return `${textOf(from)} → ${textOf(to)}`
}

/** A setting's value as it is; a value that is not known is a question mark. */
export function settingText(value: SettingChange['from']): string {
  if (value === null) return '?'
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
}
