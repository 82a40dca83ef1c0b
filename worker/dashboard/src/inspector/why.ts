import type { Explanation } from '../../../../shared/resources/explanation.ts'
import { formatMs, formatSeconds, versionText } from '../parts/format.ts'
import { sourceTitles } from '../parts/source-titles.ts'
import type { ServedAnswer } from '../resources/served-answer.ts'
import { sourceOf } from './lanes.ts'
import { meaningOf } from './tag-words.ts'

type Told = Pick<ServedAnswer, 'status' | 'source'> & { readonly explanation: Explanation }

/** The doubts that `Cache-Status` names, as reasons (worker/cache/read.ts). */
const doubts: Readonly<Record<string, string>> = {
  'ledger-unreachable': 'the ledger did not answer, so nobody could say whether it still holds',
  'origin-failed': 'the database could not be asked',
  overtaken: 'a write overtook its load',
}

/** In one sentence, why the answer is this one. `detail` is that of the header `Cache-Status`. */
export function whyOf({ status, source, explanation }: Told, detail: string): string {
  const from = sourceTitles[source]
  const doubt = doubts[detail]
  if (status === 'BYPASS') return 'The database answered, because the cache is off for this question.'
  if (doubt !== undefined) return `${from} answered with an older entry, because ${doubt}.`
  if (source === 'database') return `The database answered, because ${reasonOfMiss(explanation)}.`
  const held = explanation.tiers.find(({ name, is_aside }) => !is_aside && sourceOf(name) === source)?.held
  const left = held === undefined ? '' : lifeOf(held.left_ms)
  const tags = explanation.tags.length
  return `${from} answered: none of the ${tags} tags moved since its entry was loaded ${formatMs(explanation.entry.age_ms)} ago${left}.`
}

function lifeOf(leftMs: number): string {
  return leftMs > 0
    ? `, and it may answer for ${formatSeconds(Math.ceil(leftMs / 1_000))} more`
    : ', and it is past its lifetime, so it is being refreshed'
}

/** The nearest tier that had an entry says why that could not answer. */
function reasonOfMiss(explanation: Explanation): string {
  const base = explanation.view?.floor ?? null
  const held = explanation.tiers.filter((tier) => !tier.is_aside && tier.held !== undefined)
  const outdated = held.find(({ said }) => said === 'outdated')
  const [guilty] = outdated?.held?.outdated_by ?? []
  if (outdated?.held !== undefined && guilty !== undefined) {
    const moved = versionText(guilty.version, base)
    const stamp = versionText(outdated.held.stamp.version, base)
    return `${meaningOf(guilty.tag)} moved at version ${moved}, past the stamp ${stamp} of the entry in ${sourceTitles[sourceOf(outdated.name)]}`
  }
  if (outdated !== undefined)
    return `the entry in ${sourceTitles[sourceOf(outdated.name)]} was of another ledger`
  const [first] = held
  if (first !== undefined)
    return `the lifetime of the entry in ${sourceTitles[sourceOf(first.name)]} was over`
  return 'no tier had an entry for this question'
}
