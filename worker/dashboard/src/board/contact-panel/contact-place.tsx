import { useState } from 'react'
import type { WholeContact } from '../../../../client/index.ts'
import type { Board } from '../../api/directory.ts'
import { Choice } from '../../parts/choice.tsx'
import { useBoardClient } from '../board-client.tsx'
import { useWrites } from './use-writes.ts'
import { WriteMark } from './write-mark.tsx'

interface ContactPlaceProps {
  readonly contact: WholeContact
  readonly boards: readonly Board[]
}

/** The board and the column of a contact. Another column moves it at once; on another board the column is chosen first. */
export function ContactPlace({ contact, boards }: ContactPlaceProps) {
  const client = useBoardClient()
  const writes = useWrites()
  const [chosenBoard, setChosenBoard] = useState<string | null>(null)
  const boardId = chosenBoard ?? contact.board_id
  const isElsewhere = boardId !== contact.board_id
  const columns = boards.find(({ id }) => id === boardId)?.board_columns ?? []
  function move(columnId: string) {
    if (columnId === '' || (!isElsewhere && columnId === contact.board_column_id)) return
    setChosenBoard(null)
    const to = { ...(isElsewhere ? { board_id: boardId } : {}), board_column_id: columnId }
    writes.run('place', () => client.contacts.move(contact.id, to))
  }
  return (
    <fieldset className="contact-place" aria-label="Place">
      <Choice
        label="Move to board"
        value={boardId}
        options={boards.map(({ id, name }) => ({ value: id, title: name }))}
        onChange={setChosenBoard}
      />
      <Choice
        label="Move to column"
        value={isElsewhere ? '' : contact.board_column_id}
        options={[
          ...(isElsewhere ? [{ value: '', title: 'Choose a column' }] : []),
          ...columns.map(({ id, name }) => ({ value: id, title: name })),
        ]}
        onChange={move}
      />
      <WriteMark id="place-mark" isPending={writes.isPending('place')} refusal={writes.refusal('place')} />
    </fieldset>
  )
}
