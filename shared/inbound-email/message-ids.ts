import { limits } from '../limits.ts'
import { wellFormed } from './plain-line.ts'

/**
 * The id of a message from its `Message-ID`, without angle brackets (RFC 5322 section 3.6.4). Null if there is none, or one that is longer
 * than a line of a header can be. Providers write ids of their own forms, so anything without white space is one.
 */
export function parseMessageId(field: string): string | null {
  const [, bracketed] = bracketedId.exec(field) ?? []
  return bareId(bracketed ?? withoutComment(field))
}

/** Ids are in brackets. Their content is no longer than a line. */
const bracketedId = /<([^<>]{1,2000})>/
const bracketedIds = new RegExp(bracketedId, 'g')
/** An id without brackets, as broken programs write it. Prose such as "Your message of Monday" has none. */
const looseId = /^[^@]+@[^@]+$/

/**
 * The ids that a message answers: those of `In-Reply-To`, then those of `References` from its end on, since the last one is the parent
 * (RFC 5322 section 3.6.4). None is named twice, the message's own is left out, and there are at most `mailReferencesMax`, the nearest.
 */
export function parseReferences(
  inReplyTo: readonly string[],
  references: readonly string[],
  ownId: string | null,
): readonly string[] {
  const nearestFirst = [...idsOf(inReplyTo), ...idsOf(references).reverse()]
  return [...new Set(nearestFirst)].filter((id) => id !== ownId).slice(0, limits.mailReferencesMax)
}

/** A text of one word is an id as it is: providers' JSON names ids without brackets and without an `@`. */
function idsOf(fields: readonly string[]): string[] {
  return fields
    .flatMap((field) => {
      const bracketed = Array.from(field.matchAll(bracketedIds), ([, id = '']) => id)
      if (bracketed.length > 0) return bracketed
      return /^\S+$/.test(field.trim())
        ? [field]
        : field.split(/[\s<>,;()"]+/).filter((word) => looseId.test(word))
    })
    .map(bareId)
    .filter((id) => id !== null)
}

function withoutComment(field: string): string {
  return field.replace(/\s\([^()]*\)\s*$/, '')
}

function bareId(text: string): string | null {
  const id = wellFormed(text).replace(/[\s\p{Cc}<>]+/gu, '')
  return id === '' || id.length > limits.mailIdCharactersMax ? null : id
}
