import { useMemo, useSyncExternalStore } from 'react'
import { usePlace } from '../../place.ts'
import { type SavedFilter, type Saving, savedFiltersIn } from './saved-filters.ts'

const listeners = new Set<() => void>()

/** Other tabs of the browser tell their changes by the event `storage`. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  window.addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('storage', listener)
  }
}

interface SavedFilters {
  readonly filters: readonly SavedFilter[]
  /** Changes what is kept, as another tab may have left it. Null on success, otherwise the reason against it. */
  change(changed: (filters: readonly SavedFilter[]) => Saving): string | null
}

/** The filters that this browser keeps for the user in the workspace. */
export function useSavedFilters(): SavedFilters {
  const { user, workspace } = usePlace()
  const key = `boardcache-filters ${user.id} ${workspace.id}`
  const text = useSyncExternalStore(subscribe, () => localStorage.getItem(key))
  const filters = useMemo(() => savedFiltersIn(text), [text])
  return {
    filters,
    change(changed) {
      const saving = changed(savedFiltersIn(localStorage.getItem(key)))
      if (saving.kind === 'refused') return saving.reason
      try {
        localStorage.setItem(key, JSON.stringify(saving.filters))
      } catch {
        return 'This browser does not let the page keep anything.'
      }
      for (const listener of listeners) listener()
      return null
    },
  }
}
