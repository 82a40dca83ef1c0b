import type postgres from 'postgres'

/** Thrown to roll a transaction back. */
class Undone extends Error {}

/** Does work in a transaction that is rolled back, so that every test starts from the same data. */
export async function undone<Value>(
  sql: postgres.Sql,
  work: (sql: postgres.TransactionSql) => Promise<Value>,
): Promise<Value> {
  const outcome: { value: Value }[] = []
  await sql
    .begin(async (transaction) => {
      outcome.push({ value: await work(transaction) })
      throw new Undone()
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error
    })
  const [done] = outcome
  if (done === undefined) throw new Error('the transaction ended before its work did')
  return done.value
}

/** The answer of a function of the API as the CRM's backend gets it, within a transaction of the owner. */
export async function asBackend(
  sql: postgres.TransactionSql,
  name: string,
  ...args: readonly (string | number)[]
): Promise<unknown> {
  await sql`select set_config('role', 'service_role', true)`
  const places = args.map((_arg, index) => `$${index + 1}`).join(', ')
  const [row] = await sql.unsafe(`select public.${name}(${places}) as answer`, [...args])
  await sql`select set_config('role', 'none', true)`
  return row?.['answer']
}
