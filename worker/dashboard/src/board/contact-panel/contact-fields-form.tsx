import { type KeyboardEvent, useId, useState } from 'react'
import type { WholeContact } from '../../../../client/index.ts'
import type { ApiFailure } from '../../api/failure.ts'
import { Choice, Switch } from '../../parts/choice.tsx'
import { useBoardClient } from '../board-client.tsx'
import { type EditableField, editableFields } from './editable.ts'
import { useWrites } from './use-writes.ts'
import { WriteMark } from './write-mark.tsx'

interface FormProps {
  readonly contact: WholeContact
}

/** The fields of a contact, each of which is written as soon as it is changed. */
export function ContactFieldsForm({ contact }: FormProps) {
  const client = useBoardClient()
  const writes = useWrites()
  return (
    <form
      className="contact-form"
      aria-label="Contact"
      onSubmit={(event) => {
        event.preventDefault()
      }}
    >
      {editableFields.map((field) => (
        <FieldOf
          key={field.name}
          field={field}
          contact={contact}
          isPending={writes.isPending(field.name)}
          refusal={writes.refusal(field.name)}
          write={(change) => writes.run(field.name, () => client.contacts.change(contact.id, change))}
        />
      ))}
    </form>
  )
}

/** Names and lists of tags may be long. */
const isWide = ({ name }: EditableField) => name === 'name' || name === 'email' || name === 'tags'

interface FieldOfProps extends FormProps {
  readonly field: EditableField
  readonly isPending: boolean
  readonly refusal: ApiFailure | null
  write(change: NonNullable<ReturnType<EditableField['change']>>): void
}

function FieldOf({ field, contact, isPending, refusal, write }: FieldOfProps) {
  const id = useId()
  const mark = <WriteMark id={`${id}-mark`} isPending={isPending} refusal={refusal} />
  if (field.kind === 'switch') {
    return (
      <div className="contact-field">
        <Switch label={field.title} isOn={field.of(contact)} onChange={(isOn) => write(field.change(isOn))} />
        {mark}
      </div>
    )
  }
  return (
    <div className={isWide(field) ? 'contact-field contact-field-wide' : 'contact-field'}>
      {field.kind === 'choice' ? (
        <Choice
          label={field.title}
          value={field.of(contact)}
          options={field.options}
          onChange={(value) => {
            const change = field.change(value)
            if (change !== null) write(change)
          }}
        />
      ) : (
        <TextInput
          markId={`${id}-mark`}
          title={field.title}
          type={field.type}
          value={field.of(contact)}
          isRefused={refusal !== null}
          onCommit={(text) => write(field.change(text))}
        />
      )}
      {mark}
    </div>
  )
}

interface TextInputProps {
  /** The element that says what became of the last write. */
  readonly markId: string
  readonly title: string
  readonly type: 'text' | 'email' | 'tel'
  readonly value: string
  readonly isRefused: boolean
  onCommit(text: string): void
}

/**
 * A text that is written when its field is left, or by Enter. Escape takes back what was typed. While somebody is in the field, a change by
 * somebody else stands beside it: put into it, it would mix with what is being typed.
 */
function TextInput({ markId, title, type, value, isRefused, onCommit }: TextInputProps) {
  const [draft, setDraft] = useState<{ readonly text: string; readonly from: string } | null>(null)
  const isUntouched = draft === null || draft.text === draft.from
  function commit() {
    if (draft !== null && !isUntouched) onCommit(draft.text)
    setDraft(null)
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Enter') commit()
    if (event.key !== 'Escape' || isUntouched) return
    event.stopPropagation()
    setDraft(null)
  }
  const isOvertaken = draft !== null && value !== draft.from
  return (
    <>
      <label className="field">
        <span>{title}</span>
        <input
          type={type}
          value={draft?.text ?? value}
          // A refused value is gone from the field, which shows the stored one again.
          aria-invalid={isRefused && isUntouched}
          aria-describedby={markId}
          dir="auto"
          onFocus={() => setDraft({ text: value, from: value })}
          onChange={({ target }) => setDraft({ text: target.value, from: draft?.from ?? value })}
          onKeyDown={onKeyDown}
          onBlur={commit}
        />
      </label>
      {isOvertaken && (
        <span className="small quiet">
          Somebody has changed it meanwhile: <bdi>{value}</bdi>
        </span>
      )}
    </>
  )
}
