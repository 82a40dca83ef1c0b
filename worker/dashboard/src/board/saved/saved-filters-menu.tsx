import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { usePopover } from '../../parts/use-popover.ts'
import './saved-filters.css'
import {
  type SavedFilter,
  savedFilterLimits,
  sharedAddress,
  withoutFilter,
  withRenamed,
  withSaved,
} from './saved-filters.ts'
import { useAddress } from './use-address.ts'
import { useSavedFilters } from './use-saved-filters.ts'

/** Named combinations of board, filter, search, order and view: to go to, to save the present one, to rename and to remove. */
export function SavedFiltersMenu() {
  const { isOpen, button, holder, toggle } = usePopover()
  const id = useId()
  const { filters, change } = useSavedFilters()
  const address = sharedAddress(useAddress())
  const current = filters.find((each) => each.address === address)
  return (
    <fieldset {...holder} className="saved">
      <legend className="hidden">Saved filters</legend>
      <button ref={button} type="button" aria-expanded={isOpen} aria-controls={id} onClick={toggle}>
        {current === undefined ? (
          'Saved filters'
        ) : (
          <>
            Saved: <bdi>{current.name}</bdi>
          </>
        )}
      </button>
      {isOpen && (
        <div id={id} className="saved-list">
          {filters.length === 0 ? (
            <p className="quiet">None yet. Choose board, filter, search and order, and give them a name.</p>
          ) : (
            <ul aria-label="Saved filters">
              {filters.map((filter) => (
                <Saved
                  key={filter.name}
                  filter={filter}
                  isCurrent={filter === current}
                  onGone={() => button.current?.focus()}
                  change={change}
                />
              ))}
            </ul>
          )}
          <SaveForm onSave={(name) => change((before) => withSaved(before, name, address))} />
          <p className="quiet small">
            Kept in this browser alone, for this workspace. The address has all of it and can be sent.
          </p>
        </div>
      )}
    </fieldset>
  )
}

interface SavedProps {
  readonly filter: SavedFilter
  readonly isCurrent: boolean
  onGone(): void
  readonly change: ReturnType<typeof useSavedFilters>['change']
}

function Saved({ filter: { name, address }, isCurrent, onGone, change }: SavedProps) {
  const [isRenaming, setIsRenaming] = useState(false)
  if (isRenaming) {
    return (
      <li>
        <NameForm
          label={`New name of ${name}`}
          title="Rename"
          first={name}
          onName={(to) => change((before) => withRenamed(before, name, to))}
          onDone={() => setIsRenaming(false)}
        />
      </li>
    )
  }
  return (
    <li>
      <a href={address} aria-current={isCurrent ? 'page' : undefined}>
        {name}
      </a>
      <button
        type="button"
        className="plain"
        aria-label={`Rename ${name}`}
        onClick={() => setIsRenaming(true)}
      >
        Rename
      </button>
      <button
        type="button"
        className="plain"
        aria-label={`Remove ${name}`}
        onClick={() => {
          change((before) => ({ kind: 'saved', filters: withoutFilter(before, name) }))
          onGone()
        }}
      >
        Remove
      </button>
    </li>
  )
}

function SaveForm({ onSave }: { readonly onSave: (name: string) => string | null }) {
  const [saved, setSaved] = useState(0)
  return (
    <NameForm
      key={saved}
      label="Name for what is shown"
      title="Save"
      first=""
      onName={onSave}
      onDone={() => setSaved(saved + 1)}
    />
  )
}

interface NameFormProps {
  readonly label: string
  readonly title: string
  readonly first: string
  /** Null if the name was taken, otherwise the reason against it. */
  onName(name: string): string | null
  onDone(): void
}

function NameForm({ label, title, first, onName, onDone }: NameFormProps) {
  const [name, setName] = useState(first)
  const [reason, setReason] = useState<string | null>(null)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (first !== '') field.current?.select()
  }, [first])
  function onSubmit(event: FormEvent) {
    event.preventDefault()
    const refusal = onName(name)
    setReason(refusal)
    if (refusal === null) onDone()
  }
  return (
    <form className="saved-name" onSubmit={onSubmit}>
      <label className="field">
        <span>{label}</span>
        <input
          ref={field}
          value={name}
          maxLength={savedFilterLimits.nameCharactersMax}
          onChange={({ target }) => setName(target.value)}
        />
      </label>
      <button type="submit">{title}</button>
      {reason !== null && (
        <p className="bad small" role="alert">
          {reason}
        </p>
      )}
    </form>
  )
}
