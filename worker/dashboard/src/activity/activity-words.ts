import type { ActivityAuthor, ActivityCause, SettingChange } from '../../../../shared/contract/activity.ts'
import type { DeedName } from '../../../../shared/contract/workspaces.ts'
import { alertSettingTitle, formatValue, titleOfName } from '../live/alert-words.ts'
import { changeInWords, fromTo } from '../resources/setting-titles.ts'
import { addressOfView } from '../views.ts'
import type { ActivityItem } from './feed.ts'
import { inspectedBy, namedBoard } from './inspected-by.ts'

export const kindTitles: Readonly<Record<ActivityItem['kind'], string>> = {
  invalidation: 'Invalidation',
  settings: 'Settings',
  alert: 'Alert',
  alert_settings: 'Alert settings',
  deploy: 'Deploy',
  redis_clear: 'Redis cleared',
  rollout: 'Rollout',
  deed: 'Operator',
}

export const causeTitles: Readonly<Record<ActivityCause, string>> = {
  api: "the CRM's backend",
  webhook: 'a database webhook',
  outbox: 'a write in the database',
  settings: 'saved settings',
  action: 'a button of this page',
  repair: 'a repair',
}

const actionWords: Readonly<Record<string, string>> = {
  contact_created: 'created a contact',
  contact_updated: 'changed a contact',
  contact_moved: 'moved a contact',
  contact_deleted: 'deleted a contact',
  contact_assigned: 'assigned a contact',
  contacts_imported: 'imported contacts',
  board_updated: 'changed a board',
  workspace_updated: 'changed the workspace',
}

const alertWords: Readonly<Record<string, string>> = {
  pending: 'may fire soon',
  firing: 'fires',
  resolved: 'is over',
  inactive: 'is quiet again',
}

/** Deeds are written down before they are done. */
const deedWords: Readonly<Record<DeedName, string>> = {
  invalidate: 'An invalidation',
  'warm-cache': 'A warm-up',
  'test-performance': 'A performance test',
}

/** An item in one sentence. */
export function sentenceOf(item: ActivityItem): string {
  if (item.kind === 'invalidation') return invalidationOf(item)
  if (item.kind === 'settings')
    return listed('Cache settings', item.changes.map(changeInWords), item.changesMore)
  if (item.kind === 'alert_settings')
    return listed('Alert settings', item.changes.map(alertChangeInWords), item.changesMore)
  if (item.kind === 'alert') return alertOf(item)
  if (item.kind === 'deploy') {
    return item.previous === null
      ? `Version ${item.version} runs`
      : `Version ${item.version} replaced ${item.previous}`
  }
  if (item.kind === 'rollout') return rolloutSentence(item)
  if (item.kind === 'deed') return `${deedWords[item.deed]} of workspace ${item.workspaceId} was started`
  return `${item.database} was cleared${item.everywhere ? ', and every workspace was invalidated' : ''}`
}

function rolloutSentence({ reason, from, to, lists }: Extract<ActivityItem, { kind: 'rollout' }>): string {
  if (reason === 'violations') return 'A workspace returned to shadow after three proved violations'
  const shareOf = ({ mode, percent }: typeof from) => (mode === 'percent' ? `${percent} %` : mode)
  const moved = lists.map(({ list, added, removed }) => `${list} +${added} −${removed}`)
  const isSame = shareOf(from) === shareOf(to)
  const parts = [...(isSame ? [] : [`${shareOf(from)} → ${shareOf(to)}`]), ...moved]
  return parts.length === 0 ? 'The rollout was saved' : `Rollout: ${parts.join(', ')}`
}

/** `Outbox behind fires: 42 s, threshold 30 s`. */
function alertOf({ name, to, value, threshold, unit }: Extract<ActivityItem, { kind: 'alert' }>): string {
  const measured =
    value === null ? '' : `: ${formatValue(value, unit)}, threshold ${formatValue(threshold, unit)}`
  return `${titleOfName(name)} ${alertWords[to] ?? to}${measured}`
}

function invalidationOf({
  cause,
  event,
  tags,
  tagsMore,
}: Extract<ActivityItem, { kind: 'invalidation' }>): string {
  if (event !== null) {
    const from = event.fromColumnId === undefined ? '' : ` from ${event.fromColumnId}`
    const to = event.toColumnId === undefined ? '' : ` to ${event.toColumnId}`
    const what = event.contactId ?? event.boardId
    const named = what === undefined ? '' : `: ${what}`
    return `The CRM's backend ${actionWords[event.action] ?? event.action}${named}${from}${to}`
  }
  const moved = familiesOf(tags, tagsMore)
  if (cause === 'action') return `Everything in the workspace was invalidated (${moved})`
  if (cause === 'repair') return `A check found an entry wrong and moved ${moved}`
  if (cause === null) return `Moved ${moved}`
  return `${capital(causeTitles[cause])} moved ${moved}`
}

/** Tags in short: `contact ×2, counts`. */
export function familiesOf(tags: readonly string[], more: number): string {
  const counts = new Map<string, number>()
  for (const tag of tags) {
    const family = tag.replace(/#.*$/, '')
    counts.set(family, (counts.get(family) ?? 0) + 1)
  }
  const parts = [...counts].map(([family, count]) => (count === 1 ? family : `${family} ×${count}`))
  return [...parts, ...(more > 0 ? [`${more} more`] : [])].join(', ') || 'nothing'
}

function listed(what: string, changes: readonly string[], more: number): string {
  const parts = changes.slice(0, 3)
  const left = changes.length - parts.length + more
  if (parts.length === 0) return `${what} were saved`
  return `${what}: ${[...parts, ...(left > 0 ? [`${left} more`] : [])].join('; ')}`
}

/** `error_rate.for_seconds` is `Error rate fires after 30 s → 1 min`. */
function alertChangeInWords(change: SettingChange): string {
  const [rule = '', setting = ''] = change.name.split('.')
  const title = alertSettingTitle(setting).toLowerCase()
  return `${titleOfName(rule)} ${title} ${fromTo(change, setting.endsWith('_seconds'))}`
}

/** The author in words, from the point of view of a user. */
export function authorText(by: ActivityAuthor, userId: string): string | null {
  if (by === null) return null
  if (by.kind === 'internal_key') return 'with the internal key'
  return by.userId === userId ? 'by you' : `by ${by.userId}`
}

interface Touched {
  readonly title: string
  readonly address: string
}

/** Where to look at what an item touched. `boards` are those that its tags may stand for. */
export function touchedBy(
  item: ActivityItem,
  boards: readonly { readonly id: string; readonly name: string }[],
  isAdmin: boolean,
): readonly Touched[] {
  if (item.kind === 'settings') return [{ title: 'The settings', address: addressOfView('workspace') }]
  if (item.kind === 'deed') return [{ title: 'The deployment', address: addressOfView('deployment') }]
  if (item.kind !== 'invalidation') return [figuresAround(item.at)]
  const named = item.event?.boardId
  const ids = named === undefined ? boards : [namedBoard(named, boards)]
  return [
    ...ids.map(({ id, name }) => ({ title: `Board ${name}`, address: addressOfView('board', id) })),
    ...(isAdmin ? inspectedBy(item, boards) : []),
  ]
}

/** The figures reach as far to either side, so that the beginning and the end of a fault are in them. */
const figuresReachMs = 300_000

function figuresAround(at: string): Touched {
  const atMs = Date.parse(at)
  const range = new URLSearchParams({ from: `${atMs - figuresReachMs}`, to: `${atMs + figuresReachMs}` })
  return { title: 'Figures and alerts around then', address: `${addressOfView('live')}?${range}` }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
