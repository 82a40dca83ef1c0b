import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { rolloutSchema, shadowReportSchema } from '../../../../shared/contract/rollout.ts'
import { usePlace } from '../place.ts'
import type { DraftedChange } from './rollout-words.ts'

const path = '/api/rollout'
const key = ['rollout']

/** The rollout, read again while the panel is shown. */
export function useRollout() {
  const { api } = usePlace()
  return useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => (await api.fetch(rolloutSchema, { path, signal })).data,
    refetchInterval: 15_000,
  })
}

/** The findings of shadow's comparisons. */
export function useShadowReport() {
  const { api } = usePlace()
  return useQuery({
    queryKey: [...key, 'shadow'],
    queryFn: async ({ signal }) =>
      (await api.fetch(shadowReportSchema, { path: `${path}/shadow`, signal })).data,
    refetchInterval: 15_000,
  })
}

/** Sends what was changed alone, with the version that was shown. */
export function useChangeRollout() {
  const { api } = usePlace()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (change: DraftedChange & { readonly version?: number }) =>
      (await api.fetch(rolloutSchema, { path, method: 'POST', body: change })).data,
    onSuccess: (rollout) => queries.setQueryData(key, rollout),
    onError: () => void queries.invalidateQueries({ queryKey: key }),
  })
}
