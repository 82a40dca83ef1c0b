import './glossary.css'
import { useEffect, useState } from 'react'
import { bestFits } from '../palette/fuzzy.ts'
import { Panel } from '../parts/panel.tsx'
import { addressOfView, useRestOfAddress } from '../routing.ts'
import { words } from './words.ts'

const titles = new Map(words.map(({ id, title }) => [id, title]))

/** The product's own words. The address may name one (`#/glossary/tag`), which is then in sight and marked. */
export function GlossaryView() {
  const named = useRestOfAddress()
  const [typed, setTyped] = useState('')
  useEffect(() => {
    const shown = document.getElementById(`word-${named}`)
    shown?.scrollIntoView({ block: 'center' })
    shown?.focus({ preventScroll: true })
  }, [named])
  const found = bestFits(
    words.map((word) => ({ ...word, more: word.meaning })),
    typed,
    words.length,
  )
  return (
    <Panel title="Words" className="glossary">
      <p className="quiet">
        The words that Boardcache has for its parts, as this page and its documents use them.
      </p>
      <label className="field glossary-search">
        <span>Find a word</span>
        <input type="search" value={typed} onChange={({ target }) => setTyped(target.value)} />
      </label>
      <p className="hidden" role="status">
        {typed === '' ? '' : `${found.length} words`}
      </p>
      {found.length === 0 && <p className="empty">There is no such word.</p>}
      <dl>
        {found.map(({ id, title, meaning, see }) => (
          <div key={id} id={`word-${id}`} tabIndex={-1} className={id === named ? 'is-named' : undefined}>
            <dt>{title}</dt>
            <dd>
              {meaning}
              {see.length > 0 && (
                <span className="glossary-see">
                  See{' '}
                  {see.map((other) => (
                    <a key={other} href={addressOfView('glossary', other)}>
                      {titles.get(other)}
                    </a>
                  ))}
                </span>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  )
}
