import fc from 'fast-check'

/** Arbitrary statements that change contacts in every way that a write can. */
export const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), count: fc.nat(3), salt: fc.nat(9_999) }),
  fc.record({
    kind: fc.constant('import' as const),
    count: fc.integer({ min: 200, max: 400 }),
    salt: fc.nat(9_999),
  }),
  fc.record({
    kind: fc.constant('upsert' as const),
    count: fc.integer({ min: 1, max: 30 }),
    salt: fc.nat(99),
  }),
  fc.record({
    kind: fc.constant('update' as const),
    set: fc.constantFrom(
      "status = (array['open', 'closed', 'pending'])[1 + abs(hashtext(id || status)) % 3]",
      "priority = (array['high', 'medium', 'low'])[1 + abs(hashtext(id || priority)) % 3]",
      "assigned_to = nullif('user-' || abs(hashtext(id || coalesce(assigned_to, ''))) % 4, 'user-0')",
      'needs_response = not needs_response, follow_up = not follow_up',
      'is_favorite = not is_favorite, is_archived = not is_archived',
      "sentiment = case when sentiment = 'negative' then null else 'negative' end",
      "created_at = now() - interval '1 day', last_activity_at = now()",
      "created_at = now() - interval '1 year', last_activity_at = now() - interval '1 month'",
      "name = 'Changed', last_message = 'but nothing that is counted'",
    ),
    salt: fc.nat(9_999),
    percent: fc.constantFrom(1, 5, 30),
  }),
  fc.record({ kind: fc.constant('move' as const), salt: fc.nat(9_999), percent: fc.constantFrom(1, 10) }),
  fc.record({ kind: fc.constant('change workspace' as const), salt: fc.nat(9_999) }),
  fc.record({
    kind: fc.constant('delete' as const),
    salt: fc.nat(9_999),
    percent: fc.constantFrom(1, 10, 20),
  }),
  fc.record({
    kind: fc.constant('delete a column' as const),
    column: fc.constantFrom('col_21', 'col_22', 'col_23'),
  }),
)

export type Change =
  | { readonly kind: 'insert' | 'import' | 'upsert'; readonly count: number; readonly salt: number }
  | { readonly kind: 'update'; readonly set: string; readonly salt: number; readonly percent: number }
  | { readonly kind: 'move' | 'delete'; readonly salt: number; readonly percent: number }
  | { readonly kind: 'change workspace'; readonly salt: number }
  | { readonly kind: 'delete a column'; readonly column: string }

const places = `(array['board_123:col_1', 'board_123:col_6', 'board_1:col_11', 'board_2:col_21'])`

/** The statements of a change. */
export function textOf(change: Change): string {
  switch (change.kind) {
    case 'insert':
    case 'import':
      return `${inserted(change)} on conflict do nothing`
    case 'upsert':
      return `${inserted(change)} on conflict (workspace_id, id) do update
        set status = 'closed', board_id = excluded.board_id, board_column_id = excluded.board_column_id`
    case 'update':
      return `update public.contacts set ${change.set} where ${some(change)}`
    case 'move':
      return `update public.contacts set board_id = 'board_1', board_column_id = 'col_' || 11 + abs(hashtext(id)) % 2
        where ${some(change)}`
    case 'change workspace':
      return `update public.contacts
        set workspace_id = '15214', id = id || '-' || ${change.salt}, board_id = 'board_1', board_column_id = 'col_11'
        where workspace_id = '15213' and length(id) < 60 and ${some({ salt: change.salt, percent: 1 })}`
    case 'delete':
      return `delete from public.contacts where ${some(change)}`
    case 'delete a column':
      return `
        delete from public.board_columns
        where workspace_id = '15213' and board_id = 'board_2' and id = '${change.column}' and id <> 'col_21';
        delete from public.contacts
        where workspace_id = '15213' and board_id = 'board_2' and board_column_id = '${change.column}';
        insert into public.board_columns (workspace_id, board_id, id, name)
        values ('15213', 'board_2', '${change.column}', 'Again') on conflict do nothing`
  }
}

function inserted({ kind, count, salt }: Extract<Change, { count: number }>): string {
  return `
    insert into public.contacts (workspace_id, id, board_id, board_column_id, name, status, assigned_to)
    select '15213', '${kind}-${salt}-' || n, split_part(place, ':', 1), split_part(place, ':', 2), 'New ' || n,
      (array['open', 'pending'])[1 + n % 2], case when n % 5 = 0 then 'user-1' end
    from generate_series(1, ${count}) n
    cross join lateral (select ${places}[1 + (n + ${salt}) % 4] as place) placed`
}

function some({ salt, percent }: { salt: number; percent: number }): string {
  return `workspace_id in ('15213', '15214') and abs(hashtext(id || '${salt}')) % 100 < ${percent}`
}
