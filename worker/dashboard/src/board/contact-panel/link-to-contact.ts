import { addressOfView } from '../../views.ts'

export const contactParameter = 'contact'

/** The address at which the board shows a contact in its panel. Without a board it is beside all boards. */
export function linkToContact(contactId: string, boardId = ''): string {
  return `${addressOfView('board', boardId)}?${new URLSearchParams({ [contactParameter]: contactId })}`
}
