import { useState } from 'react'
import { BoardcacheError } from '../../worker/client/index.ts'
import { useBoardcache, useContact } from '../../worker/client/react/index.ts'

/** Runs a write and says what became of it. The change itself shows at once, before this is settled. */
function useWrite() {
  const [said, setSaid] = useState('')
  const write = async (name: string, writing: Promise<unknown>) => {
    setSaid(`${name}: on the way`)
    try {
      await writing
      setSaid(`${name}: saved`)
    } catch (error) {
      if (!(error instanceof BoardcacheError)) throw error
      setSaid(`${name}: ${error.code}`)
    }
  }
  return { said, write }
}

export function ContactForm({ id, onGone }: { readonly id: string; readonly onGone: () => void }) {
  const client = useBoardcache()
  const { data, isPending, status } = useContact(id)
  const { said, write } = useWrite()
  const contact = data?.contact
  if (contact === undefined) return <p role="status">{status}</p>
  const save = (fields: FormData) => {
    const name = String(fields.get('name'))
    const column = String(fields.get('column'))
    if (name !== contact.name) void write('change', client.contacts.change(id, { name }))
    if (column !== contact.board_column_id)
      void write('move', client.contacts.move(id, { board_column_id: column }))
  }
  const remove = async () => {
    await write('remove', client.contacts.remove(id))
    onGone()
  }
  return (
    <form action={save} aria-label="Contact" data-contact={id} data-pending={isPending}>
      <label>
        Name <input name="name" defaultValue={contact.name} key={contact.name} />
      </label>
      <label>
        Column <input name="column" defaultValue={contact.board_column_id} key={contact.board_column_id} />
      </label>
      <button type="submit">Save</button>
      <button type="button" onClick={() => void remove()}>
        Remove
      </button>
      <span role="status">{said}</span>
    </form>
  )
}

export function NewContactForm({ boardId }: { readonly boardId: string }) {
  const client = useBoardcache()
  const { said, write } = useWrite()
  const create = (fields: FormData) => {
    const [name = '', board_column_id = ''] = [fields.get('name'), fields.get('column')].map(String)
    void write('create', client.contacts.create({ board_id: boardId, board_column_id, name }))
  }
  return (
    <form action={create} aria-label="New contact">
      <input name="name" aria-label="Name of the new contact" required />
      <input name="column" aria-label="Column of the new contact" defaultValue="col_1" required />
      <button type="submit">Create</button>
      <span role="status">{said}</span>
    </form>
  )
}
