import { useAnswer } from '../../../../client/react/index.ts'

/** Whether the user may move contacts, as the workspace's permissions say it; null until they are known. */
export function useMayMove(): boolean | null {
  const { data } = useAnswer((client) => client.get('/api/users/me/permissions', {}))
  return data === undefined ? null : data.allows.includes('contacts.move')
}
