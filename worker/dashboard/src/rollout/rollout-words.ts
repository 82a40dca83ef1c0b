import type { Rollout, RolloutMode } from '../../../../shared/contract/rollout.ts'
import { rolloutLists } from '../../../../shared/contract/rollout.ts'
import type { WorkspaceId } from '../../../../shared/ids.ts'
import { workspaceIdSchema } from '../../../../shared/ids.ts'
import { formatCount } from '../parts/format.ts'

export const modeTitles: Readonly<Record<RolloutMode, string>> = {
  off: 'Off',
  shadow: 'Shadow',
  percent: 'Percent',
  on: 'On',
}

/** Each mode in a sentence, as the panel and the question before a change say it. */
export const modeSentences: Readonly<Record<RolloutMode, string>> = {
  off: 'The database answers everybody, and readers share its queries.',
  shadow: 'The database answers everybody, and the tiers are compared with it behind the answers.',
  percent: 'The tiers answer a share of the workspaces, and the database the others.',
  on: 'The tiers answer everybody.',
}

type ListName = (typeof rolloutLists)[number]

export const listTitles: Readonly<Record<ListName, { readonly title: string; readonly hint: string }>> = {
  allow: { title: 'Always within the percentage', hint: 'Answered by the tiers in the mode Percent.' },
  deny: { title: 'Never', hint: 'Answered by the database in every mode.' },
  shadowed: {
    title: 'In shadow',
    hint: 'Compared instead. A workspace with violations of three keys comes here by itself.',
  },
}

/** The setting as it is typed. */
export interface RolloutDraft {
  readonly mode: RolloutMode
  readonly percent: string
  readonly lists: Readonly<Record<ListName, string>>
}

export function draftOf({ mode, percent, ...rollout }: Rollout): RolloutDraft {
  const textOf = (name: ListName) => rollout[name].join('\n')
  return {
    mode,
    percent: String(percent),
    lists: { allow: textOf('allow'), deny: textOf('deny'), shadowed: textOf('shadowed') },
  }
}

/** The members that a draft changes, and whether one of its texts is not valid. */
export interface DraftedChange {
  readonly mode?: RolloutMode
  readonly percent?: number
  readonly allow?: readonly WorkspaceId[]
  readonly deny?: readonly WorkspaceId[]
  readonly shadowed?: readonly WorkspaceId[]
}

/** The members that a draft changes; null if it cannot be sent, since a text is not valid. */
export function changeOf(draft: RolloutDraft, rollout: Rollout): DraftedChange | null {
  const percent = percentOf(draft.percent)
  const lists = rolloutLists.map((name) => [name, idsOf(draft.lists[name])] as const)
  if (percent === null || lists.some(([, ids]) => ids === null)) return null
  const changed = lists.filter(([name, ids]) => ids?.join() !== rollout[name].join())
  return {
    ...(draft.mode === rollout.mode ? {} : { mode: draft.mode }),
    ...(percent === rollout.percent ? {} : { percent }),
    ...Object.fromEntries(changed),
  }
}

/** A percentage as it is typed, with at most two decimals; null if it is none. */
export function percentOf(text: string): number | null {
  if (!/^\d{1,3}(\.\d{1,2})?$/.test(text.trim())) return null
  const percent = Number(text)
  return percent <= 100 ? percent : null
}

/** The ids in a text, each once, separated by white space or commas; null if one cannot be the id of a workspace. */
export function idsOf(text: string): readonly WorkspaceId[] | null {
  const words = [...new Set(text.split(/[\s,]+/).filter((word) => word !== ''))]
  const ids = words.flatMap((word) => workspaceIdSchema.safeParse(word).data ?? [])
  return ids.length === words.length ? ids : null
}

/** A change in short sentences, for the question before it. */
export function sentencesOf(change: DraftedChange, rollout: Rollout): readonly string[] {
  const { mode, percent } = change
  const lists = rolloutLists.flatMap((name) => {
    const ids = change[name]
    if (ids === undefined) return []
    const added = ids.filter((id) => !rollout[name].includes(id)).length
    const removed = rollout[name].filter((id) => !ids.includes(id)).length
    return [`${listTitles[name].title}: ${formatCount(added)} added, ${formatCount(removed)} removed.`]
  })
  return [
    ...(mode === undefined
      ? []
      : [`${modeTitles[rollout.mode]} becomes ${modeTitles[mode]}. ${modeSentences[mode]}`]),
    ...(percent === undefined ? [] : [`${rollout.percent} % becomes ${percent} %.`]),
    ...lists,
  ]
}
