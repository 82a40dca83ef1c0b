/** Values that a column can have, as SQL. */
export type Values = readonly [string, ...string[]]

/** How a table is written: by statements with values for each of its columns, by calls of its functions, or not at all. */
export type Written =
  | { readonly by: 'statements'; readonly values: Readonly<Record<string, Values>> }
  | { readonly by: 'calls'; readonly calls: readonly string[] }
  | { readonly by: 'nothing'; readonly why: string }

/** The tables of a group of migrations. */
export interface TableGroup {
  readonly written: Readonly<Record<string, Written>>
  /** SQL that fills them in the world of the proof, after the workspaces and the groups before. */
  readonly content: string
  /** Calls of functions that write for their callers. */
  readonly calls: readonly string[]
}

export const workspaceId: Values = [`'w1'`, `'w1'`, `'w2'`, `'w152'`, `'w4'`]
export const boardId: Values = [`'b1'`, `'b2'`, `'b3'`]
export const columnId: Values = [`'c1'`, `'c2'`]
export const contactId: Values = [`'k1'`, `'k2'`, `'k3'`, `'k12'`]
export const userId: Values = [`'u1'`, `'u2'`, `'u3'`]
export const name: Values = [`'Ann Alder'`, `'Bo Öst'`, `'Zoë Ek'`, `'Ilse'`]
export const flag: Values = ['true', 'false']
/** Within and outside of the windows of the filters by time. */
export const instant: Values = [
  'now()',
  `now() - interval '2 hours'`,
  `now() - interval '3 days'`,
  `now() - interval '90 days'`,
]
export const someText: Values = ['null', `'one'`, `'two'`]

/** The same values, and some that no row of the world has, so that a row can be added by any statement. */
export function withNew(values: Values, prefix: string): Values {
  return [...values, ...[1, 2, 3, 4].map((n) => `'new-${prefix}${n}'`)]
}

/** The same values, or none. */
export function orNull(values: Values): Values {
  return ['null', ...values]
}

const caller = (role: string, claims: unknown) =>
  `set local role ${role}; select set_config('request.jwt.claims', '${JSON.stringify(claims)}', true)`
export const asService = (call: string) => `${caller('service_role', {})}; select ${call}; reset role`
export const asUser = (call: string) =>
  `${caller('authenticated', { sub: 'u1', app_metadata: { workspaces: { w1: 'admin', w2: 'admin' } } })}; select ${call}; reset role`
