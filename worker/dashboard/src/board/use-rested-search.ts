import { useEffect, useMemo, useState } from 'react'
import type { ListQuestion } from './list-question.ts'

/** How long typing has to rest before it is searched for. */
const typingRestMs = 300

/** The question after typing in the search has rested. Every other choice counts at once. */
export function useRestedSearch(question: ListQuestion): ListQuestion {
  const [search, setSearch] = useState(question.search)
  useEffect(() => {
    const timer = setTimeout(() => setSearch(question.search), typingRestMs)
    return () => clearTimeout(timer)
  }, [question.search])
  // An empty field is no word that is still being typed.
  const rested = question.search === '' ? '' : search
  return useMemo(() => ({ ...question, search: rested }), [question, rested])
}
