import type postgres from 'postgres'

/** The address of each workspace of the reference data to which mail may be written. */
export const localAddresses = {
  '15213': 'inbox@15213.boardcache.example',
  '15214': 'inbox@15214.boardcache.example',
  '15215': 'inbox@15215.boardcache.example',
} as const

/** Adds the addresses that are not there, also to data of a start before there were any. */
export async function addLocalAddresses(sql: postgres.Sql): Promise<void> {
  const rows = Object.entries(localAddresses).map(([workspace_id, address]) => ({ address, workspace_id }))
  await sql`insert into public.email_addresses ${sql(rows, 'address', 'workspace_id')} on conflict do nothing`
}
