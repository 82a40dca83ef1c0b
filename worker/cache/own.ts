import type { Ask } from './ask.ts'

/**
 * The same way to ask, for users whose answer does not stand in the entry that their workspace shares: they are answered
 * from an entry of their own, whole, so that its figures, its age and where it is from belong together.
 */
export function withOwnAnswers(ask: Ask): Ask {
  return async (asking) => {
    const shared = await ask(asking)
    // A warm-up is for all: which user asks for it says nothing of who reads.
    if (!shared.ok || !shared.value.entry.found || asking.isWarmUp === true) return shared
    const own = asking.question.own?.(shared.value.entry.body, asking.userId) ?? null
    return own === null ? shared : ask({ ...asking, question: own })
  }
}
