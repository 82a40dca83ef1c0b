import { useState } from 'react'
import { BoardcacheError } from '../../../../client/index.ts'
import { useBoardClient } from '../board-client.tsx'
import { failureOfClient } from '../client-failure.ts'
import type { Move } from './card-drag.ts'

interface Moves {
  /** The contacts whose move is on its way to the database. */
  readonly moving: ReadonlySet<string>
  /** The newest sentence for screen readers. */
  readonly said: string
  /** Why the last move was refused; null if it was not. */
  readonly refusal: string | null
  say(sentence: string | null): void
  move(move: Move): Promise<void>
  closeRefusal(): void
}

/** Moves of contacts to other columns. Each shows at once, and is taken back with its reason if it is refused. */
export function useMoves(columns: readonly { readonly id: string; readonly name: string }[]): Moves {
  const client = useBoardClient()
  const [moving, setMoving] = useState<ReadonlySet<string>>(new Set())
  const [said, setSaid] = useState('')
  const [refusal, setRefusal] = useState<string | null>(null)
  return {
    ...{ moving, said, refusal },
    say: (sentence) => setSaid((before) => sentence ?? before),
    closeRefusal: () => setRefusal(null),
    async move({ card, to }) {
      const target = columns[to]
      if (target === undefined) return
      setRefusal(null)
      setMoving((before) => new Set(before).add(card.id))
      try {
        await client.contacts.move(card.id, { board_column_id: target.id })
        setSaid(`${card.name} is in ${target.name} now.`)
      } catch (error) {
        if (!(error instanceof BoardcacheError)) throw error
        setRefusal(refusalWords(card.name, target.name, error))
      } finally {
        setMoving((before) => new Set([...before].filter((id) => id !== card.id)))
      }
    },
  }
}

function refusalWords(name: string, column: string, error: BoardcacheError): string {
  const outcome = error.mayHaveHappened
    ? `Nobody confirmed that ${name} was moved to ${column}. The board is being read again.`
    : `${name} was not moved to ${column}.`
  return `${outcome} ${failureOfClient(error).message}`
}
