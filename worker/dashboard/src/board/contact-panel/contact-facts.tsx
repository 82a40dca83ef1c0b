import type { WholeContact } from '../../../../client/index.ts'
import { unknown } from '../../parts/format.ts'
import { editableFields } from './editable.ts'

/** The fields of a contact for a user who may not change them. */
export function ContactFacts({ contact }: { readonly contact: WholeContact }) {
  return (
    <dl className="contact-facts">
      {editableFields.map((field) => {
        const value = field.kind === 'switch' ? (field.of(contact) ? 'Yes' : 'No') : field.of(contact)
        return (
          <div key={field.name}>
            <dt>{field.title}</dt>
            <dd dir="auto">{value === '' ? unknown : value}</dd>
          </div>
        )
      })}
    </dl>
  )
}
