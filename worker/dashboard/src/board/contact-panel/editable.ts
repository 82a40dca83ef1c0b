import type { ContactChange, WholeContact } from '../../../../client/api.ts'

/** A field of the panel's form. `change` makes a write of what was typed or chosen. */
export type EditableField =
  | {
      readonly kind: 'text'
      readonly name: string
      readonly title: string
      readonly type: 'text' | 'email' | 'tel'
      of(contact: WholeContact): string
      change(text: string): ContactChange
    }
  | {
      readonly kind: 'choice'
      readonly name: string
      readonly title: string
      readonly options: readonly { readonly value: string; readonly title: string }[]
      of(contact: WholeContact): string
      /** Null if it is none of the options. */
      change(value: string): ContactChange | null
    }
  | {
      readonly kind: 'switch'
      readonly name: string
      readonly title: string
      of(contact: WholeContact): boolean
      change(isOn: boolean): ContactChange
    }

const priorities = [
  { value: 'high', title: 'High' },
  { value: 'medium', title: 'Medium' },
  { value: 'low', title: 'Low' },
] as const

/** An empty text is no value. */
const textOrNull = (text: string) => (text.trim() === '' ? null : text.trim())

export const editableFields: readonly EditableField[] = [
  {
    kind: 'text',
    name: 'name',
    title: 'Name',
    type: 'text',
    of: ({ name }) => name,
    change: (name) => ({ name: name.trim() }),
  },
  {
    kind: 'text',
    name: 'email',
    title: 'E-mail',
    type: 'email',
    of: ({ email }) => email ?? '',
    change: (email) => ({ email: textOrNull(email) }),
  },
  {
    kind: 'text',
    name: 'phone',
    title: 'Phone',
    type: 'tel',
    of: ({ phone }) => phone ?? '',
    change: (phone) => ({ phone: textOrNull(phone) }),
  },
  {
    kind: 'text',
    name: 'status',
    title: 'Status',
    type: 'text',
    of: ({ status }) => status,
    change: (status) => ({ status: status.trim() }),
  },
  {
    kind: 'choice',
    name: 'priority',
    title: 'Priority',
    options: priorities,
    of: ({ priority }) => priority,
    change(value) {
      const priority = priorities.find((option) => option.value === value)?.value
      return priority === undefined ? null : { priority }
    },
  },
  {
    kind: 'text',
    name: 'lead_status',
    title: 'Lead status',
    type: 'text',
    of: ({ lead_status }) => lead_status ?? '',
    change: (leadStatus) => ({ lead_status: textOrNull(leadStatus) }),
  },
  {
    kind: 'text',
    name: 'tags',
    title: 'Tags, with commas',
    type: 'text',
    of: ({ tags }) => tags.join(', '),
    change: (text) => ({
      tags: [...new Set(text.split(',').map((tag) => tag.trim()))].filter((tag) => tag !== ''),
    }),
  },
  {
    kind: 'switch',
    name: 'needs_response',
    title: 'Needs response',
    of: ({ needs_response }) => needs_response,
    change: (isOn) => ({ needs_response: isOn }),
  },
  {
    kind: 'switch',
    name: 'follow_up',
    title: 'Follow up',
    of: ({ follow_up }) => follow_up,
    change: (isOn) => ({ follow_up: isOn }),
  },
  {
    kind: 'switch',
    name: 'is_favorite',
    title: 'Favorite',
    of: ({ is_favorite }) => is_favorite,
    change: (isOn) => ({ is_favorite: isOn }),
  },
  {
    kind: 'switch',
    name: 'is_archived',
    title: 'Archived',
    of: ({ is_archived }) => is_archived,
    change: (isOn) => ({ is_archived: isOn }),
  },
]
