import type { Clock } from '../../shared/clock.ts'
import type { RolloutState } from '../../shared/contract/rollout-state.ts'
import type { Entry } from '../entry/entry.ts'
import type { Proof } from '../ledger/view.ts'
import type { Policy, Read } from './read-terms.ts'
import { type SearchOptions, searchTiers } from './search.ts'
import type { Store } from './store.ts'

/** The tiers, which a read in shadow did without. */
export interface ShadowRead {
  /** The time that the database took for the answer, in milliseconds. */
  readonly loadMs: number
  /** Looks for the entry that would have answered. */
  search(): Promise<ShadowFound>
  /** Stores the entry that was loaded, as a read through the tiers would have. */
  fill(): Promise<void>
}

interface ShadowFound {
  /** The fresh entry that would have answered; null if there is none. */
  readonly entry: Entry | null
  /** The time that the tiers took, in milliseconds. */
  readonly durationMs: number
}

/** How the rollout has a workspace answered, by the newest view that there is; `on` if the ledger never answered. */
export function rolloutBy(proof: Proof): RolloutState {
  const view = proof.ok ? proof.value : proof.error.last
  return view?.rollout ?? 'on'
}

interface ShadowTerms {
  readonly options: SearchOptions & { readonly store: Store; readonly clock: Clock }
  readonly read: Read
  readonly policy: Policy
  /** The part of an entry's lifetime that this reader accepts, in seconds. */
  readonly lifetimeSeconds: number
}

/** The tiers for a comparison with the entry that was loaded. They are judged by the view by which the database's answer is current. */
export function shadowReadOf(
  { options, read, policy, lifetimeSeconds }: ShadowTerms,
  loaded: Entry,
  proof: Proof,
  loadMs: number,
): ShadowRead {
  const { clock, store } = options
  return {
    loadMs,
    async search() {
      const startedAtMs = clock.now()
      const search = { options, read, policy, near: [], steps: [], lifetimeOf: () => lifetimeSeconds }
      const { best, depth } = await searchTiers(search, proof)
      const durationMs = clock.now() - startedAtMs
      if (best?.verdict !== 'fresh') return { entry: null, durationMs }
      if (depth > 0) await store.promote(read.key, best.entry, depth)
      return { entry: best.entry, durationMs }
    },
    fill: () => store.fill(read.key, loaded, read.reach),
  }
}
