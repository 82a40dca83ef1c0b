/** A workspace as the rows of a case are made for it. Rows of both workspaces have the same ids. */
export interface Place {
  readonly workspaceId: string
  /** The member who asks. */
  readonly userId: string
  /** A name that stands in every text of the workspace's rows, and nowhere else. */
  readonly mark: string
  /** How many rows a figure counts, another number in each workspace. */
  readonly size: number
  /** An instant that all stacks of a test share. */
  readonly now: string
}

/** The end-to-end proof of a resource needs this besides its declaration. Each case has rows of its own. */
export interface ResourceCase {
  /** SQL for the rows that there are at first. */
  content(place: Place): string
  /** The path of a question with an answer, and of another one to which the answer is at first that there is none. */
  there(place: Place): string
  notThere(place: Place): string
  /** SQL that changes the answer that is there, that takes away what it is about, and that makes what was not there. */
  write(place: Place): string
  deletion(place: Place): string
  creation(place: Place): string
}

/** A text in SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** SQL for a row, with the workspace's id before the other columns. Texts are quoted, except `sql` of a raw expression. */
export function inserted(
  table: string,
  { workspaceId }: Pick<Place, 'workspaceId'>,
  row: Readonly<Record<string, string | number | boolean | null>>,
): string {
  const columns = Object.keys(row)
  const values = Object.values(row).map((value) =>
    typeof value === 'string' ? quoted(value) : String(value),
  )
  return `insert into public.${table} (workspace_id, ${columns.join(', ')}) values (${[quoted(workspaceId), ...values].join(', ')});`
}

/** SQL that changes or deletes the rows of the workspace that meet a condition. */
export function updated(table: string, { workspaceId }: Place, set: string, where: string): string {
  return `update public.${table} set ${set} where workspace_id = ${quoted(workspaceId)} and ${where};`
}

export function deleted(table: string, { workspaceId }: Place, where: string): string {
  return `delete from public.${table} where workspace_id = ${quoted(workspaceId)} and ${where};`
}

/** The board of the cases' contacts. */
export const board = { board_id: 'case-board', board_column_id: 'case-column' }

export function contact(place: Place, id: string, more: Parameters<typeof inserted>[2] = {}): string {
  return inserted('contacts', place, {
    ...{ id, ...board, name: `Zqname ${id} ${place.mark}`, last_activity_at: place.now },
    ...{ created_at: place.now, updated_at: place.now },
    ...more,
  })
}

/** The rows that all cases share: a board, and greetings that the time of day does not change. */
export function sharedContent(place: Place): string {
  const greetings = { voice: `Zqtemplate {name} ${place.mark}` }
  return [
    inserted('boards', place, { id: board.board_id, name: 'Zqboard', created_at: place.now }),
    inserted('board_columns', place, {
      ...{ board_id: board.board_id, id: board.board_column_id, name: 'Zqcolumn', position: 0 },
    }),
    `insert into public.workspace_configurations (workspace_id, language, region, time_zone, greetings, updated_at)
      values (${quoted(place.workspaceId)}, 'en', 'US', 'UTC', ${quoted(JSON.stringify(greetings))}, ${quoted(place.now)})
      on conflict (workspace_id) do update
        set language = excluded.language, region = excluded.region, time_zone = excluded.time_zone, greetings = excluded.greetings;`,
  ].join('\n')
}
