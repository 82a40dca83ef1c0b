import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { redisClearedSchema, redisReportSchema } from '../../../../shared/contract/redis.ts'
import type { RedisNamespaceName } from '../../../../shared/redis/names.ts'
import { usePlace } from '../place.ts'

const path = '/api/admin/redis'
const key = ['redis']

/** The Redis databases, read again while the panel is shown. */
export function useRedisReport() {
  const { api, workspace } = usePlace()
  return useQuery({
    queryKey: key,
    queryFn: async ({ signal }) =>
      (await api.fetch(redisReportSchema, { path, workspaceId: workspace.id, signal })).data,
    refetchInterval: 15_000,
  })
}

interface Clearing {
  readonly database: RedisNamespaceName
  readonly everywhere: boolean
}

/** Clears a database. The name is repeated as the API demands: the user has confirmed it by then. */
export function useClearRedis() {
  const { api, workspace } = usePlace()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ database, everywhere }: Clearing) => {
      const request = {
        path: `${path}?database=${database}`,
        workspaceId: workspace.id,
        method: 'DELETE',
        body: { confirm: database, everywhere },
      } as const
      return (await api.fetch(redisClearedSchema, request)).data
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: key }),
  })
}
