import { userIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { contactCounts } from '../../shared/resources/contacts/contact-counts.ts'
import { contactList } from '../../shared/resources/contacts/contact-list.ts'
import type { Question } from '../../shared/resources/question.ts'
import { filters, type View } from './hitrate-trace.ts'

export const workspaceIdOf = (workspace: number) => workspaceIdSchema.parse(`w${workspace}`)
export const userIdOf = (user: number) => userIdSchema.parse(`u${user}`)

/** Production's question for a view, made once. */
export function createQuestions(): (view: View) => Question {
  const made = new Map<string, Question>()
  return (view) => {
    const { board, column, filter, page } = view
    const name = `${board} ${column} ${filter} ${page}`
    const known = made.get(name)
    if (known !== undefined) return known
    const asked =
      board === null
        ? contactCounts.parse({ workspaceId: workspaceIdOf(0) }, {})
        : contactList.parse(
            { boardId: `b${board}` },
            {
              ...{ page: String(page), filter: filters[filter]?.name },
              ...(column === null ? {} : { column_id: `c${column}` }),
            },
          )
    if (!asked.ok) throw new Error(`production refuses ${name}`)
    made.set(name, asked.value)
    return asked.value
  }
}

/** The view that a load is for. */
export function viewOf(
  { resource, params }: Pick<Question, 'resource' | 'params'>,
  userId: string | null,
): View {
  const user = userId === null ? null : Number(userId.slice(1))
  if (resource.name === contactCounts.name) return { board: null, column: null, filter: 0, page: 1, user }
  const { boardId, columnId, filter, page } = contactList.params.parse(params)
  return {
    board: Number(boardId.slice(1)),
    column: columnId === null ? null : Number(columnId.slice(1)),
    filter: filters.findIndex(({ name }) => name === filter),
    page,
    user,
  }
}
