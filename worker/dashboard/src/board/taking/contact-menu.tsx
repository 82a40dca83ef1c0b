import type { Board } from '../../api/directory.ts'
import { usePlace } from '../../place.ts'
import { inspectorAddress } from '../../resources/inspector-address.ts'
import { useChoices } from '../../routing.ts'
import { useBoardClient } from '../board-client.tsx'
import type { Copier } from './copy-text.tsx'
import { curlLine } from './curl-line.ts'
import { Menu, type MenuItem } from './menu.tsx'

/** A contact whose menu is open, and where. */
export interface MenuPlace {
  readonly contactId: string
  readonly at: { readonly xPx: number; readonly yPx: number }
  /** The columns to which the contact may be moved; none if it may not. */
  readonly targets: Board['board_columns']
}

/** The columns that the menu names. Boards may have more than anybody reads in a menu. */
const targetsMax = 20

interface ContactMenuProps {
  readonly place: MenuPlace
  readonly copier: Copier
  onMove?(columnId: string): void
  onClose(): void
}

/** The deeds that a contact of a list or of a column allows. */
export function ContactMenu({ place, copier, onMove, onClose }: ContactMenuProps) {
  const { workspace } = usePlace()
  const client = useBoardClient()
  const { choose } = useChoices()
  const { contactId, at, targets } = place
  const open = () => choose({ contact: contactId })
  function inspect() {
    window.location.hash = inspectorAddress('contact', { id: contactId })
  }
  const items: MenuItem[] = [
    { title: 'Open', act: open },
    ...(workspace.role === 'admin' ? [{ title: 'Inspect', act: inspect }] : []),
    { title: 'Copy id', group: 'copy', act: () => copier.copy(`the id ${contactId}`, contactId) },
    {
      title: 'Copy as curl',
      group: 'copy',
      act: () =>
        copier.copy(
          'the request as curl',
          curlLine(window.location.origin, client.contact(contactId).path, workspace.id),
        ),
    },
    ...targets.slice(0, targetsMax).map(({ id, name }) => ({
      title: `Move to ${name}`,
      group: 'move',
      act: () => onMove?.(id),
    })),
    // The panel has a choice of all of them.
    ...(targets.length > targetsMax ? [{ title: 'Move to another column …', group: 'move', act: open }] : []),
  ]
  return <Menu label={`Contact ${contactId}`} at={at} items={items} onClose={onClose} />
}
