import type { ReactNode } from 'react'
import { addressOfView } from '../routing.ts'

/** A word that is explained in the glossary. */
export function Term({ id, children }: { id: string; children: ReactNode }) {
  return (
    <a className="term" href={addressOfView('glossary', id)} title="What this word means">
      {children}
    </a>
  )
}
