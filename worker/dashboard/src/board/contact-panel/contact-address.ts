import { choose, useChoices } from '../../routing.ts'
import { contactParameter } from './link-to-contact.ts'

/** The contact that the address names, for the panel beside the board; null if it names none. */
export function useContactInAddress(): string | null {
  const { query } = useChoices()
  const id = query.get(contactParameter)
  return id === '' ? null : id
}

/** Names the contact in the address, which opens it in the panel. Going back closes it, however many were looked at meanwhile. */
export function openContactAddress(contactId: string): void {
  const isOpen = new URLSearchParams(window.location.hash.split('?')[1] ?? '').has(contactParameter)
  choose({ [contactParameter]: contactId }, { step: isOpen ? 'replace' : 'push' })
}

export function closeContactAddress(): void {
  choose({ [contactParameter]: null })
}
