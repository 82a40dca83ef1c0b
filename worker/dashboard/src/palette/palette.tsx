import './palette.css'
import { useQueryClient } from '@tanstack/react-query'
import {
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import { useIsOperator, useOwnViews } from '../access.ts'
import type { Workspace } from '../api/directory.ts'
import { useBoards, usePlace } from '../place.ts'
import { nameWorkspace } from '../routing.ts'
import { chooseTheme } from '../theme.ts'
import { type Deed, type Entry, paletteEntries } from './entries.ts'
import { bestFits } from './fuzzy.ts'
import { placeAfter } from './list-keys.ts'

const shownMax = 40

/** A list of everything that can be gone to or done, found by typing (ARIA combobox with a listbox). */
export function Palette({ close }: { close(): void }) {
  const [typed, setTyped] = useState('')
  const [chosen, setChosen] = useState(0)
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  const entries = useEntries()
  const found = useMemo(() => bestFits(entries, typed, shownMax), [entries, typed])
  const act = useDeed()
  const at = Math.min(chosen, found.length - 1)

  useModal(dialog)
  useEffect(() => {
    document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: 'nearest' })
  }, [id, at])

  function choose(entry: Entry | undefined) {
    if (entry === undefined) return
    dialog.current?.close()
    act(entry.deed)
  }
  function byKey(event: KeyboardEvent) {
    if (event.key === 'Enter') choose(found[at])
    else {
      const to = placeAfter(event.key, at, found.length)
      if (to === null) return
      setChosen(to)
    }
    event.preventDefault()
  }

  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Go to"
      onClose={close}
      onKeyDown={byKey}
      onClick={closeBeside}
    >
      <div className="palette-inside">
        <input
          type="text"
          role="combobox"
          aria-label="Go to a view, a board, a workspace, an action or a word"
          aria-expanded="true"
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={found.length === 0 ? undefined : `${id}-${at}`}
          placeholder="Go to …"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={({ target }) => {
            setTyped(target.value)
            setChosen(0)
          }}
        />
        <p className="hidden" role="status">
          {found.length === 0 ? 'Nothing fits.' : `${found.length} to choose from`}
        </p>
        {found.length === 0 && <p className="palette-none quiet">Nothing fits.</p>}
        <Options id={id} found={found} at={at} choose={choose} point={setChosen} />
      </div>
    </dialog>
  )
}

/** A click beside the list is one on the dialog itself, which covers the page. */
function closeBeside({ target, currentTarget }: MouseEvent<HTMLDialogElement>) {
  if (target === currentTarget) currentTarget.close()
}

/** A modal dialog keeps the focus inside, closes by Escape, and gives the focus back. */
function useModal(dialog: RefObject<HTMLDialogElement | null>): void {
  useEffect(() => {
    const { current } = dialog
    if (current?.open === false) current.showModal()
  }, [dialog])
}

interface OptionsProps {
  /** The list has this id, and its options this id with their place. */
  readonly id: string
  readonly found: readonly Entry[]
  readonly at: number
  choose(entry: Entry): void
  point(at: number): void
}

function Options({ id, found, at, choose, point }: OptionsProps) {
  return (
    <div id={id} role="listbox" aria-label="What fits" className="palette-list">
      {found.map((entry, index) => (
        // The keys are those of the text field, which keeps the focus.
        // biome-ignore lint/a11y/useKeyWithClickEvents: ARIA combobox
        <div
          key={entry.id}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          onClick={() => choose(entry)}
          onPointerMove={() => point(index)}
        >
          <bdi>{entry.title}</bdi>
          <span className="quiet small">{entry.kind}</span>
        </div>
      ))}
    </div>
  )
}

function useEntries(): readonly Entry[] {
  const { auth, user, workspace } = usePlace()
  const views = useOwnViews()
  const isOperator = useIsOperator() === true
  const boards = useBoards().data
  const workspaces = useQueryClient().getQueryData<Workspace[]>(['workspaces', user.id])
  return paletteEntries({
    ...{ views, isOperator, workspace },
    boards: boards ?? [],
    workspaces: workspaces ?? [],
    isLocal: auth.config.is_local,
  })
}

/** The keys go on in the view, and not where the palette was opened. */
function goTo(address: string): void {
  window.location.assign(address)
  document.getElementById('view')?.focus()
}

function useDeed(): (deed: Deed) => void {
  const { auth } = usePlace()
  return (deed) => {
    if (deed.kind === 'go') goTo(deed.address)
    else if (deed.kind === 'workspace') nameWorkspace(deed.id, 'push')
    else if (deed.kind === 'theme') chooseTheme(deed.theme)
    else void auth.signOut()
  }
}
