import { bucketMove } from '../../../shared/tags/moves.ts'
import { changeSomething, type MakeChange } from '../changes.ts'
import { userIds } from '../questions.ts'

/** Changes anything at random except who is a member. */
export const changeAnythingElse: MakeChange = (tables, ...made) => {
  const before = new Set(tables.memberIds)
  const change = changeSomething(tables, ...made)
  if (userIds.every((userId) => before.has(userId) === tables.memberIds.has(userId))) return change
  tables.memberIds.clear()
  for (const userId of before) tables.memberIds.add(userId)
  return null
}

/** Removes a member. */
export const removeMember: MakeChange = (tables, dice) => {
  const userId = dice.pickOrNone([...tables.memberIds])
  if (userId === undefined) return null
  tables.memberIds.delete(userId)
  return {
    what: `${userId} leaves`,
    concern: { scopes: [], moves: [bucketMove('members', userId)] },
  }
}

/** Lets everybody in who is no member. */
export const letEverybodyIn: MakeChange = (tables) => {
  const strangers = userIds.filter((userId) => !tables.memberIds.has(userId))
  if (strangers.length === 0) return null
  for (const userId of strangers) tables.memberIds.add(userId)
  const moves = strangers.map((userId) => bucketMove('members', userId))
  return { what: `${strangers.join(', ')} come back`, concern: { scopes: [], moves } }
}
